// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/evaluate.hpp>
#include <nop/core/functors.hpp>
#include <nop/training/reduction.hpp>

#include <cmath>
#include <cstddef>

namespace nop {

namespace detail {

template <class T>
constexpr T sign(T t) {
  return select(t > constant<T>(0), constant<T>(1),
                select(t < constant<T>(0), constant<T>(-1), constant<T>(0)));
}

/// |t|^p, its p-th part of a derivative sign(t) |t|^(p-1), and the p-th root.
struct FirstPower {
  template <class T>
  [[nodiscard]] constexpr T value(T t) const {
    using std::abs;
    return abs(t);
  }
  template <class T>
  [[nodiscard]] constexpr T slope(T t) const {
    return sign(t);
  }
  template <class T>
  [[nodiscard]] constexpr T root(T total) const {
    return total;
  }
};
struct SecondPower {
  template <class T>
  [[nodiscard]] constexpr T value(T t) const {
    return t * t;
  }
  template <class T>
  [[nodiscard]] constexpr T slope(T t) const {
    return t;
  }
  template <class T>
  [[nodiscard]] constexpr T root(T total) const {
    using std::sqrt;
    return sqrt(total);
  }
};
struct AnyPower {
  double order;
  template <class T>
  [[nodiscard]] constexpr T value(T t) const {
    return power(t, order);
  }
  template <class T>
  [[nodiscard]] constexpr T slope(T t) const {
    return sign(t) * power(t, order - 1);
  }
  template <class T>
  [[nodiscard]] constexpr T root(T total) const {
    return power(total, 1 / order);
  }

 private:
  template <class T>
  static constexpr T power(T t, double exponent) {
    using std::abs;
    using std::pow;
    const T size = abs(t);
    return select(size > constant<T>(0), T(pow(size, constant<T>(exponent))), constant<T>(0));
  }
};

/// The power of one value, or of the difference of two.
template <class Power>
struct PowerOf {
  Power power;
  constexpr auto operator()(auto first, auto... second) const {
    return power.value((first - ... - second));
  }
};
template <class Power>
struct RootOf {
  Power power;
  constexpr auto operator()(auto total) const { return power.root(total); }
};
/// g factor slope((a - b) / distance), of the inverse distance
template <class Power>
struct DistancePullback {
  Power power;
  constexpr auto operator()(auto a, auto b, auto inverse, auto factor, auto g) const {
    return power.slope((a - b) * inverse) * (factor * g);
  }
};
/// 2 g weight (a - b)
template <real Real>
struct SquaredDistancePullback {
  Real weight;
  constexpr auto operator()(auto a, auto b, auto g) const { return (a - b) * (g + g) * weight; }
};

template <class Use>
auto with_power(double order, const Use& use) {
  if (order == 1) return use(FirstPower{});
  if (order == 2) return use(SecondPower{});
  return use(AnyPower{order});
}

/// ||x||_p, or ||x - y||_p, over the points of each channel of each sample.
template <class Field, class... Other>
auto row_norms(double order, const Field& x, const Other&... y) {
  return with_power(order, [&]<class Power>(Power power) {
    return mapped(RootOf<Power>{power}, summed_by_row(PowerOf<Power>{power}, x, y...));
  });
}

/// sum over rows of factor ||x - y||_p, with its pullback by x:
/// g factor sign(t) |t|^(p-1) with t = (x - y) / ||x - y||_p.
template <class Field, class Rows>
auto summed_distances(double order, const Field& x, const Field& y, const Rows& distance,
                      const Rows& factor) {
  const auto by_x = [order, x, y, factor, inverse = mapped(Reciprocal{}, distance)](const auto& g) {
    return with_power(order, [&]<class Power>(Power power) {
      const Shape<3> box = channel_box(x.shape());
      auto gradient      = Field::uninitialized(x.shape());
      Field::Backend::map(DistancePullback<Power>{power}, box, whole(gradient.mutable_data(), box),
                          whole(x.data(), box), whole(y.data(), box), per_row(inverse.data(), box),
                          per_row(factor.data(), box), single(g.data()));
      return gradient;
    });
  };
  return with_pullbacks(weighted_sum(distance, factor), by_x, no_pullback);
}

inline void check_order(const char* name, double order) {
  expects(order >= 1 && std::isfinite(order), name, ": expected an order of at least 1, got ",
          order);
}

}  // namespace detail

/// ||x - y||_p / (||y||_p + 1e-8) for each channel of each sample, the norms over its points, then
/// reduced over batch and channels. x is the prediction [batch, channel, grid...], y the target;
/// gradients flow to x. Throws PreconditionError if the shapes differ or p < 1.
///
/// Scale-free and the measure of error of nearly all papers on neural operators.
struct RelativeLp {
  double order        = 2;
  Reduction reduction = Reduction::mean;

  template <field P, field T>
  auto operator()(const P& prediction, const T& target) const {
    detail::check_loss("RelativeLp", prediction, target);
    detail::check_order("RelativeLp", order);
    return evaluate(
        [this](const auto& x, const auto& y) {
          return detail::summed_distances(
              order, x, y, detail::row_norms(order, x, y),
              detail::relative_factors(detail::row_norms(order, y), reduction));
        },
        prediction, target);
  }
};

/// (integral of |x - y|^p)^(1/p) for each channel of each sample, by the rectangle rule on a box
/// with sides `measure`, then reduced over batch and channels. Shapes, gradients and errors as for
/// RelativeLp.
struct AbsoluteLp {
  double order        = 2;
  Reduction reduction = Reduction::mean;
  Measure measure     = {1, 1, 1, 1};

  template <field P, field T>
  auto operator()(const P& prediction, const T& target) const {
    detail::check_loss("AbsoluteLp", prediction, target);
    detail::check_order("AbsoluteLp", order);
    return evaluate(
        [this](const auto& x, const auto& y) {
          const double cell = detail::cell_volume(measure, x.shape());
          return detail::summed_distances(
              order, x, y, detail::row_norms(order, x, y),
              detail::equal_factors(x, std::pow(cell, 1 / order), reduction));
        },
        prediction, target);
  }
};

/// The mean over the points of (x - y)^2 for each channel of each sample, then reduced over batch
/// and channels. Shapes, gradients and errors as for RelativeLp.
struct MeanSquaredError {
  Reduction reduction = Reduction::mean;

  template <field P, field T>
  auto operator()(const P& prediction, const T& target) const {
    detail::check_loss("MeanSquaredError", prediction, target);
    return evaluate([this](const auto& x, const auto& y) { return this->rule(x, y); }, prediction,
                    target);
  }

 private:
  template <class Field>
  [[nodiscard]] auto rule(const Field& x, const Field& y) const {
    using Real         = typename Field::Element;
    using Backend      = typename Field::Backend;
    const Shape<3> box = channel_box(x.shape());
    const auto weight  = static_cast<Real>(detail::row_weight(reduction, box[0] * box[1]) /
                                           static_cast<double>(box[2]));
    auto total         = Tensor<Real, 0, Backend>::uninitialized({});
    Backend::sum(Weighted<SquaredDistance, Real>{{}, weight}, box, single(total.mutable_data()),
                 whole(x.data(), box), whole(y.data(), box));
    return with_pullbacks(
        total,
        [x, y, weight](const auto& g) {
          const Shape<3> whole_box = channel_box(x.shape());
          auto gradient            = Field::uninitialized(x.shape());
          Backend::map(detail::SquaredDistancePullback<Real>{weight}, whole_box,
                       whole(gradient.mutable_data(), whole_box), whole(x.data(), whole_box),
                       whole(y.data(), whole_box), single(g.data()));
          return gradient;
        },
        no_pullback);
  }
};

inline constexpr RelativeLp relative_l2;
inline constexpr AbsoluteLp absolute_l2;
inline constexpr MeanSquaredError mean_squared_error;

}  // namespace nop
