// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cuda/complex.cuh>
#include <nop/core/operand.hpp>
#include <nop/core/scalar.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

/// \file
/// Operands as kernels read and write them: some elements at places that are known together, so
/// that many loads are on their way at once.

namespace nop::cuda {

/// Bytes of the longest load or store of a thread.
inline constexpr std::size_t longest_access = 16;

/// So many elements of every type lie in whole accesses of that length.
template <class... Element>
inline constexpr unsigned elements_per_access =
    static_cast<unsigned>(longest_access / std::min({longest_access, sizeof(Element)...}));

/// Elements next to each other.
template <class Element, unsigned Width>
struct alignas(std::min(longest_access, Width * sizeof(Element))) Run {
  std::array<Element, Width> of;
};

/// An operand with steps in 32 bits, counted in elements.
template <class Element>
struct Strided {
  Element* data;
  std::array<std::uint32_t, 3> step;
};

template <class Element>
Strided<on_device<Element>> strided(const Operand<Element>& operand) {
  return {as_on_device(operand.data),
          {static_cast<std::uint32_t>(operand.step[0]), static_cast<std::uint32_t>(operand.step[1]),
           static_cast<std::uint32_t>(operand.step[2])}};
}

/// Whether runs of `width` elements along the innermost axis can be read: they are next to each
/// other and aligned, or one element is repeated.
template <class Element>
bool has_runs(const Operand<Element>& operand, std::size_t width) {
  const auto& step = operand.step;
  return step[2] == 0 || (step[2] == 1 && step[0] % width == 0 && step[1] % width == 0 &&
                          reinterpret_cast<std::uintptr_t>(operand.data) % longest_access == 0);
}

/// A place in a box, the innermost index counted in runs.
struct BoxPlace {
  std::uint32_t outer, middle, run;
  bool is_inside;
};

/// Where the run of an operand at a place begins; also for places outside of the box, so that what
/// places have in common is found once.
template <unsigned Width, class Element>
__device__ Element* run_at(const Strided<Element>& operand, const BoxPlace& place) {
  return operand.data + std::uint64_t{place.outer} * operand.step[0] +
         std::uint64_t{place.middle} * operand.step[1] +
         std::uint64_t{place.run} * (operand.step[2] * Width);
}

/// What an operand holds at some places, `Width` elements at each; nothing outside of the box.
template <class Element, unsigned Width, unsigned Places>
class Values {
 public:
  __device__ Values(const Strided<const Element>& operand,
                    const std::array<BoxPlace, Places>& places) {
    std::array<const Element*, Places> data;
#pragma unroll
    for (unsigned i = 0; i < Places; ++i) data[i] = run_at<Width>(operand, places[i]);
#pragma unroll
    for (unsigned i = 0; i < Places; ++i)
      if (places[i].is_inside) runs_[i] = load(data[i], operand.step[2] != 0);
  }
  [[nodiscard]] __device__ Element operator()(unsigned place, unsigned element) const {
    return runs_[place].of[element];
  }

 private:
  using OneRun = Run<Element, Width>;

  static __device__ OneRun load(const Element* data, bool moves) {
    if (Width > 1 && moves) return *reinterpret_cast<const OneRun*>(data);
    OneRun repeated;
#pragma unroll
    for (unsigned e = 0; e < Width; ++e) repeated.of[e] = *data;
    return repeated;
  }

  std::array<OneRun, Places> runs_;
};

/// A value of any real or complex type, of the standard library or ours, as an element.
template <class Element, class Value>
constexpr Element as_element(const Value& value) {
  if constexpr (std::is_same_v<Element, Value>) {
    return value;
  } else if constexpr (complex<Element> && complex<Value>) {
    using Real = real_of<Element>;
    return {static_cast<Real>(value.real()), static_cast<Real>(value.imag())};
  } else {
    return static_cast<real_of<Element>>(value);
  }
}

}  // namespace nop::cuda
