// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/io/leaves.hpp>
#include <nop/io/safetensors.hpp>
#include <nop/layers/spectral_weight/form.hpp>

#include <complex>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace nop::test {

/// The factors of a spectral weight as a file holds them, and the tensor that they stand for,
/// entry by entry from its definition: R[channels..., modes...].
class NaiveWeight {
  using Complex = std::complex<double>;
  using Index   = std::vector<std::size_t>;

 public:
  /// Of a module whose leaves are a weight's, or have them under a path such as "weight.".
  template <class Module>
  NaiveWeight(const Module& module, SpectralWeightKind kind, std::string path = "")
      : kind_(kind), path_(std::move(path)) {
    leaves_to_arrays(module, "", file_);
  }

  [[nodiscard]] Complex entry(const Index& index) const {
    Complex sum = 0;
    if (kind_ == SpectralWeightKind::dense) {
      sum = at("", index);
    } else if (kind_ == SpectralWeightKind::tucker) {
      const auto ranks = shape("core");
      for_each_index(ranks, [&](const Index& r) {
        Complex term = at("core", r);
        for (std::size_t axis = 0; axis < index.size(); ++axis)
          term *= at(factor(axis), {index[axis], r[axis]});
        sum += term;
      });
    } else if (kind_ == SpectralWeightKind::cp) {
      for (std::size_t r = 0; r < shape("weights")[0]; ++r) {
        Complex term = at("weights", {r});
        for (std::size_t axis = 0; axis < index.size(); ++axis)
          term *= at(factor(axis), {index[axis], r});
        sum += term;
      }
    } else {
      std::vector<Complex> row = {1};
      for (std::size_t axis = 0; axis < index.size(); ++axis) {
        std::vector<Complex> next(shape(factor(axis))[2]);
        for (std::size_t right = 0; right < next.size(); ++right)
          for (std::size_t left = 0; left < row.size(); ++left)
            next[right] += row[left] * at(factor(axis), {left, index[axis], right});
        row = next;
      }
      sum = row[0];
    }
    return sum;
  }

  [[nodiscard]] std::vector<std::size_t> shape(const std::string& name) const {
    return array(name).shape();
  }

  /// Calls `visit(index)` for every index below `extents`, the last axis fastest.
  template <class Visit>
  static void for_each_index(const Index& extents, const Visit& visit) {
    std::size_t count = 1;
    for (const std::size_t extent : extents) count *= extent;
    for (std::size_t i = 0; i < count; ++i) {
      Index index(extents.size());
      std::size_t rest = i;
      for (std::size_t axis = extents.size(); axis-- > 0; rest /= extents[axis])
        index[axis] = rest % extents[axis];
      visit(index);
    }
  }

 private:
  static std::string factor(std::size_t axis) { return "factors." + std::to_string(axis); }
  [[nodiscard]] Complex at(const std::string& name, const Index& index) const {
    const auto extents = shape(name);
    std::size_t place  = 0;
    for (std::size_t axis = 0; axis < index.size(); ++axis)
      place = place * extents[axis] + index[axis];
    return array(name).values<Complex>()[place];
  }

  [[nodiscard]] const Array& array(const std::string& name) const {
    return file_.tensors.at(name.empty() ? path_.substr(0, path_.size() - 1) : path_ + name);
  }

  SpectralWeightKind kind_;
  std::string path_;
  SafeTensors file_;
};

}  // namespace nop::test
