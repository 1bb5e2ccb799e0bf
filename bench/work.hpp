// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/band.hpp>

#include "case.hpp"
#include "cost.hpp"

#include <cstddef>
#include <functional>
#include <string>

namespace bench {

struct Variant {
  Element element           = Element::float32;
  nop::FourierEngine engine = nop::FourierEngine::automatic;
  /// What is asked of the backend is written down once, where it can do that, see CapturedWork.
  bool captured = false;
};

/// One repetition, to be called as often as wanted. Whatever it needs is made beforehand.
using Work = std::function<void()>;

/// Throws std::invalid_argument if a case has no such pass or no such variant.
Work make_work(const Case& c, Pass pass, const Variant& variant = {});

/// Each in a source file of its own, the convolutions in one for each number of dimensions.
template <std::size_t Dim>
Work make_convolution(const Case& c, Pass pass, const Variant& variant);
template <>
Work make_convolution<1>(const Case& c, Pass pass, const Variant& variant);
template <>
Work make_convolution<2>(const Case& c, Pass pass, const Variant& variant);
template <>
Work make_convolution<3>(const Case& c, Pass pass, const Variant& variant);
template <>
Work make_convolution<4>(const Case& c, Pass pass, const Variant& variant);
Work make_temporal_convolution(const Case& c, Pass pass, const Variant& variant);
Work make_pointwise(const Case& c, Pass pass, const Variant& variant);
Work make_model(const Case& c, Pass pass, const Variant& variant);
Work make_unet(const Case& c, Pass pass, const Variant& variant);

/// Writes a network with random parameters to a .safetensors file, under "net.", with a batch "x"
/// and its answer "y": what a peer has to answer to be the same. Throws std::invalid_argument for
/// kinds other than sc, fno, unet and dsno.
void write_answer(const Case& c, const Variant& variant, const std::string& path);

template <Kind kind>
void write_answer(const Case& c, const Variant& variant, const std::string& path);
template <>
void write_answer<Kind::fno>(const Case& c, const Variant& variant, const std::string& path);
template <>
void write_answer<Kind::unet>(const Case& c, const Variant& variant, const std::string& path);
template <std::size_t Dim>
void write_convolution(const Case& c, const Variant& variant, const std::string& path);
template <>
void write_convolution<1>(const Case& c, const Variant& variant, const std::string& path);
template <>
void write_convolution<2>(const Case& c, const Variant& variant, const std::string& path);
template <>
void write_convolution<3>(const Case& c, const Variant& variant, const std::string& path);
template <>
void write_convolution<4>(const Case& c, const Variant& variant, const std::string& path);

}  // namespace bench
