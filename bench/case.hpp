// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/shape.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <type_traits>
#include <vector>

namespace bench {

/// What is timed.
enum class Kind {
  sc,    ///< spectral convolution
  fno,   ///< a Fourier neural operator of four layers, one channel in and one out
  time,  ///< temporal convolution block; the first axis of the grid is time
  conv,  ///< convolution with a kernel of 3 points along each axis, and a bias
  unet,  ///< the U-Net of a small picture, one channel in and one out: blocks of 2 x 2 points enter
         ///< as channels, two levels of one block, attention on the second
  dsno,  ///< diffusion sampling by that U-Net, two modes; inference is of the last state
  mix,   ///< linear map of the channels
  mlp,   ///< channel MLP, its hidden layer half as wide
  gelu   ///< activation
};
constexpr auto enumerator_names(Kind) {
  return std::to_array<const char*>(
      {"sc", "fno", "time", "conv", "unet", "dsno", "mix", "mlp", "gelu"});
}

/// How far: a layer forward or forward and back; a model's inference or its training step.
enum class Pass { fwd, fwdbwd, infer, train };
constexpr auto enumerator_names(Pass) {
  return std::to_array<const char*>({"fwd", "fwdbwd", "infer", "train"});
}

/// The numbers of a field.
enum class Element { float32, float64, complex64, complex128 };
constexpr auto enumerator_names(Element) {
  return std::to_array<const char*>({"float", "double", "complex_float", "complex_double"});
}

template <class Enum>
std::string name_of(Enum value) {
  return enumerator_names(value)[static_cast<std::size_t>(value)];
}

/// All values of an enumeration, in order.
template <class Enum>
std::vector<Enum> all() {
  std::vector<Enum> values;
  for (std::size_t i = 0; i < enumerator_names(Enum{}).size(); ++i)
    values.push_back(static_cast<Enum>(i));
  return values;
}

/// A case is its name, the same for us and for all peers:
///
///     KIND D d _b BATCH _c CHANNELS _ GRID _m MODES        fno2d_b8_h64_128_m32
///
/// h stands for c in models. GRID and MODES are extents with x between, such as 64x64x40, or one
/// extent for all D axes; kinds that have no modes leave them out. A dsno has states, and may have
/// ends where they are shared and separate (nop::DsnoEnds):
///
///     KIND D d _b BATCH _c CHANNELS _ GRID _s STATES _e SHARED x SEPARATE dsno2d_b8_h32_28_s4_e1x2
struct Case {
  std::string name;
  Kind kind;
  std::size_t batch;
  std::size_t channels;
  std::vector<std::size_t> grid;
  std::vector<std::size_t> modes;
  std::size_t states   = 1;
  std::size_t shared   = 0;
  std::size_t separate = 0;
};

/// Throws std::invalid_argument if `name` is not as above.
Case parse_case(const std::string& name);

/// The extents in "64x64x40", or none if `text` is something else.
std::vector<std::size_t> parse_extents(const std::string& text);
std::string text_of(const std::vector<std::size_t>& extents);

template <std::size_t Dim>
nop::Shape<Dim> shape_of(const std::vector<std::size_t>& extents) {
  nop::Shape<Dim> shape;
  std::copy_n(extents.begin(), Dim, shape.extents.begin());
  return shape;
}

/// Calls `use` with the number of dimensions as a type.
template <class Use>
auto with_dimensions(std::size_t dimensions, const Use& use) {
  switch (dimensions) {
    case 1:
      return use(std::integral_constant<std::size_t, 1>{});
    case 2:
      return use(std::integral_constant<std::size_t, 2>{});
    case 3:
      return use(std::integral_constant<std::size_t, 3>{});
    default:
      return use(std::integral_constant<std::size_t, 4>{});
  }
}

}  // namespace bench
