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
#include <array>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sampling {

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

/// A figure of some pictures, and of 20 draws of as many of them, with repetition (bootstrap). The
/// draws are the same whoever made the pictures: of two samplers that had the same noise, the
/// difference is known better than either.
struct Figure {
  static constexpr std::size_t draws = 20;

  double value = 0;
  std::array<double, draws> of_draw{};

  /// The standard deviation of the draws.
  [[nodiscard]] double deviation() const {
    const double mean = std::accumulate(of_draw.begin(), of_draw.end(), 0.0) / draws;
    double squares    = 0;
    for (const double drawn : of_draw) squares += (drawn - mean) * (drawn - mean);
    return std::sqrt(squares / (draws - 1));
  }
  friend Figure operator-(Figure a, const Figure& b) {
    a.value -= b.value;
    for (std::size_t i = 0; i < draws; ++i) a.of_draw[i] -= b.of_draw[i];
    return a;
  }
};

/// How far pictures are from real ones and from the teacher's: Frechet distances to what was made
/// of other noise, and the root mean square of the differences of the same.
struct Distances {
  Figure to_real, to_teacher, rms;
};

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

  /// Whoever made these pictures of the teacher's noise is what others are compared with.
  void set_rival(const std::string& name, const Images& made) {
    rival_ = {name, distances_of(made, features(made))};
  }

  /// A row of the table, but for its name.
  [[nodiscard]] Values operator()(const Images& made) const {
    const auto seen   = features(made);
    const auto first  = [&](const auto& x) { return first_samples(x, neighbours_); };
    const auto inside = precision_recall(first(real_features_), first(seen));
    const auto sliced = sliced_wasserstein(first_samples(real_, made.extent(0)), made, 256,
                                           nop::RandomStream(2, 0));
    const auto apart  = distances_of(made, seen);
    Values values{{"pictures", static_cast<double>(made.extent(0))},
                  {"FD", apart.to_real.value},
                  {"FD deviation", apart.to_real.deviation()},
                  {"precision", inside.precision},
                  {"recall", inside.recall},
                  {"sliced W2", sliced}};
    if (!teacher_moments_) return values;
    values.insert(values.end(), {{"FD to teacher", apart.to_teacher.value},
                                 {"rms to teacher", apart.rms.value},
                                 {"L1 to teacher", mean_error(made)}});
    if (!rival_) return values;
    const auto& [name, its] = *rival_;
    const auto add          = [&, &than = name](const char* figure, const Figure& difference) {
      const std::string column = std::string(figure) + " - " + than;
      values.insert(values.end(),
                             {{column, difference.value}, {column + " deviation", difference.deviation()}});
    };
    add("FD", apart.to_real - its.to_real);
    add("FD to teacher", apart.to_teacher - its.to_teacher);
    add("rms to teacher", apart.rms - its.rms);
    return values;
  }

 private:
  [[nodiscard]] Distances distances_of(const Images& made,
                                       const nop::Tensor<float, 2, nop::Cpu>& seen) const {
    const std::size_t count = made.extent(0);
    const auto squares      = teacher_moments_ ? squared_errors(made) : std::vector<double>{};
    Distances result;
    const auto look = [&](const std::vector<std::size_t>& samples, const auto& place) {
      const auto moments    = feature_moments(nop::gathered_samples(seen, samples));
      place(result.to_real) = frechet_distance(real_moments_, moments);
      if (!teacher_moments_) return;
      place(result.to_teacher) = frechet_distance(*teacher_moments_, moments);
      double sum               = 0;
      for (const std::size_t i : samples) sum += squares[i];
      place(result.rms) = std::sqrt(sum / static_cast<double>(count));
    };
    look(numbers_from(0, count), [](Figure& figure) -> double& { return figure.value; });
    for (std::size_t draw = 0; draw < Figure::draws; ++draw)
      look(nop::RandomStream(1, draw).indices(count, count),
           [&](Figure& figure) -> double& { return figure.of_draw[draw]; });
    return result;
  }

  /// The mean square of each picture's difference from the teacher's.
  [[nodiscard]] std::vector<double> squared_errors(const Images& made) const {
    const auto numbers       = made.to_host();
    const std::size_t pixels = numbers.size() / made.extent(0);
    std::vector<double> squares(made.extent(0), 0.0);
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      const double apart = double{numbers[i]} - double{teacher_[i]};
      squares[i / pixels] += apart * apart / static_cast<double>(pixels);
    }
    return squares;
  }

  /// The mean magnitude of all differences.
  [[nodiscard]] double mean_error(const Images& made) const {
    const auto numbers = made.to_host();
    double sum         = 0;
    for (std::size_t i = 0; i < numbers.size(); ++i)
      sum += std::abs(double{numbers[i]} - double{teacher_[i]});
    return sum / static_cast<double>(numbers.size());
  }

  Classifier<Backend> classifier_;
  std::size_t batch_, neighbours_;
  Images real_;
  nop::Tensor<float, 2, nop::Cpu> real_features_;
  nop::FeatureMoments real_moments_;
  std::vector<float> teacher_;
  std::optional<nop::FeatureMoments> teacher_moments_;
  std::optional<std::pair<std::string, Distances>> rival_;
};

}  // namespace sampling
