// SPDX-License-Identifier: BSD-3-Clause
#include <nop/training/read_dataset.hpp>

#include "io/hostile.hpp"
#include "support/toy_backend.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace nop::test::read_dataset_test {
namespace {

using Values = std::vector<double>;

nop::Array booleans(std::vector<std::size_t> shape, const std::vector<std::uint8_t>& values) {
  std::vector<std::byte> bytes;
  bytes.reserve(values.size());
  for (const auto value : values) bytes.push_back(std::byte{value});
  return {nop::ElementType::boolean, std::move(shape), bytes};
}

TEST_CASE("a dataset is read from an archive of x and y, and a channel is added where it lacks") {
  const nop::test::TemporaryFolder folder;
  nop::write_npz(folder / "darcy.npz",
                 {{"x", booleans({2, 2, 2}, {0, 1, 1, 0, 1, 1, 0, 0})},
                  {"y", make_array(Values{1, 2, 3, 4, 5, 6, 7, 8}, {2, 2, 1, 2})},
                  {"other", make_array(Values{1}, {1})}});
  const auto data = nop::read_dataset<2, nop::test::ToyBackend, double>(folder / "darcy.npz");
  CHECK(data.inputs().shape() == nop::Shape<4>{2, 1, 2, 2});
  CHECK(data.inputs().to_host() == Values{0, 1, 1, 0, 1, 1, 0, 0});
  CHECK(data.targets().shape() == nop::Shape<4>{2, 2, 1, 2});
  CHECK(data.targets().to_host() == Values{1, 2, 3, 4, 5, 6, 7, 8});
  const auto in_float = nop::read_dataset<2>(folder / "darcy.npz");
  CHECK(in_float.targets().to_host() == std::vector<float>{1, 2, 3, 4, 5, 6, 7, 8});
}

TEST_CASE("a dataset is read from two files of one array each") {
  const nop::test::TemporaryFolder folder;
  nop::write_npy(folder / "a.npy", make_array(std::vector<std::int32_t>{1, 2, 3, 4}, {2, 2}));
  nop::write_npy(folder / "b.npy", make_array(std::vector<float>{5, 6}, {2, 1}));
  const auto data = nop::read_dataset<1>(folder / "a.npy", folder / "b.npy");
  CHECK(data.inputs().shape() == nop::Shape<3>{2, 1, 2});
  CHECK(data.inputs().to_host() == std::vector<float>{1, 2, 3, 4});
  CHECK(data.targets().to_host() == std::vector<float>{5, 6});
}

void check_refused(const nop::NamedArrays& arrays, const std::string& complaint) {
  const nop::test::TemporaryFolder folder;
  const auto path = folder / "data.npz";
  nop::write_npz(path, arrays);
  try {
    (void)nop::read_dataset<1>(path);
    FAIL("expected a FormatError");
  } catch (const nop::FormatError& error) {
    CHECK(std::string(error.what()).find(complaint) != std::string::npos);
    CHECK(std::string(error.what()).find("data.npz") != std::string::npos);
  }
}

TEST_CASE("an archive that is no dataset is refused with the reason") {
  const auto four = make_array(Values{1, 2, 3, 4}, {2, 2});
  check_refused({{"x", four}}, "there is no array 'y'");
  check_refused({{"x", four}, {"y", make_array(Values{1, 2}, {1, 2})}},
                "'x' and 'y' should have as many samples, but are of shape [2, 2] and [1, 2]");
  check_refused({{"x", make_array(Values{1, 2}, {2})}, {"y", four}},
                "'x' should have 2 axes [samples, grid...] or 3 [samples, channel, grid...], but "
                "is of shape [2]");
  check_refused({{"x", four}, {"y", make_array(std::vector<std::complex<float>>(4), {2, 2})}},
                "'y' should hold real numbers, but holds complex64");
}

}  // namespace

}  // namespace nop::test::read_dataset_test
