// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cpu.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/rng.hpp>
#include <nop/core/tensor.hpp>
#include <nop/layers/to.hpp>
#include <nop/ops/samples.hpp>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

namespace nop {

/// Some samples of a Dataset, input and target of each in the same place.
template <std::size_t Dim, class Backend, real Real>
struct Batch {
  Tensor<Real, Dim + 2, Backend> input;
  Tensor<Real, Dim + 2, Backend> target;
};

/// The same samples on another backend.
template <backend To, std::size_t Dim, class From, real Real>
Batch<Dim, To, Real> to(const Batch<Dim, From, Real>& batch) {
  return {to<To>(batch.input), to<To>(batch.target)};
}

/// Samples of an operator: pairs of fields, all inputs of one shape and all targets of one shape,
/// [samples, channel, grid...]. Copies, parts and batches in order share the memory of the whole as
/// far as they can.
///
///     const auto [train, test] = data.split(1000);
///     for (const auto& [input, target] : train.batches(16, rng)) ...
template <std::size_t Dim, backend Backend = Cpu, real Real = float>
class Dataset {
 public:
  static constexpr std::size_t dimensions = Dim;
  using Fields                            = Tensor<Real, Dim + 2, Backend>;

  /// Throws PreconditionError unless there are as many targets as inputs.
  Dataset(Fields inputs, Fields targets)
      : inputs_(std::move(inputs)), targets_(std::move(targets)), rows_(inputs_.extent(0)) {
    expects(inputs_.extent(0) == targets_.extent(0),
            "Dataset: expected as many targets as inputs, got shapes ", inputs_.shape(), " and ",
            targets_.shape());
    std::iota(rows_.begin(), rows_.end(), std::size_t{0});
  }

  /// The number of samples.
  [[nodiscard]] std::size_t size() const { return rows_.size(); }
  /// All inputs, [samples, channel, grid...].
  [[nodiscard]] Fields inputs() const { return gathered_samples(inputs_, rows_); }
  /// All targets, [samples, channel, grid...].
  [[nodiscard]] Fields targets() const { return gathered_samples(targets_, rows_); }

  /// The samples of these indices, in their order. Throws PreconditionError if there is no such
  /// sample.
  [[nodiscard]] Dataset subset(std::span<const std::size_t> indices) const {
    Dataset part = *this;
    part.rows_.clear();
    for (const std::size_t index : indices) {
      expects(index < size(), "Dataset::subset: expected indices below ", size(), ", got ", index);
      part.rows_.push_back(rows_[index]);
    }
    return part;
  }

  /// The first `count` samples and the others. Throws PreconditionError if there are fewer.
  [[nodiscard]] std::pair<Dataset, Dataset> split(std::size_t count) const {
    expects(count <= size(), "Dataset::split: expected at most ", size(), " samples, got ", count);
    std::vector<std::size_t> indices(size());
    std::iota(indices.begin(), indices.end(), std::size_t{0});
    return {subset(std::span(indices).first(count)), subset(std::span(indices).subspan(count))};
  }

  class Batches;

  /// All samples in a random order, `count` at a time; the last batch may be smaller.
  [[nodiscard]] Batches batches(std::size_t count, Rng& rng) const {
    return Batches(subset(rng.stream().permutation(size())), count);
  }
  /// The same in the order of the samples.
  [[nodiscard]] Batches batches_in_order(std::size_t count) const { return Batches(*this, count); }

 private:
  Fields inputs_, targets_;
  std::vector<std::size_t> rows_;
};

/// The same samples on another backend, all at once.
template <backend To, std::size_t Dim, class From, real Real>
Dataset<Dim, To, Real> to(const Dataset<Dim, From, Real>& data) {
  return {to<To>(data.inputs()), to<To>(data.targets())};
}

/// What a loop over batches walks.
template <std::size_t Dim, backend Backend, real Real>
class Dataset<Dim, Backend, Real>::Batches {
 public:
  class Iterator {
   public:
    using value_type        = Batch<Dim, Backend, Real>;
    using difference_type   = std::ptrdiff_t;
    using iterator_category = std::input_iterator_tag;

    Iterator(const Batches* batches, std::size_t index) : batches_(batches), index_(index) {}
    value_type operator*() const { return batches_->at(index_); }
    Iterator& operator++() {
      ++index_;
      return *this;
    }
    Iterator operator++(int) { return std::exchange(*this, Iterator(batches_, index_ + 1)); }
    friend bool operator==(const Iterator& a, const Iterator& b) { return a.index_ == b.index_; }

   private:
    const Batches* batches_;
    std::size_t index_;
  };

  Batches(Dataset data, std::size_t count) : data_(std::move(data)), count_(count) {
    expects(count > 0, "Dataset::batches: expected at least one sample per batch, got 0");
  }

  /// The number of batches.
  [[nodiscard]] std::size_t size() const {
    return data_.size() / count_ + (data_.size() % count_ != 0 ? 1 : 0);
  }
  [[nodiscard]] Iterator begin() const { return {this, 0}; }
  [[nodiscard]] Iterator end() const { return {this, size()}; }

 private:
  [[nodiscard]] Batch<Dim, Backend, Real> at(std::size_t index) const {
    const std::size_t first = index * count_, count = std::min(count_, data_.size() - first);
    const auto rows = std::span(data_.rows_).subspan(first, count);
    return {gathered_samples(data_.inputs_, rows), gathered_samples(data_.targets_, rows)};
  }

  Dataset data_;
  std::size_t count_;
};

}  // namespace nop
