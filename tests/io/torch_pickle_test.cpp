// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/torch_pickle.hpp>

#include "hostile.hpp"
#include "pickles.hpp"
#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace nop::detail::torch_pickle_test {
namespace {

TEST_CASE("a pickle of tensors is that of torch.save but for its memo and its shorter tuples") {
  // torch.save(OrderedDict(w=torch.zeros(2, 3))), PyTorch 2.14, which writes (2, 3) with TUPLE2,
  // one item with SETITEM, and OrderedDict the second time as BINGET.
  const std::string expected(
      "\x80\2ccollections\nOrderedDict\n)R(X\1\0\0\0wctorch._utils\n_rebuild_tensor_v2\n"
      "((X\7\0\0\0storagectorch\nFloatStorage\nX\1\0\0\0"
      "0X\3\0\0\0cpuK\6tQK\0(K\2K\3t(K\3K\1t"
      "\x89"
      "ccollections\nOrderedDict\n)RtRu.",
      167);
  const std::vector<float> zeros(6);
  CHECK(torch_pickle({{"w", make_array(zeros, {2, 3})}}, nullptr) == expected);
}

TEST_CASE("every type of element is described so that it is read again") {
  for (int i = 0; i <= static_cast<int>(ElementType::complex128); ++i) {
    const auto type = static_cast<ElementType>(i);
    const std::vector<std::byte> bytes(6 * byte_size(type));
    const auto opcodes  = torch_pickle({{"w", Array(type, {2, 3}, bytes)}}, nullptr);
    const Pickle pickle = parse_pickle(test::byte_vector(opcodes), "test");
    const auto tensor   = TorchTensorReader{}(pickle.root().parts()[1]);
    CHECK(tensor.type == type);
    CHECK(tensor.storage_bytes == bytes.size());
    CHECK(tensor.strides == std::vector<std::size_t>{3, 1});
  }
}

TEST_CASE("names that mean something else, or are no texts, are refused") {
  const Array one = make_array(std::vector<float>{1}, {});
  CHECK_THROWS_AS(torch_pickle({{"_metadata", one}}, nullptr), PreconditionError);
  CHECK_THROWS_AS(torch_pickle({{"\xff", one}}, nullptr), PreconditionError);
  CHECK_THROWS_AS(torch_pickle({}, Json{{"k", "\xff"}}), PreconditionError);
}

}  // namespace
}  // namespace nop::detail::torch_pickle_test
