// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/members.hpp>
#include <nop/autodiff/tape.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/functors.hpp>
#include <nop/core/operand.hpp>
#include <nop/core/view.hpp>

#include <cmath>
#include <cstddef>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace nop {

namespace detail {

/// sum |x|^2, of rank 0; both parts of a complex number count.
template <class Value>
auto squared_norm(const Value& x) {
  using Backend      = typename Value::Backend;
  const auto numbers = parts(x.view());
  const Shape<3> box = {1, 1, numbers.size()};
  auto total         = Tensor<real_of<typename Value::Element>, 0, Backend>::uninitialized({});
  Backend::sum(SquaredSize{}, box, single(total.mutable_data()), whole(numbers.data(), box));
  return total;
}

template <class Value>
Value times(const Value& x, double factor) {
  using Real         = real_of<typename Value::Element>;
  auto result        = Value::uninitialized(x.shape());
  const auto from    = parts(x.view());
  const auto to      = parts(result.mutable_view());
  const Shape<3> box = {1, 1, from.size()};
  Value::Backend::map(TimesConstant<Real>{static_cast<Real>(factor)}, box, whole(to.data(), box),
                      whole(from.data(), box));
  return result;
}

}  // namespace detail

/// The square root of the sum of |g|^2 over all gradients by the parameters of a model.
template <module Model>
double global_norm(const Model& model, const Gradients& gradients) {
  std::vector<std::function<double()>> parts;  // read at the end: a device waits for none of them
  for_each_parameter(model, [&](const std::string&, const auto& parameter) {
    if (gradients.contains(parameter))
      parts.emplace_back([part = detail::squared_norm(gradients[parameter])] {
        return static_cast<double>(part.item());
      });
  });
  double total = 0;
  for (const auto& part : parts) total += part();
  return std::sqrt(total);
}

/// The gradients, all times one factor where that is needed for a global norm of at most `largest`.
/// A norm that is not finite leaves them as they are.
///
///     optimizer.step(model, clipped(model, tape.gradient(loss), 1.0));
///
/// Pascanu, Mikolov, Bengio, "On the difficulty of training recurrent neural networks", ICML 2013.
template <module Model>
Gradients clipped(const Model& model, Gradients gradients, double largest) {
  expects(largest > 0, "clipped: expected a positive norm, got ", largest);
  const double norm = global_norm(model, gradients);
  if (!(norm > largest) || !std::isfinite(norm)) return gradients;
  for_each_parameter(model, [&](const std::string&, const auto& parameter) {
    if (gradients.contains(parameter))
      gradients.replace(parameter, detail::times(gradients[parameter], largest / norm));
  });
  return gradients;
}

}  // namespace nop
