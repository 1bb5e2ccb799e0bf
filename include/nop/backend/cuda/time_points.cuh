// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cuda/runtime.cuh>
#include <nop/core/scalar.hpp>
#include <nop/core/shape.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

/// \file
/// The points of fields that have steps in time, those of all samples in one row, a few at a time.

namespace nop::cuda::time_mixing {

/// A few numbers that are read and written at once.
template <real Real, unsigned Size>
struct alignas(Size * sizeof(Real) < 16 ? Size * sizeof(Real) : 16) Packet {
  std::array<Real, Size> values;

  constexpr Real& operator[](unsigned i) { return values[i]; }
  constexpr const Real& operator[](unsigned i) const { return values[i]; }
};

/// Points that are read at once, in 16 bytes.
template <real Real>
inline constexpr unsigned lanes = 16 / sizeof(Real);

template <real Real>
using Points = Packet<Real, lanes<Real>>;

/// A field from a step in time on, [batch, steps - from, channels, points].
template <class Element>
struct Steps {
  Element* data;
  std::size_t from;
};

/// What the fields of a block have in common.
struct TimeBox {
  std::size_t steps, channels, points;
  std::size_t count;  ///< of the points of all samples
  bool in_packets;    ///< each packet of points lies in one sample, where 16 bytes can be read
};

/// The box of these fields; of which a pointer may be null.
template <real Real, class... Field>
TimeBox time_box(const Shape<4>& box, const Field*... fields) {
  const bool aligned = ((reinterpret_cast<std::uintptr_t>(fields) % 16 == 0) && ...);
  return {box[1], box[2], box[3], box[0] * box[3], aligned && box[3] % lanes<Real> == 0};
}

/// A packet of points, `lanes` of them but at the end.
template <real Real>
class Place {
 public:
  /// From this point of all samples' on.
  __device__ Place(const TimeBox& box, std::size_t first)
      : left_(first < box.count ? box.count - first : 0),
        sample_(left_ == 0 ? 0 : first / box.points),
        point_(left_ == 0 ? 0 : first % box.points) {}

  /// How many of the points there are; those past the end are read as zero and not written.
  [[nodiscard]] __device__ bool is_empty() const { return left_ == 0; }

  __device__ void advance(const TimeBox& box, std::size_t by) {
    left_ = left_ > by ? left_ - by : 0;
    if (left_ == 0) return;
    point_ += by;
    for (; point_ >= box.points; point_ -= box.points) ++sample_;
  }

  __device__ Points<Real> load(const TimeBox& box, const Steps<const Real>& field, std::size_t t,
                               std::size_t channel) const {
    if (box.in_packets)
      return *reinterpret_cast<const Points<Real>*>(
          field.data + offset(box, field.from, t, channel, sample_) + point_);
    Points<Real> points;
    for_each(box, [&](unsigned lane, std::size_t sample, std::size_t point, bool is_there) {
      points[lane] =
          is_there ? field.data[offset(box, field.from, t, channel, sample) + point] : Real(0);
    });
    return points;
  }

  __device__ void store(const TimeBox& box, const Steps<Real>& field, std::size_t t,
                        std::size_t channel, const Points<Real>& points) const {
    if (box.in_packets) {
      *reinterpret_cast<Points<Real>*>(field.data + offset(box, field.from, t, channel, sample_) +
                                       point_) = points;
      return;
    }
    for_each(box, [&](unsigned lane, std::size_t sample, std::size_t point, bool is_there) {
      if (is_there) field.data[offset(box, field.from, t, channel, sample) + point] = points[lane];
    });
  }

 private:
  static __device__ std::size_t offset(const TimeBox& box, std::size_t from, std::size_t t,
                                       std::size_t channel, std::size_t sample) {
    return ((sample * (box.steps - from) + t - from) * box.channels + channel) * box.points;
  }

  template <class Use>
  __device__ void for_each(const TimeBox& box, const Use& use) const {
    std::size_t sample = sample_, point = point_;
#pragma unroll
    for (unsigned lane = 0; lane < lanes<Real>; ++lane) {
      use(lane, sample, point, lane < left_);
      if (++point == box.points) point = 0, ++sample;
    }
  }

  std::size_t left_;  ///< points from here to the end
  std::size_t sample_, point_;
};

}  // namespace nop::cuda::time_mixing
