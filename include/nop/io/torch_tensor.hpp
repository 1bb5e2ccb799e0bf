// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/io/array.hpp>
#include <nop/io/element_type.hpp>
#include <nop/io/pickle_value.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nop::detail {

/// How PyTorch calls an element type, and the class of its storages, where it has one of its own.
struct TorchType {
  std::string_view name;
  std::string_view storage;
  ElementType type;
};
inline constexpr std::string_view untyped_storage = "UntypedStorage";
inline constexpr std::array torch_types{
    TorchType{"float32", "FloatStorage", ElementType::float32},
    TorchType{"float64", "DoubleStorage", ElementType::float64},
    TorchType{"float16", "HalfStorage", ElementType::float16},
    TorchType{"bfloat16", "BFloat16Storage", ElementType::bfloat16},
    TorchType{"complex64", "ComplexFloatStorage", ElementType::complex64},
    TorchType{"complex128", "ComplexDoubleStorage", ElementType::complex128},
    TorchType{"int64", "LongStorage", ElementType::int64},
    TorchType{"int32", "IntStorage", ElementType::int32},
    TorchType{"int16", "ShortStorage", ElementType::int16},
    TorchType{"int8", "CharStorage", ElementType::int8},
    TorchType{"uint8", "ByteStorage", ElementType::uint8},
    TorchType{"bool", "BoolStorage", ElementType::boolean},
    TorchType{"uint16", untyped_storage, ElementType::uint16},
    TorchType{"uint32", untyped_storage, ElementType::uint32},
    TorchType{"uint64", untyped_storage, ElementType::uint64}};

/// A tensor as a checkpoint describes it: a window into a storage that may be shared. Offset and
/// strides count elements.
struct TorchTensor {
  std::string storage;
  std::size_t storage_bytes = 0;
  ElementType type{};
  std::size_t offset = 0;
  std::vector<std::size_t> shape, strides;
  bool is_conjugate = false, is_negative = false;
};

/// Whether a value names this in this module.
inline bool is_global(const PickleValue& value, std::string_view module, std::string_view name) {
  if (!value.is(PickleKind::global)) return false;
  const auto parts = value.parts();
  return parts[0].text() == module && parts[1].text() == name;
}

inline bool is_torch_tensor(const PickleValue& value) {
  if (!value.is(PickleKind::call)) return false;
  const PickleValue callable = value.parts()[0];
  for (const auto* name : {"_rebuild_tensor_v2", "_rebuild_tensor_v3", "_rebuild_parameter"})
    if (is_global(callable, "torch._utils", name)) return true;
  return false;
}

/// Reads what a call of torch._utils._rebuild_tensor_v2, _v3 or _rebuild_parameter describes, and
/// checks that all elements lie in the storage; whatever does not fit is a FormatError.
class TorchTensorReader {
 public:
  TorchTensor operator()(const PickleValue& call) {
    const auto parts = call.expect(PickleKind::call).parts();
    if (parts.size() != 2) call.refuse("a tensor with attributes");
    const auto arguments = parts[1].parts();
    if (is_global(parts[0], "torch._utils", "_rebuild_parameter"))
      return parameter(call, arguments);
    const bool is_untyped      = is_global(parts[0], "torch._utils", "_rebuild_tensor_v3");
    const std::size_t required = is_untyped ? 7 : 6;
    if (arguments.size() < required || arguments.size() > required + 1)
      call.refuse("a tensor of " + std::to_string(arguments.size()) + " arguments");
    TorchTensor tensor;
    read_storage(arguments[0], is_untyped, tensor);
    if (is_untyped) tensor.type = type_named(arguments[6]);
    tensor.offset  = count(arguments[1]);
    tensor.shape   = counts(arguments[2]);
    tensor.strides = counts(arguments[3]);
    expect_no_hooks(arguments[5]);
    if (arguments.size() > required) read_marks(arguments[required], tensor);
    check_range(call, tensor);
    return tensor;
  }

 private:
  static constexpr std::size_t rank_limit = 64;

  /// (tensor, whether it wants a gradient, hooks)
  TorchTensor parameter(const PickleValue& call, const std::vector<PickleValue>& arguments) {
    if (arguments.size() != 3 || !is_torch_tensor(arguments[0]))
      call.refuse("a parameter without a tensor");
    expect_no_hooks(arguments[2]);
    return (*this)(arguments[0]);
  }

  /// Functions that PyTorch would call with gradients; it saves none.
  static void expect_no_hooks(const PickleValue& value) {
    if (value.expect(PickleKind::dict).has_parts()) value.refuse("a tensor with hooks");
  }

  static std::size_t count(const PickleValue& value) {
    if (value.integer() < 0) value.refuse("a negative number in a tensor");
    return static_cast<std::size_t>(value.integer());
  }

  static std::vector<std::size_t> counts(const PickleValue& value) {
    const auto parts = value.expect(PickleKind::tuple).parts();
    if (parts.size() > rank_limit) value.refuse("a tensor of too many dimensions");
    std::vector<std::size_t> counts;
    for (const PickleValue& part : parts) counts.push_back(count(part));
    return counts;
  }

  /// ('storage', type, key, device, number of elements); without a type, of bytes.
  static void read_storage(const PickleValue& value, bool is_untyped, TorchTensor& tensor) {
    const auto parts = value.expect(PickleKind::persistent).parts()[0].parts();
    if (parts.size() != 5 || parts[0].text() != "storage") value.refuse("not the id of a storage");
    tensor.storage = parts[2].text();
    if (is_untyped && !is_global(parts[1], "torch.storage", untyped_storage))
      parts[1].refuse("a tensor that has a type has a storage that has none");
    if (!is_untyped) tensor.type = storage_type(parts[1]);
    const std::size_t elements  = count(parts[4]);
    const std::size_t extents[] = {elements};
    const auto bytes = byte_count(extents, is_untyped ? ElementType::uint8 : tensor.type);
    if (!bytes) value.refuse("a storage of " + std::to_string(elements) + " elements");
    tensor.storage_bytes = *bytes;
  }

  static ElementType storage_type(const PickleValue& value) {
    for (const TorchType& known : torch_types)
      if (known.storage != untyped_storage && is_global(value, "torch", known.storage))
        return known.type;
    value.refuse(value.global() + " is no supported storage");
  }

  static ElementType type_named(const PickleValue& value) {
    for (const TorchType& known : torch_types)
      if (is_global(value, "torch", known.name)) return known.type;
    value.refuse(value.global() + " is no supported element type");
  }

  /// A tensor may be the conjugate or the negative of what is stored.
  static void read_marks(const PickleValue& value, TorchTensor& tensor) {
    const auto parts = value.expect(PickleKind::dict).parts();
    if (parts.size() > 4) value.refuse("a tensor of many marks");
    for (std::size_t i = 0; i < parts.size(); i += 2) {
      const auto name = parts[i].text();
      if (name == "conj" && holds_complex(tensor.type))
        tensor.is_conjugate = parts[i + 1].truth();
      else if (name == "neg" && !holds_integer(tensor.type))
        tensor.is_negative = parts[i + 1].truth();
      else
        parts[i].refuse("a tensor that is marked as '" + std::string(name) + "'");
    }
  }

  /// offset + sum (extent - 1) * stride is the last element, where there is one.
  static void check_range(const PickleValue& call, const TorchTensor& tensor) {
    if (tensor.strides.size() != tensor.shape.size())
      call.refuse("a tensor whose shape and strides differ in number");
    const auto bytes = byte_count(tensor.shape, tensor.type);
    if (!bytes) call.refuse("shape " + shape_text(tensor.shape) + " is too large");
    if (*bytes == 0) return;
    const std::size_t elements = tensor.storage_bytes / byte_size(tensor.type);
    std::size_t last           = tensor.offset;
    bool is_inside             = last < elements;
    for (std::size_t axis = 0; is_inside && axis < tensor.shape.size(); ++axis) {
      const std::size_t steps = tensor.shape[axis] - 1, stride = tensor.strides[axis];
      is_inside = steps == 0 || stride <= (elements - 1 - last) / steps;
      if (is_inside) last += steps * stride;
    }
    if (!is_inside)
      call.refuse("a tensor of shape " + shape_text(tensor.shape) + " with strides " +
                  shape_text(tensor.strides) + " from element " + std::to_string(tensor.offset) +
                  " on leaves its storage of " + std::to_string(elements) + " elements");
  }
};

}  // namespace nop::detail
