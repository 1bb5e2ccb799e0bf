// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/evaluate.hpp>
#include <nop/autodiff/field.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/functors.hpp>
#include <nop/core/math.hpp>
#include <nop/core/operand.hpp>
#include <nop/ops/map.hpp>
#include <nop/ops/reduce.hpp>
#include <nop/ops/softmax.hpp>
#include <nop/training/reduction.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace nop {

namespace detail {

/// Checks logits [batch, classes] and what each sample is.
template <class Logits>
void check_labels(const char* name, const Logits& logits, std::span<const std::size_t> labels) {
  const std::size_t classes = logits.extent(1);
  expects(logits.extent(0) == labels.size() && !labels.empty(), name,
          ": expected logits [batch, classes] and as many labels, at least one, got ",
          logits.shape(), " and ", labels.size());
  for (const std::size_t label : labels)
    expects(label < classes, name, ": expected labels below ", classes, ", got ", label);
}

/// A logit, taken from the largest, at the label; 0 elsewhere.
struct LogitAtLabel {
  template <class T>
  constexpr T operator()(T value, T most, T here) const {
    return select(here > constant<T>(0), T(value - most), constant<T>(0));
  }
};
/// weight (log total - that logit)
template <real Real>
struct Surprise {
  Real weight;
  constexpr auto operator()(auto total, auto of_label) const {
    using std::log;
    return (log(total) - of_label) * weight;
  }
};
/// g weight (softmax - 1 at the label)
template <real Real>
struct SurprisePullback {
  Real weight;
  constexpr auto operator()(auto power, auto total, auto here, auto g) const {
    return (power / total - here) * g * weight;
  }
};

/// 1 at each sample's label, else 0.
template <class Logits>
Logits one_hot(const Shape<2>& shape, std::span<const std::size_t> labels) {
  using Real = typename Logits::Element;
  std::vector<Real> values(element_count(shape));
  for (std::size_t b = 0; b < labels.size(); ++b) values[b * shape[1] + labels[b]] = 1;
  return Logits(shape, std::span<const Real>(values));
}

}  // namespace detail

/// -log softmax(z)_label for each sample of logits z, [batch, classes], then reduced over the
/// batch: how unlikely a classifier finds what is there. However large the logits are, nothing
/// overflows. Throws PreconditionError unless there is a label below the number of classes for each
/// sample.
///
///     const auto loss = cross_entropy(model(tape.input(images)), labels);
struct CrossEntropy {
  Reduction reduction = Reduction::mean;

  template <field Z>
    requires(rank_of<Z> == 2 && real<element_of<Z>>)
  auto operator()(const Z& logits, std::span<const std::size_t> labels) const {
    detail::check_labels("CrossEntropy", logits, labels);
    return evaluate([&](const auto& z) { return this->rule(z, labels); }, logits);
  }

 private:
  /// log(sum exp(z - most)) - (z_label - most)
  template <class Logits>
  [[nodiscard]] auto rule(const Logits& z, std::span<const std::size_t> labels) const {
    using Real         = typename Logits::Element;
    using Backend      = typename Logits::Backend;
    const Shape<3> box = {1, z.extent(0), z.extent(1)};
    const auto most    = detail::row_maxima(box, z);
    const auto is_so   = detail::one_hot<Logits>(z.shape(), labels);
    auto powers        = Logits::uninitialized(z.shape());
    Backend::map(detail::ExponentialBelow{}, box, whole(powers.mutable_data(), box),
                 whole(z.data(), box), per_middle(most.data()));
    const auto totals = detail::row_sums(Same{}, box, powers);
    auto likely       = Tensor<Real, 1, Backend>::uninitialized({box[1]});
    Backend::sum(detail::LogitAtLabel{}, box, per_middle(likely.mutable_data()),
                 whole(z.data(), box), per_middle(most.data()), whole(is_so.data(), box));
    const auto weight = static_cast<Real>(detail::row_weight(reduction, box[1]));
    auto loss         = Tensor<Real, 0, Backend>::uninitialized({});
    const Shape<3> rows{1, 1, box[1]};
    Backend::sum(detail::Surprise<Real>{weight}, rows, single(loss.mutable_data()),
                 whole(totals.data(), rows), whole(likely.data(), rows));
    return with_pullbacks(loss, [powers, totals, is_so, box, weight](const auto& g) {
      auto gz = Logits::uninitialized(powers.shape());
      Backend::map(detail::SurprisePullback<Real>{weight}, box, whole(gz.mutable_data(), box),
                   whole(powers.data(), box), per_middle(totals.data()), whole(is_so.data(), box),
                   single(g.data()));
      return gz;
    });
  }
};

inline constexpr CrossEntropy cross_entropy;

/// The part of the samples whose label has the largest logit, of [batch, classes]. Throws
/// PreconditionError as CrossEntropy does.
template <real Real, class Backend>
double accuracy(const Tensor<Real, 2, Backend>& logits, std::span<const std::size_t> labels) {
  detail::check_labels("accuracy", logits, labels);
  const auto values         = logits.to_host();
  const std::size_t classes = logits.extent(1);
  std::size_t right         = 0;
  for (std::size_t b = 0; b < labels.size(); ++b) {
    const auto row = std::span(values).subspan(b * classes, classes);
    if (std::ranges::max_element(row) - row.begin() == static_cast<std::ptrdiff_t>(labels[b]))
      ++right;
  }
  return static_cast<double>(right) / static_cast<double>(labels.size());
}

}  // namespace nop
