// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/evaluate.hpp>
#include <nop/autodiff/tape.hpp>
#include <nop/core/rng.hpp>
#include <nop/layers/init.hpp>

#include "backend.hpp"
#include "work.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

namespace bench {

/// Calls `use` with a number of the element's type.
template <class Use>
auto with_real(Element element, const Use& use) {
  return is_double(element) ? use(double{}) : use(float{});
}

/// Random numbers of deviation 1 in [batch, channel, grid...].
template <class Number, std::size_t Dim>
auto random_field(nop::Rng& rng, std::size_t batch, std::size_t channels,
                  const nop::Shape<Dim>& grid) {
  return nop::Initializer(rng).normal<Number, Dim + 2, Backend>(
      nop::joined(nop::Shape<2>{batch, channels}, grid), 1.0);
}

/// A loss whose gradient by y is 1 everywhere and that does nothing else: y.backward(ones).
inline constexpr auto gradient_of_ones = [](const auto& y) {
  return nop::evaluate(
      [](const auto& value) {
        using Field = std::remove_cvref_t<decltype(value)>;
        using Real  = nop::real_of<typename Field::Element>;
        return nop::with_pullbacks(nop::Tensor<Real, 0, Backend>(nop::Shape<0>{}),
                                   [shape = value.shape()](const auto&) {
                                     auto ones = Field::uninitialized(shape);
                                     ones.fill(1);
                                     return ones;
                                   });
      },
      y);
};

/// A field as often as it takes for its copies to be out of the caches when their turn comes again.
template <class Field>
class InTurns {
 public:
  explicit InTurns(Field x) {
    const std::size_t bytes  = std::max<std::size_t>(1, x.size() * sizeof(typename Field::Element));
    const std::size_t copies = std::clamp<std::size_t>((cold_bytes + bytes - 1) / bytes, 1, 64);
    for (std::size_t i = 1; i < copies; ++i) fields_.push_back(x.clone());
    fields_.push_back(std::move(x));
  }
  const Field& next() { return fields_[turn_++ % fields_.size()]; }

 private:
  std::vector<Field> fields_;
  std::size_t turn_ = 0;
};

/// `layer` of `x`, forward, or forward and back to x and all parameters.
template <class Layer, class Field>
Work layer_work(Layer layer, Field x, Pass pass) {
  const auto both = std::make_shared<std::pair<const Layer, InTurns<Field>>>(
      std::move(layer), InTurns<Field>(std::move(x)));
  if (pass == Pass::fwd) return [both] { both->first(both->second.next()); };
  return [both] {
    nop::Tape tape;
    tape.gradient(gradient_of_ones(both->first(tape.variable(both->second.next()))));
  };
}

}  // namespace bench
