// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/torch_tensor.hpp>

#include "hostile.hpp"
#include "torch_pickles.hpp"
#include <doctest/doctest.h>

#include <cstddef>
#include <string>
#include <vector>

namespace nop::detail::torch_tensor_test {
namespace {

using test::dict;
using test::global;
using test::long_number;
using test::number;
using test::TensorOpcodes;
using test::tuple;

using Numbers = std::vector<std::size_t>;

TorchTensor read(const std::string& opcodes) {
  const Pickle pickle = test::pickle(opcodes);
  REQUIRE(is_torch_tensor(pickle.root()));
  return TorchTensorReader{}(pickle.root());
}

std::string refused(const TensorOpcodes& opcodes) {
  return test::refusal([&] { read(opcodes.call()); });
}

TEST_CASE("a tensor is a window into a storage") {
  const auto tensor = read(TensorOpcodes{
      .elements = number(12), .offset = number(1), .shape = tuple({2, 2}), .strides = tuple({1, 4})}
                               .call());
  CHECK(tensor.storage == "0");
  CHECK(tensor.storage_bytes == 48);
  CHECK(tensor.type == ElementType::float32);
  CHECK(tensor.offset == 1);
  CHECK(tensor.shape == Numbers{2, 2});
  CHECK(tensor.strides == Numbers{1, 4});
  CHECK_FALSE(tensor.is_conjugate);
  CHECK_FALSE(tensor.is_negative);
}

TEST_CASE("every type of storage is known, and others are named") {
  for (const TorchType& known : torch_types) {
    if (known.storage == untyped_storage) continue;
    const auto tensor =
        read(TensorOpcodes{.storage = global("torch", std::string(known.storage))}.call());
    CHECK(tensor.type == known.type);
    CHECK(tensor.storage_bytes == 6 * byte_size(known.type));
  }
  CHECK(test::says(refused({.storage = global("torch", "QInt8Storage")}),
                   "torch.QInt8Storage is no supported storage"));
  CHECK(
      test::says(refused({.storage = global("torch", "UntypedStorage")}), "no supported storage"));
}

TEST_CASE("a storage without a type gets it from the tensor") {
  TensorOpcodes opcodes{.storage  = global("torch.storage", "UntypedStorage"),
                        .elements = number(12),
                        .rest     = global("torch", "uint16")};
  const auto tensor = read(opcodes.call("_rebuild_tensor_v3"));
  CHECK(tensor.type == ElementType::uint16);
  CHECK(tensor.storage_bytes == 12);
  CHECK_THROWS_AS(read(opcodes.call("_rebuild_tensor_v2")), FormatError);
  opcodes.rest = global("torch", "float8_e4m3fn");
  CHECK(test::says(test::refusal([&] { read(opcodes.call("_rebuild_tensor_v3")); }),
                   "torch.float8_e4m3fn is no supported element type"));
}

TEST_CASE("a parameter is its tensor") {
  const auto no_hooks  = global("collections", "OrderedDict") + ")R";
  const auto parameter = [&](const std::string& inner, const std::string& hooks) {
    return global("torch._utils", "_rebuild_parameter") + inner + "\x88" + hooks + "\x87R";
  };
  CHECK(read(parameter(TensorOpcodes{}.call(), no_hooks)).shape == Numbers{2, 3});
  CHECK_THROWS_AS(read(parameter("N", no_hooks)), FormatError);
  CHECK_THROWS_AS(read(parameter(TensorOpcodes{}.call(), dict({{"h", "N"}}))), FormatError);
}

TEST_CASE("conjugate and negative tensors are known, other marks are refused") {
  TensorOpcodes complex{.storage = global("torch", "ComplexFloatStorage")};
  complex.rest = dict({{"conj", "\x88"}, {"neg", "\x88"}});
  CHECK(read(complex.call()).is_conjugate);
  CHECK(read(complex.call()).is_negative);
  CHECK(test::says(refused({.rest = dict({{"conj", "\x88"}})}), "marked as 'conj'"));
  CHECK(test::says(
      refused({.storage = global("torch", "LongStorage"), .rest = dict({{"neg", "\x88"}})}),
      "marked as 'neg'"));
  CHECK(test::says(refused({.rest = dict({{"sparse", "\x88"}})}), "marked as 'sparse'"));
  complex.rest = dict({{"conj", "\x88"}, {"conj", "\x88"}, {"conj", "\x88"}});
  CHECK(test::says(refused(complex), "many marks"));
}

TEST_CASE("every element must lie in the storage, whatever would overflow") {
  const auto most = long_number(0x7fffffffffffffff);
  CHECK(refused({}).empty());
  CHECK(refused({.elements = number(5)}) != "");
  CHECK(test::says(refused({.offset = number(1)}),
                   "shape [2, 3] with strides [3, 1] from element 1 on leaves its storage of 6"));
  CHECK(test::says(refused({.strides = tuple({4, 1})}), "leaves its storage"));
  CHECK(test::says(refused({.offset = most}), "leaves its storage"));
  CHECK(test::says(refused({.shape = number(2) + "\x85", .strides = most + "\x85"}), "leaves"));
  CHECK(test::says(refused({.shape = most + number(1) + "\x86", .strides = most + most + "\x86"}),
                   "too large"));
  CHECK(test::says(refused({.shape = most + most + "\x86"}), "too large"));
  CHECK(test::says(refused({.elements = most}), "a storage of"));
  CHECK(test::says(refused({.shape = long_number(1ull << 40) + "\x85", .strides = tuple({1})}),
                   "leaves its storage"));
  // Nothing is read of an empty tensor, and one stride of 0 reads an element again and again.
  CHECK(refused({.elements = number(0), .offset = number(9), .shape = tuple({0, 3})}).empty());
  CHECK(refused({.elements = number(1), .shape = tuple({200}), .strides = tuple({0})}).empty());
  CHECK(refused({.elements = number(1), .shape = ")", .strides = ")"}).empty());
  CHECK(refused({.elements = number(0), .shape = ")", .strides = ")"}) != "");
}

TEST_CASE("arguments of the wrong kind or number are refused") {
  CHECK(test::says(refused({.offset = std::string("J\xff\xff\xff\xff", 5)}), "negative"));
  CHECK(test::says(refused({.shape = "]"}), "expected a tuple"));
  CHECK(test::says(refused({.shape = tuple({2, 3, 1})}), "differ in number"));
  CHECK(test::says(refused({.shape = "(" + std::string(65, 'N') + "t"}), "too many dimensions"));
  CHECK(test::says(refused({.hooks = dict({{"a", "N"}})}), "a tensor with hooks"));
  CHECK(test::says(refused({.rest = "NN"}), "8 arguments"));
  CHECK(test::says(refused({.rest = "N"}), "expected a dict"));
  CHECK_THROWS_AS(read(TensorOpcodes{}.call() + "}b"), FormatError);
  CHECK_THROWS_AS(read(global("torch._utils", "_rebuild_tensor_v2") + ")R"), FormatError);
  CHECK_FALSE(
      is_torch_tensor(test::pickle(global("torch._utils", "_rebuild_tensor") + ")R").root()));
}

}  // namespace
}  // namespace nop::detail::torch_tensor_test
