// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/evaluate.hpp>
#include <nop/core/operand.hpp>
#include <nop/core/scalar.hpp>
#include <nop/core/tensor.hpp>

#include <complex>
#include <cstddef>

namespace nop::test {

/// A few home-made ops, for tests of what lies below the library's own: on any backend, for tensors
/// of one shape.
namespace small_ops {

/// f(first[i], rest[i]...) for every element.
template <class F, class E, std::size_t R, class B, class... Rest>
Tensor<E, R, B> each(const F& f, const Tensor<E, R, B>& first, const Rest&... rest) {
  const Shape<3> box = {1, 1, first.size()};
  auto result        = Tensor<E, R, B>::uninitialized(first.shape());
  B::map(f, box, whole(result.mutable_data(), box), whole(first.data(), box),
         whole(rest.data(), box)...);
  return result;
}

inline constexpr struct {
  constexpr auto operator()(auto x) const { return x; }
  template <class Real>
  constexpr auto operator()(std::complex<Real> z) const {
    return std::conj(z);
  }
} conjugate;

/// a + b
inline constexpr auto add = [](const auto& a, const auto& b) {
  return evaluate(
      [](const auto& x, const auto& y) {
        const auto same = [](const auto& gradient) { return gradient; };
        return with_pullbacks(each([](auto p, auto q) { return p + q; }, x, y), same, same);
      },
      a, b);
};

/// a b, element by element; the gradient by a is g conj(b).
inline constexpr auto multiply = [](const auto& a, const auto& b) {
  return evaluate(
      [](const auto& x, const auto& y) {
        const auto times = [](auto p, auto q) { return p * conjugate(q); };
        return with_pullbacks(
            each([](auto p, auto q) { return p * q; }, x, y),
            [y, times](const auto& gradient) { return each(times, gradient, y); },
            [x, times](const auto& gradient) { return each(times, gradient, x); });
      },
      a, b);
};

/// sum |x|^2 / 2, whose gradient is x.
inline constexpr auto half_square = [](const auto& a) {
  return evaluate(
      [](const auto& x) {
        using E            = typename std::remove_cvref_t<decltype(x)>::Element;
        using B            = typename std::remove_cvref_t<decltype(x)>::Backend;
        using Real         = real_of<E>;
        const Shape<3> box = {1, 1, x.size()};
        auto result        = Tensor<Real, 0, B>::uninitialized({});
        B::sum([](auto p) { return std::norm(p) / 2; }, box, single(result.mutable_data()),
               whole(x.data(), box));
        return with_pullbacks(result, [x](const auto& gradient) {
          const Shape<3> all = {1, 1, x.size()};
          auto pulled        = x.clone();
          B::map([](auto p, auto g) { return p * g; }, all, whole(pulled.mutable_data(), all),
                 whole(x.data(), all), single(gradient.data()));
          return pulled;
        });
      },
      a);
};

/// sum x
inline constexpr auto total = [](const auto& a) {
  return evaluate(
      [](const auto& x) {
        using T            = std::remove_cvref_t<decltype(x)>;
        using B            = typename T::Backend;
        const Shape<3> box = {1, 1, x.size()};
        auto result        = Tensor<typename T::Element, 0, B>::uninitialized({});
        const auto same    = [](auto p) { return p; };
        B::sum(same, box, single(result.mutable_data()), whole(x.data(), box));
        return with_pullbacks(result, [shape = x.shape(), same](const auto& gradient) {
          auto pulled        = T::uninitialized(shape);
          const Shape<3> all = {1, 1, pulled.size()};
          B::map(same, all, whole(pulled.mutable_data(), all), single(gradient.data()));
          return pulled;
        });
      },
      a);
};

}  // namespace small_ops

}  // namespace nop::test
