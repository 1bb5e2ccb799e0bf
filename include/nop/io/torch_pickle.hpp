// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/expects.hpp>
#include <nop/io/array.hpp>
#include <nop/io/json.hpp>
#include <nop/io/named_arrays.hpp>
#include <nop/io/pickle_writer.hpp>
#include <nop/io/strided.hpp>
#include <nop/io/torch_state.hpp>
#include <nop/io/torch_tensor.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace nop::detail {

inline const TorchType& torch_type(ElementType type) {
  return *std::find_if(torch_types.begin(), torch_types.end(),
                       [&](const TorchType& known) { return known.type == type; });
}

/// torch._utils._rebuild_tensor_v2(storage, offset, shape, strides, no gradient, no hooks), or _v3
/// with the element type behind it.
inline void write_torch_tensor(PickleWriter& pickle, const Array& array, const std::string& key) {
  const TorchType& type = torch_type(array.element_type());
  const bool is_untyped = type.storage == untyped_storage;
  pickle.global("torch._utils", is_untyped ? "_rebuild_tensor_v3" : "_rebuild_tensor_v2");
  pickle.put(PickleOpcode::mark);
  pickle.put(PickleOpcode::mark);
  pickle.text("storage");
  pickle.global(is_untyped ? "torch.storage" : "torch", type.storage);
  pickle.text(key);
  pickle.text("cpu");
  pickle.integer(static_cast<std::int64_t>(is_untyped ? array.bytes().size() : array.size()));
  pickle.put(PickleOpcode::tuple);
  pickle.put(PickleOpcode::bin_persid);
  pickle.integer(0);
  pickle.tuple(array.shape());
  pickle.tuple(row_major_strides(array.shape()));
  pickle.truth(false);
  pickle.ordered_dict();
  if (is_untyped) pickle.global("torch", type.name);
  pickle.put(PickleOpcode::tuple);
  pickle.put(PickleOpcode::reduce);
}

/// The pickle of an OrderedDict of tensors, whose storages are called "0", "1", ...
inline std::string torch_pickle(const NamedArrays& tensors, const Json& metadata) {
  PickleWriter pickle;
  pickle.ordered_dict();
  pickle.put(PickleOpcode::mark);
  std::size_t key = 0;
  for (const auto& [name, array] : tensors) {
    expects(name != torch_metadata_key, "write_torch_checkpoint: no tensor may be called '", name,
            "'");
    pickle.text(name);
    write_torch_tensor(pickle, array, std::to_string(key++));
  }
  if (!metadata.is_null()) {
    pickle.text(torch_metadata_key);
    pickle.json(metadata);
  }
  pickle.put(PickleOpcode::set_items);
  return pickle.finish();
}

}  // namespace nop::detail
