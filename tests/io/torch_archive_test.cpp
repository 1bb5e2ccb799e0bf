// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/torch_archive.hpp>

#include "hostile.hpp"
#include "torch_pickles.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace nop::detail::torch_archive_test {
namespace {

constexpr UnpackLimit ample{.ratio = 0, .allowance = 1 << 20};
using Members = std::vector<std::pair<std::string, std::string>>;

template <class Action>
auto with_archive(const Members& members, Action action) {
  const auto text = test::zip_of(members);
  const ZipReader zip(test::bytes_of(text), "test");
  return action(TorchArchive(zip, zip_entries(zip, ample)));
}

std::string refused(const Members& members) {
  return test::refusal([&] { with_archive(members, [](const TorchArchive&) { return 0; }); });
}

template <class T>
std::string bytes_of_values(const std::vector<T>& values) {
  return test::text_of(std::as_bytes(std::span(values)));
}

/// The arrays that tensors cut from one storage "0" become.
NamedArrays arrays(const std::vector<NamedTorchTensor>& tensors, const std::string& storage,
                   const std::string& order = "little", std::size_t allowance = 1000) {
  return with_archive({{"x/data.pkl", "\x80\2N."}, {"x/data/0", storage}, {"x/byteorder", order}},
                      [&](const TorchArchive& archive) {
                        UnpackBudget budget("test", 0, {.ratio = 0, .allowance = allowance});
                        return read_torch_tensors(archive, tensors, budget);
                      });
}

const std::vector<float> six{0, 1, 2, 3, 4, 5};
const TorchTensor matrix{"0", 24, ElementType::float32, 0, {2, 3}, {3, 1}};

TEST_CASE("the pickle is found in a folder of any name") {
  for (const std::string folder : {"archive", "my model", "é"})
    CHECK(with_archive({{folder + "/data.pkl", "\x80\2K\5."}, {"other", ""}},
                       [](const auto& archive) { return archive.pickle().root().integer(); }) == 5);
  CHECK(test::says(refused({{"data.pkl", ""}}), "no data.pkl in a folder"));
  CHECK(test::says(refused({{"a/b/data.pkl", ""}}), "no data.pkl in a folder"));
  CHECK(test::says(refused({{"a/data.pkl", ""}, {"b/data.pkl", ""}}), "more than one data.pkl"));
  CHECK(test::says(refused({{"a/data.pkl", ""}, {"a/constants.pkl", ""}}), "TorchScript"));
  CHECK(test::says(refused({{"a/data.pkl", ""}, {"a/byteorder", "middle"}}), "neither little nor"));
}

TEST_CASE("tensors are windows into one storage, each with its own copy") {
  auto transposed    = matrix;
  transposed.shape   = {3, 2};
  transposed.strides = {1, 3};
  auto row           = matrix;
  row.shape = row.strides = {3};
  row.strides             = {1};
  row.offset              = 3;
  const auto read = arrays({{"t", transposed}, {"row", row}, {"m", matrix}}, bytes_of_values(six));
  CHECK(read.at("t") == make_array(std::vector<float>{0, 3, 1, 4, 2, 5}, {3, 2}));
  CHECK(read.at("row") == make_array(std::vector<float>{3, 4, 5}, {3}));
  CHECK(read.at("m") == make_array(six, {2, 3}));
}

TEST_CASE("big-endian numbers are turned, complex ones part by part") {
  std::vector<float> turned = six;
  auto bytes                = std::as_writable_bytes(std::span(turned));
  reverse_bytes(bytes, 4);
  CHECK(arrays({{"m", matrix}}, bytes_of_values(turned), "big").at("m") == make_array(six, {2, 3}));
  auto complex    = matrix;
  complex.type    = ElementType::complex64;
  complex.shape   = {3};
  complex.strides = {1};
  using Complex   = std::complex<float>;
  CHECK(arrays({{"c", complex}}, bytes_of_values(turned), "big").at("c") ==
        make_array(std::vector<Complex>{{0, 1}, {2, 3}, {4, 5}}, {3}));
}

TEST_CASE("marked tensors are conjugated and negated") {
  using Complex = std::complex<float>;
  for (const bool conjugate : {false, true})
    for (const bool negative : {false, true}) {
      const TorchTensor tensor{"0", 24, ElementType::complex64, 0, {3}, {1}, conjugate, negative};
      std::vector<Complex> expected{{0, 1}, {2, 3}, {4, 5}};
      for (Complex& value : expected) {
        if (conjugate) value = std::conj(value);
        if (negative) value = -value;
      }
      CHECK(arrays({{"c", tensor}}, bytes_of_values(six)).at("c") == make_array(expected, {3}));
    }
  auto real        = matrix;
  real.is_negative = true;
  CHECK(arrays({{"m", real}}, bytes_of_values(six)).at("m") ==
        make_array(std::vector<float>{-0.0f, -1, -2, -3, -4, -5}, {2, 3}));
}

TEST_CASE("storages that are missing, of another size or of two types are refused") {
  const auto refused = [](const std::vector<NamedTorchTensor>& tensors) {
    return test::refusal([&] { arrays(tensors, bytes_of_values(six)); });
  };
  auto other    = matrix;
  other.storage = "1";
  CHECK(test::says(refused({{"a", other}}), "there is no storage '1'"));
  other.storage = "../data.pkl";
  CHECK(test::says(refused({{"a", other}}), "there is no storage"));
  other               = matrix;
  other.storage_bytes = 28;
  CHECK(test::says(refused({{"a", other}}), "should take 28 bytes, but takes 24"));
  other      = matrix;
  other.type = ElementType::int32;
  CHECK(test::says(refused({{"a", matrix}, {"b", other}}), "described in two ways"));
  // The first reads nothing and says so; the second would read beyond the end.
  auto large          = matrix;
  large.storage_bytes = 48;
  large.shape         = {2, 6};
  large.strides       = {6, 1};
  CHECK(test::says(refused({{"a", matrix}, {"b", large}}), "described in two ways"));
}

TEST_CASE("one number repeated without end uses up the budget, not the memory") {
  auto repeated    = matrix;
  repeated.shape   = {std::size_t{1} << 50};
  repeated.strides = {0};
  CHECK(test::says(test::refusal([&] { arrays({{"a", repeated}}, bytes_of_values(six)); }),
                   "UnpackLimit"));
  CHECK_THROWS_AS(arrays({{"a", matrix}, {"b", matrix}}, bytes_of_values(six), "little", 47),
                  FormatError);
  CHECK_NOTHROW(arrays({{"a", matrix}, {"b", matrix}}, bytes_of_values(six), "little", 48));
}

}  // namespace
}  // namespace nop::detail::torch_archive_test
