// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/expects.hpp>
#include <nop/core/rng.hpp>
#include <nop/core/scalar.hpp>
#include <nop/core/tensor.hpp>

#include <cmath>
#include <complex>
#include <cstddef>
#include <memory>
#include <numbers>

namespace nop {

/// How the weights of a linear map start, of n_in numbers that each result is a sum of and n_out
/// results that each number goes into; the bias beside them.
enum class WeightStart {
  fan_in,       ///< uniform in +-1/sqrt(n_in), and so is the bias
  fan_average,  ///< uniform in +-sqrt(6/(n_in + n_out)), the bias 0 (Glorot and Bengio 2010)
  zero          ///< 0, and so is the bias
};

/// Weights that start so lie between plus and minus this.
inline double start_bound(WeightStart start, std::size_t fan_in, std::size_t fan_out) {
  if (start == WeightStart::zero) return 0;
  return start == WeightStart::fan_in ? 1 / std::sqrt(static_cast<double>(fan_in))
                                      : std::sqrt(6 / static_cast<double>(fan_in + fan_out));
}

namespace detail {

/// A number uniform in [-bound, bound].
template <real Real>
struct UniformDraw {
  RandomStream random;
  double bound;
  constexpr Real operator()(std::size_t i) const {
    return static_cast<Real>(bound * (2 * random.uniform(i) - 1));
  }
};
/// One uniform in [0, bound), in both parts.
template <scalar Element>
struct UniformFromZeroDraw {
  RandomStream random;
  double bound;
  constexpr Element operator()(std::size_t i) const {
    using Real = real_of<Element>;
    if constexpr (complex<Element>)
      return Element(static_cast<Real>(bound * random.uniform(2 * i)),
                     static_cast<Real>(bound * random.uniform(2 * i + 1)));
    else
      return static_cast<Real>(bound * random.uniform(i));
  }
};
/// A normal one of this deviation.
template <scalar Element>
struct NormalDraw {
  RandomStream random;
  double deviation;
  constexpr Element operator()(std::size_t i) const {
    using Real = real_of<Element>;
    if constexpr (complex<Element>) {
      const double part = deviation / std::numbers::sqrt2;
      return Element(static_cast<Real>(part * random.normal(2 * i)),
                     static_cast<Real>(part * random.normal(2 * i + 1)));
    } else {
      return static_cast<Real>(deviation * random.normal(i));
    }
  }
};

}  // namespace detail

/// Where the first values of parameters come from: a random generator, or nowhere, for a model
/// whose values are read from a file next. An Rng converts to it.
class Initializer {
 public:
  Initializer(Rng& rng) : rng_(&rng) {}  // NOLINT(google-explicit-constructor): layers take an Rng

  /// Zeros, and no more than `budget` numbers of them in all: for configurations out of a file that
  /// may ask for anything. Throws PreconditionError where that is exceeded.
  static Initializer zeros(std::size_t budget) {
    Initializer init;
    init.budget_ = std::make_shared<std::size_t>(budget);
    return init;
  }

  /// The same, of as many numbers as it takes: for values that are known to fit.
  static Initializer zeros() { return {}; }

  /// The same value everywhere.
  template <scalar Element, std::size_t Rank, class Backend>
  [[nodiscard]] Tensor<Element, Rank, Backend> constant(const Shape<Rank>& shape,
                                                        Element value) const {
    if (budget_) spend(shape);
    Tensor<Element, Rank, Backend> values(shape);
    if (rng_ != nullptr) values.fill(value);
    return values;
  }

  /// Uniform in [-bound, bound].
  template <real Real, std::size_t Rank, class Backend>
  [[nodiscard]] Tensor<Real, Rank, Backend> uniform(const Shape<Rank>& shape, double bound) const {
    return filled<Real, Rank, Backend, detail::UniformDraw<Real>>(shape, bound);
  }

  /// Uniform in [0, bound), for complex numbers in both parts.
  template <scalar Element, std::size_t Rank, class Backend>
  [[nodiscard]] Tensor<Element, Rank, Backend> uniform_from_zero(const Shape<Rank>& shape,
                                                                 double bound) const {
    return filled<Element, Rank, Backend, detail::UniformFromZeroDraw<Element>>(shape, bound);
  }

  /// Normal with mean 0; E|x|^2 = deviation^2, for complex numbers in both parts together.
  template <scalar Element, std::size_t Rank, class Backend>
  [[nodiscard]] Tensor<Element, Rank, Backend> normal(const Shape<Rank>& shape,
                                                      double deviation) const {
    return filled<Element, Rank, Backend, detail::NormalDraw<Element>>(shape, deviation);
  }

 private:
  Initializer() = default;

  /// Numbers that `Draw` makes out of a new stream and how large they are to be.
  template <scalar Element, std::size_t Rank, class Backend, class Draw>
  Tensor<Element, Rank, Backend> filled(const Shape<Rank>& shape, double size) const {
    if (budget_) spend(shape);
    Tensor<Element, Rank, Backend> values(shape);
    if (rng_ == nullptr) return values;
    Backend::generate(Draw{rng_->stream(), size}, values.mutable_data(), values.size());
    return values;
  }

  template <std::size_t Rank>
  void spend(const Shape<Rank>& shape) const {
    std::size_t left = *budget_;
    for (const std::size_t extent : shape) left = extent == 0 ? *budget_ : left / extent;
    expects(left > 0, "Initializer: expected at most ", *budget_,
            " more parameters, got a tensor of shape ", shape);
    *budget_ -= element_count(shape);
  }

  Rng* rng_ = nullptr;
  std::shared_ptr<std::size_t> budget_;  ///< shared by the copies that layers make
};

}  // namespace nop
