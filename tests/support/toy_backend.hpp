// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/backend.hpp>

#include "naive_convolution.hpp"
#include "naive_dft.hpp"
#include "naive_mixing.hpp"
#include "naive_normalization.hpp"
#include "naive_time_mixing.hpp"

#include <algorithm>
#include <atomic>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <span>
#include <stdexcept>
#include <vector>

namespace nop::test {

/// The smallest backend there is: one thread, plain loops, sums by definition.
///
/// It is as strange as it may be, to keep the layers above honest: its pointers are disguised, so
/// that nobody but itself can dereference them and that it knows those which are not its own;
/// fresh memory holds NaN; blocks in use are counted.
struct ToyBackend {
  static constexpr bool host_accessible = false;
  static constexpr bool keeps_sums      = false;

  static std::size_t live_blocks() { return blocks(); }

  static void* allocate(std::size_t bytes) {
    void* const block = std::malloc(std::max<std::size_t>(bytes, 1));
    if (block == nullptr) throw std::bad_alloc();
    std::memset(block, 0xFF, bytes);  // a NaN in either precision
    ++blocks();
    return reinterpret_cast<void*>(reinterpret_cast<std::uintptr_t>(block) | disguise);
  }
  static void release(void* block, std::size_t) noexcept {
    std::free(reinterpret_cast<void*>(reinterpret_cast<std::uintptr_t>(block) & ~disguise));
    --blocks();
  }

  template <class Element>
  static void copy(const Element* in, Element* out, std::size_t count) {
    if (count != 0) std::copy_n(host(in), count, host(out));
  }
  template <class Element>
  static void copy_from_host(const Element* in, Element* out, std::size_t count) {
    if (count != 0) std::copy_n(in, count, host(out));
  }
  template <class Element>
  static void copy_to_host(const Element* in, Element* out, std::size_t count) {
    if (count != 0) std::copy_n(host(in), count, out);
  }

  static void by_pieces(std::size_t count, const auto& body) {
    body(std::size_t{0}, count / 2);
    body(count / 2, count);
  }

  template <class Element, std::size_t Rank>
  static void copy_strided(const Shape<Rank>& extents, const Element* in,
                           const Shape<Rank>& in_step, Element* out, const Shape<Rank>& out_step) {
    for (std::size_t index = 0; index < element_count(extents); ++index) {
      std::size_t rest = index, from = 0, to = 0;
      for (std::size_t axis = Rank; axis-- > 0; rest /= extents[axis]) {
        from += rest % extents[axis] * in_step[axis];
        to += rest % extents[axis] * out_step[axis];
      }
      host(out)[to] = host(in)[from];
    }
  }

  template <class F, class Out>
  static void generate(const F& f, Out* out, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) host(out)[i] = f(i);
  }

  template <class F, class Out, class... In>
  static void map(const F& f, const Shape<3>& box, const Operand<Out>& out,
                  const Operand<In>&... in) {
    for_each(box, [&](const Shape<3>& at) { element(out, at) = f(element(in, at)...); });
  }

  template <class F, class Out, class... In>
  static void sum(const F& f, const Shape<3>& box, const Operand<Out>& out,
                  const Operand<In>&... in) {
    Shape<3> kept = box;
    for (std::size_t axis = 0; axis < 3; ++axis)
      if (out.step[axis] == 0) kept[axis] = 1;
    for_each(kept, [&](const Shape<3>& at) { element(out, at) = Out{}; });
    for_each(box, [&](const Shape<3>& at) { element(out, at) += f(element(in, at)...); });
  }

  template <class Element>
  static void multiply(const ProductSize& size, const Matrices<const Element>& a,
                       const Matrices<const Element>& b, const Matrices<Element>& c,
                       Update update) {
    const auto at_c = [&](const Shape<3>& at) -> Element& {
      return host(c.data)[at[0] * c.batch_step + at[1] * c.row_step + at[2]];
    };
    if (update == Update::overwrite)
      for_each({c.batch_step == 0 ? 1 : size.batch, size.rows, size.columns},
               [&](const Shape<3>& at) { at_c(at) = Element{}; });
    for_each({size.batch, size.rows, size.columns}, [&](const Shape<3>& at) {
      for (std::size_t d = 0; d < size.depth; ++d)
        at_c(at) += entry(a, at[0], at[1], d) * entry(b, at[0], d, at[2]);
    });
  }

  template <class Real>
  static void mix(const Shape<3>& box, const Real* x, std::span<const Mixing<Real>> links,
                  Real* y) {
    const auto mine = on_host(links);
    NaiveMixing<Real>(box, maybe(x), mine).mix(maybe(y));
  }
  template <class Real>
  static void pull_mix(const Shape<3>& box, const Real* x, std::span<const Mixing<Real>> links,
                       const Real* dy, Real* dx, std::span<const MixingGradient<Real>> gradients) {
    const auto mine = on_host(links);
    std::vector<MixingGradient<Real>> places;
    for (const auto& g : gradients)
      places.push_back({maybe(g.weight), maybe(g.bias), maybe(g.residual), maybe(g.gate)});
    NaiveMixing<Real>(box, maybe(x), mine).pull(maybe(dy), maybe(dx), places);
  }

  template <std::size_t Dim, class Real>
  static void convolve(const ConvolutionSize<Dim>& size, const Real* x, const Real* weight,
                       const Real* bias, Real* y) {
    naive_convolve(size, maybe(x), maybe(weight), maybe(bias), maybe(y));
  }
  template <std::size_t Dim, class Real>
  static void pull_convolve(const ConvolutionSize<Dim>& size, const Real* x, const Real* weight,
                            const Real* dy, Real* dx, Real* dweight) {
    naive_pull_convolve(size, maybe(x), maybe(weight), maybe(dy), maybe(dx), maybe(dweight));
  }

  template <class Real>
  static void normalize(const Shape<3>& box, const Real* x, const Normalization<Real>& norm,
                        Real* y) {
    naive_normalize(box, maybe(x), on_host(norm), maybe(y));
  }
  template <class Real>
  static void pull_normalize(const Shape<3>& box, const Real* x, const Normalization<Real>& norm,
                             const Real* dy, Real* dx,
                             const NormalizationGradient<Real>& gradient) {
    naive_pull_normalize(box, maybe(x), on_host(norm), maybe(dy), maybe(dx),
                         NormalizationGradient<Real>{maybe(gradient.weight), maybe(gradient.bias),
                                                     maybe(gradient.modulation)});
  }

  template <class Real>
  static void mix_time(const Shape<4>& box, const Real* x, TimeMixing<Real> mixing, Real* y) {
    mixing.weight = maybe(mixing.weight);
    NaiveTimeMixing<Real>(box, maybe(x), mixing).mix(maybe(y));
  }
  template <class Real>
  static void pull_mix_time(const Shape<4>& box, const Real* x, TimeMixing<Real> mixing,
                            const Real* dy, Real* dx, std::complex<Real>* dweight) {
    mixing.weight = maybe(mixing.weight);
    NaiveTimeMixing<Real>(box, maybe(x), mixing).pull(maybe(dy), maybe(dx), maybe(dweight));
  }

  template <std::size_t Dim, class Element>
  static void to_modes(const FourierTransform<Dim>& transform, const Element* field,
                       complex_of<Element>* spectrum) {
    const NaiveDft<Element, Dim> dft(transform);
    if (dft.field_size() != 0) dft.to_modes(host(field), host(spectrum));
  }
  template <std::size_t Dim, class Element>
  static void from_modes(const FourierTransform<Dim>& transform,
                         const complex_of<Element>* spectrum, Element* field) {
    const NaiveDft<Element, Dim> dft(transform);
    if (dft.field_size() != 0) dft.from_modes(host(spectrum), host(field));
  }

 private:
  static constexpr std::uintptr_t disguise = std::uintptr_t{1} << 62U;

  static std::atomic<std::size_t>& blocks() {
    static std::atomic<std::size_t> count{0};
    return count;
  }

  template <class Element>
  static Element* host(Element* data) {
    const auto address = reinterpret_cast<std::uintptr_t>(data);
    if ((address & disguise) == 0)
      throw std::logic_error("ToyBackend: expected its own memory, got the host's");
    return reinterpret_cast<Element*>(address & ~disguise);
  }

  /// The host's pointer, or null for null.
  template <class Element>
  static Element* maybe(Element* data) {
    return data == nullptr ? nullptr : host(data);
  }
  template <class Real>
  static std::vector<Mixing<Real>> on_host(std::span<const Mixing<Real>> links) {
    std::vector<Mixing<Real>> mine;
    for (const auto& link : links)
      mine.push_back({link.channels, maybe(link.weight), maybe(link.bias), maybe(link.residual),
                      maybe(link.gate), link.activation});
    return mine;
  }

  template <class Real>
  static Normalization<Real> on_host(Normalization<Real> norm) {
    norm.weight     = maybe(norm.weight);
    norm.bias       = maybe(norm.bias);
    norm.modulation = maybe(norm.modulation);
    return norm;
  }

  template <class Use>
  static void for_each(const Shape<3>& box, const Use& use) {
    for (std::size_t o = 0; o < box[0]; ++o)
      for (std::size_t m = 0; m < box[1]; ++m)
        for (std::size_t i = 0; i < box[2]; ++i) use(Shape<3>{o, m, i});
  }

  template <class Element>
  static Element& element(const Operand<Element>& operand, const Shape<3>& at) {
    return host(
        operand.data)[at[0] * operand.step[0] + at[1] * operand.step[1] + at[2] * operand.step[2]];
  }

  template <class Element>
  static Element entry(const Matrices<const Element>& m, std::size_t batch, std::size_t row,
                       std::size_t column) {
    if (m.form == Form::plain)
      return host(m.data)[batch * m.batch_step + row * m.row_step + column];
    const Element value = host(m.data)[batch * m.batch_step + column * m.row_step + row];
    if constexpr (complex<Element>) return std::conj(value);
    return value;
  }
};

static_assert(backend<ToyBackend>);

}  // namespace nop::test
