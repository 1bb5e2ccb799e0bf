// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/io/array.hpp>
#include <nop/io/json.hpp>
#include <nop/io/leaves.hpp>
#include <nop/io/named_arrays.hpp>
#include <nop/io/reference/config.hpp>
#include <nop/io/reference/keys.hpp>
#include <nop/io/reference/state.hpp>
#include <nop/io/reference/to_arguments.hpp>
#include <nop/io/safetensors.hpp>
#include <nop/io/torch_checkpoint.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace nop {

/// The state dict that the reference library has for a model like this one.
template <reference_model Model>
NamedArrays reference_tensors(const Model& model) {
  const auto& config = model.config();
  const ReferenceNaming naming{.family      = detail::ReferenceTraits<Model>::family,
                               .norm        = config.norm,
                               .skip_kernel = config.skip_kernel};
  SafeTensors ours;
  leaves_to_arrays(model, "", ours);
  NamedArrays theirs;
  for (const auto& [path, array] : ours.tensors) {
    constexpr std::string_view last = "running_var";
    const auto bytes                = array.bytes();
    std::string key                 = reference_key(path, naming);
    const bool counts               = key.ends_with(last);
    theirs.add(key,
               Array(array.element_type(), reference_shape(path, array.shape(), Model::dimensions),
                     {bytes.begin(), bytes.end()}));
    if (counts)
      theirs.add(key.substr(0, key.size() - last.size()) + "num_batches_tracked",
                 make_array(std::vector<std::int64_t>{0}, {}));
  }
  return theirs;
}

/// Writes a model as a state dict that `torch.load(path, weights_only=True)` reads and a model of
/// the reference library takes by `load_state_dict`. How that model has to be made is its item
/// `_metadata`; of a UNO, whose state dict can have none, it is in a file beside it,
/// `x_metadata.pkl` for `x.pt`. Throws PreconditionError for a model that the reference library
/// does not have.
///
///     nop::save_reference(model, "model.pt");
template <reference_model Model>
void save_reference(const Model& model, const std::filesystem::path& path) {
  const Json arguments = reference_arguments(model);
  if constexpr (detail::ReferenceTraits<Model>::family == ReferenceFamily::fno) {
    write_torch_checkpoint(path, reference_tensors(model), arguments);
  } else {
    write_torch_checkpoint(path, reference_tensors(model));
    write_torch_checkpoint(detail::arguments_path(path), {}, arguments);
  }
}

}  // namespace nop
