// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/operand.hpp>

#include "random_product.hpp"
#include "tolerance.hpp"
#include <doctest/doctest.h>

#include <cstddef>
#include <initializer_list>

/// \file
/// What the products of every backend have to do, by whatever of it multiplies.

namespace nop::test {

template <class Backend, class T>
void check_products_of_every_form(const auto& multiply) {
  for (const Form left : {Form::plain, Form::adjoint})
    for (const Form right : {Form::plain, Form::adjoint})
      for (const Update update : {Update::overwrite, Update::add})
        for (unsigned layout = 0; layout < 16; ++layout) {
          CAPTURE(left);
          CAPTURE(right);
          CAPTURE(update);
          CAPTURE(layout);
          const std::size_t padding = (layout & 8U) != 0 ? 3 : 0;
          for (const ProductSize size : {ProductSize{3, 5, 7, 4}, {4, 1, 3, 1}, {1, 8, 2, 9}})
            CHECK(RandomProduct<Backend, T>{size,
                                            {left, padding, (layout & 1U) != 0},
                                            {right, 2 * padding, (layout & 2U) != 0},
                                            {Form::plain, padding, (layout & 4U) != 0},
                                            update}
                      .error_of(multiply) < rounding<T>);
        }
}

template <class Backend, class T>
void check_large_products(std::initializer_list<ProductSize> sizes, const auto& multiply) {
  for (const ProductSize& size : sizes) {
    CAPTURE(size.rows);
    CAPTURE(size.columns);
    for (const bool summed : {false, true}) {
      const Side result{Form::plain, 0, summed};
      CHECK(RandomProduct<Backend, T>{size, {}, {Form::adjoint}, result}.error_of(multiply) <
            4 * rounding<T>);
      CHECK(RandomProduct<Backend, T>{size, {Form::adjoint}, {}, result, Update::add}.error_of(
                multiply) < 4 * rounding<T>);
    }
  }
}

template <class Backend, class T>
void check_products_of_nothing(const auto& multiply) {
  for (const bool summed : {false, true})
    for (const Update update : {Update::overwrite, Update::add})
      for (const ProductSize size : {ProductSize{3, 2, 0, 4},
                                     {1, 2, 0, 4},
                                     {3, 0, 2, 4},
                                     {3, 2, 4, 0},
                                     {0, 2, 3, 4},
                                     {0, 2, 0, 4},
                                     {3, 40, 0, 50},
                                     {0, 0, 0, 0}}) {
        CAPTURE(size.batch);
        CAPTURE(size.rows);
        CAPTURE(size.depth);
        CAPTURE(size.columns);
        CAPTURE(summed);
        CAPTURE(update);
        CHECK(RandomProduct<Backend, T>{size, {}, {}, {Form::plain, 1, summed, 2}, update}.error_of(
                  multiply) == 0);
      }
}

}  // namespace nop::test
