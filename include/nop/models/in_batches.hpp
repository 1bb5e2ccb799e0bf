// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/expects.hpp>
#include <nop/core/scalar.hpp>
#include <nop/core/shape.hpp>
#include <nop/core/tensor.hpp>
#include <nop/core/view.hpp>

#include <algorithm>
#include <cstddef>
#include <type_traits>

namespace nop {

/// f(x) of many samples, `size` at a time, so that what f makes on its way need not be held for all
/// at once. f maps views [samples, ...] to tensors [samples, ...] at rest. Throws PreconditionError
/// if there are no samples, for a size of 0, and if f does not answer to each sample.
///
///     const auto features =
///         in_batches([&](const auto& x) { return model.features(x); }, images, 100);
template <class Function, scalar Element, std::size_t Rank, class Backend>
  requires(Rank >= 1)
auto in_batches(const Function& f, const Tensor<Element, Rank, Backend>& x, std::size_t size) {
  using View              = TensorView<const Element, Rank, Backend>;
  using Result            = std::remove_cvref_t<decltype(f(x.view()))>;
  const std::size_t count = x.extent(0), each = element_count(x.shape(), 1);
  expects(count > 0 && size > 0,
          "in_batches: expected at least one sample, and one at a time, got ", count, " and ",
          size);
  Result all;
  for (std::size_t first = 0; first < count; first += size) {
    auto shape               = x.shape();
    shape[0]                 = std::min(size, count - first);
    const Result part        = f(View(x.data() + first * each, shape));
    auto whole_shape         = part.shape();
    whole_shape[0]           = count;
    const std::size_t answer = element_count(part.shape(), 1);
    if (first == 0) all = Result::uninitialized(whole_shape);
    expects(part.extent(0) == shape[0] && all.shape() == whole_shape,
            "in_batches: expected answers to ", shape[0], " samples as to those before, got ",
            part.shape());
    Backend::copy(part.data(), all.mutable_data() + first * answer, part.size());
  }
  return all;
}

}  // namespace nop
