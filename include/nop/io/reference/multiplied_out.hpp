// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/error.hpp>
#include <nop/io/array.hpp>
#include <nop/io/reference/layout_tensors.hpp>

#include <complex>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace nop::detail {

/// The tensor of a Tucker, CP or tensor train decomposition whose parts have keys that begin with
/// `name`: core, weights and factors.factor_k, as many as there are. Throws FormatError where they
/// do not fit each other or make more than `most` numbers.
class MultipliedOut {
 public:
  MultipliedOut(LayoutTensors& tensors, std::string name, std::size_t most)
      : tensors_(tensors), name_(std::move(name)), most_(most) {}

  Array operator()() {
    if (tensors_.has(name_ + ".core")) return tucker();
    return tensors_.has(name_ + ".weights") ? cp() : tensor_train();
  }

 private:
  using Weights = std::vector<std::complex<float>>;

  [[nodiscard]] std::string factor_key(std::size_t axis) const {
    return name_ + ".factors.factor_" + std::to_string(axis);
  }
  /// A factor of so many axes, of which the one at `place` is `rank` long. What is made with it has
  /// `rows` numbers for each of its others.
  Array factor(std::size_t axis, std::size_t axes, std::size_t place, std::size_t rank,
               std::size_t rows) {
    const std::string key = factor_key(axis);
    Array array           = tensors_.complex(key, axes);
    if (array.shape().size() != axes || array.shape()[place] != rank)
      throw FormatError(tensors_.source(), 0,
                        "the tensor '" + key + "' of shape " + shape_text(array.shape()) +
                            " should have " + std::to_string(axes) + " axes, with " +
                            std::to_string(rank) + " numbers along axis " + std::to_string(place));
    if (rows > most_ / (array.size() / rank))
      throw FormatError(tensors_.source(), 0,
                        "the factors of '" + name_ + "' should make at most " +
                            std::to_string(most_) + " numbers");
    return array;
  }

  /// Each axis of the core times its factor.
  Array tucker() {
    const Array core = tensors_.complex(name_ + ".core", 1);
    auto shape       = core.shape();
    auto values      = core.values<std::complex<float>>();
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
      const Array u            = factor(axis, 2, 1, shape[axis], values.size() / shape[axis]);
      const std::size_t extent = u.shape()[0], rank = shape[axis];
      std::size_t inner = 1;
      for (std::size_t i = axis + 1; i < shape.size(); ++i) inner *= shape[i];
      const std::size_t outer = values.size() / (rank * inner);
      const auto matrix       = u.values<std::complex<float>>();
      Weights product(outer * extent * inner);
      for (std::size_t o = 0; o < outer; ++o)
        for (std::size_t i = 0; i < extent; ++i)
          for (std::size_t r = 0; r < rank; ++r)
            for (std::size_t j = 0; j < inner; ++j)
              product[(o * extent + i) * inner + j] +=
                  matrix[i * rank + r] * values[(o * rank + r) * inner + j];
      values      = std::move(product);
      shape[axis] = extent;
    }
    return make_array(values, shape);
  }

  /// sum_r weight_r u_r x v_r x ...
  Array cp() {
    const Array weights    = tensors_.complex(name_ + ".weights", 1);
    const std::size_t rank = weights.size();
    auto values            = weights.values<std::complex<float>>();  // [rows, rank]
    std::vector<std::size_t> shape;
    while (tensors_.has(factor_key(shape.size()))) {
      const Array u            = factor(shape.size(), 2, 1, rank, values.size());
      const std::size_t extent = u.shape()[0], rows = values.size() / rank;
      const auto matrix = u.values<std::complex<float>>();
      Weights product(rows * extent * rank);
      for (std::size_t o = 0; o < rows; ++o)
        for (std::size_t i = 0; i < extent * rank; ++i)
          product[o * extent * rank + i] = values[o * rank + i % rank] * matrix[i];
      values = std::move(product);
      shape.push_back(extent);
    }
    Weights sums(values.size() / rank);
    for (std::size_t i = 0; i < values.size(); ++i) sums[i / rank] += values[i];
    return make_array(sums, shape);
  }

  /// A product of matrices, one for each index along each axis.
  Array tensor_train() {
    std::size_t rank = 1;
    Weights values(1, 1);  // [rows, rank]
    std::vector<std::size_t> shape;
    do {
      const Array g            = factor(shape.size(), 3, 0, rank, values.size() / rank);
      const std::size_t extent = g.shape()[1], next = g.shape()[2], rows = values.size() / rank;
      const auto cart = g.values<std::complex<float>>();
      Weights product(rows * extent * next);
      for (std::size_t o = 0; o < rows; ++o)
        for (std::size_t r = 0; r < rank; ++r)
          for (std::size_t i = 0; i < extent * next; ++i)
            product[o * extent * next + i] += values[o * rank + r] * cart[r * extent * next + i];
      values = std::move(product);
      rank   = next;
      shape.push_back(extent);
    } while (tensors_.has(factor_key(shape.size())));
    if (rank != 1)
      throw FormatError(tensors_.source(), 0,
                        "the last factor of '" + name_ + "' should end with 1, but ends with " +
                            std::to_string(rank));
    return make_array(values, shape);
  }

  LayoutTensors& tensors_;
  std::string name_;
  std::size_t most_;
};

}  // namespace nop::detail
