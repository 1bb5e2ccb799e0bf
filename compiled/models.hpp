// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/field.hpp>
#include <nop/backend/cpu.hpp>
#include <nop/core/host_memory.hpp>
#include <nop/core/shape.hpp>
#include <nop/layers/fourier_layer.hpp>
#include <nop/models/fno.hpp>
#include <nop/models/uno.hpp>

#include "kernels.hpp"

#include <complex>
#include <cstddef>

/// \file
/// The models of 1 to 3 dimensions that our own libraries, programs and tests use again and again:
/// what includes this file leaves them, on fields at rest and on a tape, to models.cpp.in.

namespace nop {

template <std::size_t Dim, scalar Element>
using AtRest = Tensor<Element, Dim + 2, Cpu>;
template <std::size_t Dim, scalar Element>
using OnTape = Variable<Element, Dim + 2, Cpu>;

#define NOP_LAYER(Extern, Dim, Element, Forms, Field)                                         \
  Extern template Field<Dim, Element>                                                         \
  FourierLayer<Dim, Cpu, Element, WeightForms::Forms>::operator()(const Field<Dim, Element>&, \
                                                                  const Shape<Dim>&) const;

#define NOP_MODEL(Extern, Model, Dim, Element, Forms, Field)                                \
  Extern template Field<Dim, Element> Model<Dim, Cpu, Element, WeightForms::Forms>::answer( \
      const Field<Dim, Element>&, const HostVector<Shape<Dim>>&, const Shape<Dim>&) const;

#define NOP_FNO(Extern, Dim, Element, Forms)                                 \
  Extern template class FourierLayer<Dim, Cpu, Element, WeightForms::Forms>; \
  NOP_LAYER(Extern, Dim, Element, Forms, AtRest)                             \
  NOP_LAYER(Extern, Dim, Element, Forms, OnTape)                             \
  Extern template class Fno<Dim, Cpu, Element, WeightForms::Forms>;          \
  NOP_MODEL(Extern, Fno, Dim, Element, Forms, AtRest)                        \
  NOP_MODEL(Extern, Fno, Dim, Element, Forms, OnTape)

#define NOP_UNO(Extern, Dim, Element, Forms)                        \
  Extern template class Uno<Dim, Cpu, Element, WeightForms::Forms>; \
  NOP_MODEL(Extern, Uno, Dim, Element, Forms, AtRest)               \
  NOP_MODEL(Extern, Uno, Dim, Element, Forms, OnTape)

#define NOP_MODELS(Extern, Dim, Real)           \
  NOP_FNO(Extern, Dim, Real, dense)             \
  NOP_FNO(Extern, Dim, Real, all)               \
  NOP_FNO(Extern, Dim, std::complex<Real>, all) \
  NOP_UNO(Extern, Dim, Real, dense)             \
  NOP_UNO(Extern, Dim, Real, all)

NOP_MODELS(extern, 1, float)
NOP_MODELS(extern, 2, float)
NOP_MODELS(extern, 3, float)
NOP_MODELS(extern, 1, double)
NOP_MODELS(extern, 2, double)
NOP_MODELS(extern, 3, double)

}  // namespace nop
