// SPDX-License-Identifier: BSD-3-Clause
// How good pictures are: how far from real ones, and from what the teacher makes.
#pragma once

#include <nop/metrics/frechet_distance.hpp>
#include <nop/metrics/precision_recall.hpp>
#include <nop/metrics/sliced_wasserstein.hpp>
#include <nop/models/in_batches.hpp>
#include <nop/ops/samples.hpp>
#include <nop/training/read_images.hpp>

#include "evaluation_table.hpp"
#include "image_models.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

namespace sampling {

/// The Frechet distance between features and by how much it changes with the samples: the standard
/// deviation over 20 draws of as many of them, with repetition (bootstrap).
struct Distance {
  double value, deviation;
};
inline Distance distance_to(const nop::FeatureMoments& real,
                            const nop::Tensor<float, 2, nop::Cpu>& made) {
  constexpr std::size_t draws = 20;
  double sum = 0, squares = 0;
  for (std::size_t draw = 0; draw < draws; ++draw) {
    const auto again = nop::RandomStream(1, draw).indices(made.extent(0), made.extent(0));
    const double d   = frechet_distance(real, feature_moments(nop::gathered_samples(made, again)));
    sum += d;
    squares += d * d;
  }
  const double mean = sum / draws;
  return {frechet_distance(real, feature_moments(made)),
          std::sqrt(std::max(0.0, squares / draws - mean * mean) * draws / (draws - 1))};
}

/// first, first + 1, ...
inline std::vector<std::size_t> numbers_from(std::size_t first, std::size_t count) {
  std::vector<std::size_t> numbers(count);
  std::iota(numbers.begin(), numbers.end(), first);
  return numbers;
}

template <class T>
T first_samples(const T& x, std::size_t count) {
  return nop::gathered_samples(x, numbers_from(0, std::min(count, x.extent(0))));
}

/// What pictures are compared with, and by what.
template <nop::backend Backend>
class Judge {
 public:
  /// `neighbours` pictures are looked at for precision and recall, `batch` are seen at a time.
  Judge(const fs::path& run, const fs::path& pictures, std::size_t neighbours, std::size_t batch)
      : classifier_(nop::load<Classifier<Backend>>(model_path(run, "classifier"))),
        batch_(batch),
        neighbours_(neighbours),
        real_(nop::read_images(pictures)),
        real_features_(features(real_)),
        real_moments_(feature_moments(real_features_)) {}

  [[nodiscard]] nop::Tensor<float, 2, nop::Cpu> features(const Images& x) const {
    return nop::in_batches(
        [&](const auto& part) {
          return nop::to<nop::Cpu>(classifier_.features(nop::to<Backend>(Images::borrowed(part))));
        },
        x, batch_);
  }
  /// What the teacher makes of the same noise, and the moments of what it makes of other: with the
  /// same, a sampler that follows it would share its chance.
  void set_teacher(const Images& of_same_noise, nop::FeatureMoments of_other_noise) {
    teacher_         = of_same_noise.to_host();
    teacher_moments_ = std::move(of_other_noise);
  }

  /// A row of the table, but for its name.
  [[nodiscard]] Values operator()(const Images& made) const {
    const auto seen   = features(made);
    const auto real   = distance_to(real_moments_, seen);
    const auto first  = [&](const auto& x) { return first_samples(x, neighbours_); };
    const auto inside = precision_recall(first(real_features_), first(seen));
    const auto sliced = sliced_wasserstein(first_samples(real_, made.extent(0)), made, 256,
                                           nop::RandomStream(2, 0));
    Values values{{"pictures", static_cast<double>(made.extent(0))},
                  {"FD", real.value},
                  {"FD deviation", real.deviation},
                  {"precision", inside.precision},
                  {"recall", inside.recall},
                  {"sliced W2", sliced}};
    if (!teacher_moments_) return values;
    const auto teacher = frechet_distance(*teacher_moments_, feature_moments(seen));
    const auto numbers = made.to_host();
    if (numbers.size() != teacher_.size()) return values;
    double squares = 0, magnitudes = 0;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      const double apart = double{numbers[i]} - double{teacher_[i]};
      squares += apart * apart;
      magnitudes += std::abs(apart);
    }
    const auto all = static_cast<double>(numbers.size());
    values.insert(values.end(), {{"FD to teacher", teacher},
                                 {"rms to teacher", std::sqrt(squares / all)},
                                 {"L1 to teacher", magnitudes / all}});
    return values;
  }

 private:
  Classifier<Backend> classifier_;
  std::size_t batch_, neighbours_;
  Images real_;
  nop::Tensor<float, 2, nop::Cpu> real_features_;
  nop::FeatureMoments real_moments_;
  std::vector<float> teacher_;
  std::optional<nop::FeatureMoments> teacher_moments_;
};

}  // namespace sampling
