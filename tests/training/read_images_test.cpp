// SPDX-License-Identifier: BSD-3-Clause
#include <nop/training/read_images.hpp>

#include "io/digits_of.hpp"
#include "io/gzip_of.hpp"
#include "io/hostile.hpp"
#include "io/idx_of.hpp"
#include "support/toy_backend.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace nop::test::read_images_test {
namespace {

using Values = std::vector<double>;
using Labels = std::vector<std::size_t>;

/// Files in a folder that are written to be read at once.
class Pictures {
 public:
  auto images(const std::string& content) {
    put(content);
    return nop::read_images<nop::test::ToyBackend, double>(path_);
  }
  auto images(const Array& array) {
    nop::write_npy(path_, array);
    return nop::read_images<nop::test::ToyBackend, double>(path_);
  }
  Labels labels(const std::string& content) {
    put(content);
    return nop::read_labels(path_);
  }
  Labels labels(const Array& array) {
    nop::write_npy(path_, array);
    return nop::read_labels(path_);
  }

 private:
  void put(const std::string& content) {
    nop::write_atomically(path_, [&](nop::OutputFile& file) { file.write(content); });
  }

  nop::test::TemporaryFolder folder_;
  std::filesystem::path path_ = folder_ / "pictures";
};

TEST_CASE("pictures of bytes in an IDX file are in [-1, 1], and have a channel") {
  Pictures files;
  const std::string file = nop::test::idx_of(8, {2, 1, 3}, {"\x00\x33\xff\x80\x01\xfe", 6});
  for (const auto& content : {file, nop::test::gzip_of(file)}) {
    const auto images = files.images(content);
    CHECK(images.shape() == Shape<4>{2, 1, 1, 3});
    CHECK(images.to_host() ==
          Values{-1, 51 / 127.5 - 1, 1, 128 / 127.5 - 1, 1 / 127.5 - 1, 254 / 127.5 - 1});
  }
  const nop::test::TemporaryFolder folder;
  nop::write_atomically(folder / "x", [&](nop::OutputFile& out) { out.write(file); });
  CHECK(nop::read_images(folder / "x").to_host()[2] == 1.0F);
}

TEST_CASE("arrays of NumPy are taken as they are, but for bytes") {
  Pictures files;
  const auto reals = files.images(make_array(Values{-1, 0.25, 0.5, 1}, {1, 2, 1, 2}));
  CHECK(reals.shape() == Shape<4>{1, 2, 1, 2});
  CHECK(reals.to_host() == Values{-1, 0.25, 0.5, 1});
  CHECK(files.images(make_array(std::vector<std::uint8_t>{0, 255}, {2, 1, 1})).to_host() ==
        Values{-1, 1});
  CHECK(files.images(make_array(Values{}, {0, 3, 3})).shape() == Shape<4>{0, 1, 3, 3});
}

TEST_CASE("the digits of scikit-learn are in [-1, 1], and their file holds the labels, too") {
  Pictures files;
  const std::string text = nop::test::digits_of(12);
  for (const auto& content : {text, nop::test::gzip_of(text)}) {
    const auto images = files.images(content);
    CHECK(images.shape() == Shape<4>{12, 1, 8, 8});
    const auto values = images.to_host();
    for (std::size_t i = 0; i < values.size(); ++i)
      CHECK(values[i] == nop::test::digits_pixel(i / 64, i % 64) / 8.0 - 1);
    CHECK(files.labels(content) == Labels{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1});
  }
}

TEST_CASE("labels are read from arrays of whole numbers") {
  Pictures files;
  CHECK(files.labels(nop::test::idx_of(8, {3}, {"\x00\x07\xff", 3})) == Labels{0, 7, 255});
  CHECK(files.labels(make_array(std::vector<std::int64_t>{5, 0}, {2})) == Labels{5, 0});
}

TEST_CASE("what holds no pictures is refused with the reason") {
  Pictures files;
  const auto refusal = [&](const auto& content) {
    return nop::test::refusal([&] { (void)files.images(content); });
  };
  CHECK(nop::test::says(refusal(std::string("PK")),
                        "pictures: byte 0: expected an IDX file, a .npy file or scikit-learn's "
                        "digits.csv"));
  CHECK(!refusal(std::string()).empty());
  CHECK(!refusal(std::string("\x1f\x8b")).empty());
  CHECK(nop::test::says(refusal(nop::test::idx_of(8, {2}, "ab")),
                        "'images' should have 3 axes [samples, grid...] or 4 [samples, channel, "
                        "grid...], but is of shape [2]"));
  CHECK(nop::test::says(refusal(make_array(std::vector<std::int32_t>{1}, {1, 1, 1})),
                        "expected pictures of uint8 or of real numbers, got int32"));
  CHECK(nop::test::says(refusal(make_array(std::vector<std::complex<float>>(1), {1, 1, 1})),
                        "should hold real numbers, but holds complex64"));
}

TEST_CASE("what holds no labels is refused with the reason") {
  Pictures files;
  const auto refusal = [&](const auto& content) {
    return nop::test::refusal([&] { (void)files.labels(content); });
  };
  CHECK(nop::test::says(refusal(nop::test::idx_of(8, {1, 2}, "ab")),
                        "expected labels, one axis of whole numbers, got uint8 of shape [1, 2]"));
  CHECK(nop::test::says(refusal(make_array(Values{1}, {1})), "got float64 of shape [1]"));
  CHECK(nop::test::says(refusal(make_array(std::vector<std::int32_t>{1, -1}, {2})),
                        "expected labels from 0 on, got -1"));
}

}  // namespace
}  // namespace nop::test::read_images_test
