// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cpu/parallel.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/tensor.hpp>
#include <nop/metrics/samples.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace nop {

/// How good samples are and how many kinds of them there are, both from 0 to 1.
struct PrecisionRecall {
  double precision;  ///< of the generated samples, the part that lies where real ones do
  double recall;     ///< of the real samples, the part that lies where generated ones do
};

namespace detail {

/// The squared distances from points to all samples of a set. The set lies number by number, so
/// that registers run along the samples, in blocks that stay in the caches.
class DistancesTo {
 public:
  explicit DistancesTo(const Samples& set)
      : count_(set.count), length_(set.length), columns_(set.values.size()) {
    for (std::size_t i = 0; i < count_; ++i)
      for (std::size_t k = 0; k < length_; ++k)
        columns_[k * count_ + i] = set.values[i * length_ + k];
  }

  [[nodiscard]] std::size_t count() const { return count_; }

  /// Writes the distances from a point; `squares` has room for `count` of them.
  void from(const double* point, double* squares) const {
    constexpr std::size_t block = 512;
    for (std::size_t first = 0; first < count_; first += block) {
      const std::size_t end = std::min(count_, first + block);
      std::fill(squares + first, squares + end, 0.0);
      for (std::size_t k = 0; k < length_; ++k) {
        const double* const column = columns_.data() + k * count_;
        const double at            = point[k];
        for (std::size_t i = first; i < end; ++i) squares[i] += (column[i] - at) * (column[i] - at);
      }
    }
  }

 private:
  std::size_t count_, length_;
  std::vector<double> columns_;
};

/// Calls `visit(i, squares)` for each point with its distances to a set; each call may be made by
/// another thread.
template <class Visit>
void for_each_distances(const Samples& points, const DistancesTo& set, const Visit& visit) {
  constexpr std::size_t at_once = 64;
  cpu::parallel_blocks(points.count, at_once, [&](std::size_t begin, std::size_t end) {
    std::vector<double> squares(set.count());
    for (std::size_t i = begin; i < end; ++i) {
      set.from(points.values.data() + i * points.length, squares.data());
      visit(i, squares);
    }
  });
}

/// The squared distance from each sample to the k-th nearest of the others.
inline std::vector<double> squared_radii(const Samples& samples, const DistancesTo& set,
                                         std::size_t k) {
  std::vector<double> radii(samples.count);
  for_each_distances(samples, set, [&](std::size_t i, std::vector<double>& squares) {
    squares[i]     = std::numeric_limits<double>::infinity();
    const auto kth = squares.begin() + static_cast<std::ptrdiff_t>(k - 1);
    std::nth_element(squares.begin(), kth, squares.end());
    radii[i] = *kth;
  });
  return radii;
}

/// The part of the points that lie inside the ball of at least one sample.
inline double share_inside(const Samples& points, const DistancesTo& set,
                           const std::vector<double>& radii) {
  std::vector<std::uint8_t> is_inside(points.count);
  for_each_distances(points, set, [&](std::size_t i, const std::vector<double>& squares) {
    for (std::size_t j = 0; j < squares.size() && is_inside[i] == 0; ++j)
      if (squares[j] <= radii[j]) is_inside[i] = 1;
  });
  return static_cast<double>(std::count(is_inside.begin(), is_inside.end(), 1)) /
         static_cast<double>(points.count);
}

}  // namespace detail

/// Improved precision and recall of features [count, features], or of samples of any shape: a set
/// covers the balls around its samples that reach to the k-th nearest neighbour of each. Computed
/// in double, count^2 features operations four times. Throws PreconditionError if the numbers of
/// features differ or a set has not more than k samples.
///
/// Kynkaanniemi et al., "Improved precision and recall metric for assessing generative models",
/// NeurIPS 2019.
template <real A, real B, std::size_t Rank, class BackendA, class BackendB>
PrecisionRecall precision_recall(const Tensor<A, Rank, BackendA>& real_features,
                                 const Tensor<B, Rank, BackendB>& generated_features,
                                 std::size_t k = 3) {
  expects(k > 0 && k < std::numeric_limits<std::size_t>::max(),
          "precision_recall: expected the first neighbour or a later one, got ", k);
  detail::check_samples("precision_recall", real_features, generated_features, k + 1);
  const auto real_set      = detail::samples_in_double("precision_recall", real_features);
  const auto generated_set = detail::samples_in_double("precision_recall", generated_features);
  const detail::DistancesTo to_real(real_set), to_generated(generated_set);
  return {.precision = detail::share_inside(generated_set, to_real,
                                            detail::squared_radii(real_set, to_real, k)),
          .recall    = detail::share_inside(real_set, to_generated,
                                            detail::squared_radii(generated_set, to_generated, k))};
}

}  // namespace nop
