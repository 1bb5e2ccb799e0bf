// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "cuda_runtime.h"

#include <complex>
#include <cstddef>
#include <map>
#include <memory>
#include <numbers>
#include <vector>

/// \file
/// As much of cuFFT as the backend Cuda uses, by the sums that define it, on the host.

// NOLINTBEGIN: the names are cuFFT's
using cufftHandle = int;
enum cufftResult {
  CUFFT_SUCCESS        = 0,
  CUFFT_INVALID_PLAN   = 1,
  CUFFT_INVALID_TYPE   = 3,
  CUFFT_INVALID_VALUE  = 4,
  CUFFT_INTERNAL_ERROR = 5,
  CUFFT_INVALID_SIZE   = 8,
};
enum cufftType {
  CUFFT_R2C = 0x2a,
  CUFFT_C2R = 0x2c,
  CUFFT_C2C = 0x29,
  CUFFT_D2Z = 0x6a,
  CUFFT_Z2D = 0x6c,
  CUFFT_Z2Z = 0x69
};
using cufftReal       = float;
using cufftDoubleReal = double;
struct cufftComplex {
  float x, y;
};
struct cufftDoubleComplex {
  double x, y;
};
inline constexpr int CUFFT_FORWARD = -1, CUFFT_INVERSE = 1;

namespace nop::test::cuda_emulator {

struct FftPlan {
  std::vector<long long> grid;
  std::vector<long long> in_embed, out_embed;
  long long in_step = 1, in_distance = 0, out_step = 1, out_distance = 0, batch = 1;
  cufftType type = CUFFT_C2C;
};
inline std::map<cufftHandle, FftPlan>& plans() {
  static std::map<cufftHandle, FftPlan> all;
  return all;
}

/// Half axes are the last ones, stored by n / 2 + 1.
template <class Real>
void transform_by(const FftPlan& plan, const void* in, void* out, int sign, bool real_in,
                  bool real_out) {
  using Wide                   = std::complex<double>;
  const std::size_t dimensions = plan.grid.size();
  long long points             = 1;
  for (const long long n : plan.grid) points *= n;
  const auto place = [&](const std::vector<long long>& embed, long long step, long long distance,
                         long long b, const std::vector<long long>& at) {
    long long offset = 0;
    for (std::size_t a = 0; a < dimensions; ++a) offset = offset * embed[a] + at[a];
    return b * distance + offset * step;
  };
  const auto index_of = [&](long long i) {
    std::vector<long long> at(dimensions);
    for (std::size_t a = dimensions; a-- > 0; i /= plan.grid[a]) at[a] = i % plan.grid[a];
    return at;
  };
  std::vector<std::vector<Wide>> values(static_cast<std::size_t>(plan.batch));
  const long long last = plan.grid.back();
  for (long long b = 0; b < plan.batch; ++b) {
    auto& all = values[static_cast<std::size_t>(b)];
    all.resize(static_cast<std::size_t>(points));
    for (long long i = 0; i < points; ++i) {
      auto at = index_of(i);
      Wide value;
      if (real_in) {
        value = static_cast<const Real*>(
            in)[place(plan.in_embed, plan.in_step, plan.in_distance, b, at)];
      } else {
        const bool mirrored = real_out && at.back() > last / 2;
        if (mirrored)
          for (std::size_t a = 0; a < dimensions; ++a)
            at[a] = (plan.grid[a] - at[a]) % plan.grid[a];
        value = Wide(static_cast<const std::complex<Real>*>(
            in)[place(plan.in_embed, plan.in_step, plan.in_distance, b, at)]);
        if (mirrored) value = std::conj(value);
      }
      all[static_cast<std::size_t>(i)] = value;
    }
    // Axis by axis.
    long long inner = 1;
    for (std::size_t a = dimensions; a-- > 0; inner *= plan.grid[a]) {
      const long long n = plan.grid[a];
      std::vector<Wide> line(static_cast<std::size_t>(n)), wave(static_cast<std::size_t>(n));
      for (long long i = 0; i < n; ++i)
        wave[static_cast<std::size_t>(i)] = std::polar(
            1.0, sign * 2 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(n));
      for (long long first = 0; first < points; ++first) {
        if (first / inner % n != 0) continue;
        for (long long k = 0; k < n; ++k) {
          Wide sum;
          for (long long i = 0; i < n; ++i)
            sum += all[static_cast<std::size_t>(first + i * inner)] *
                   wave[static_cast<std::size_t>(i * k % n)];
          line[static_cast<std::size_t>(k)] = sum;
        }
        for (long long k = 0; k < n; ++k)
          all[static_cast<std::size_t>(first + k * inner)] = line[static_cast<std::size_t>(k)];
      }
    }
  }
  for (long long b = 0; b < plan.batch; ++b)
    for (long long i = 0; i < points; ++i) {
      const auto at = index_of(i);
      if (real_in && at.back() > last / 2) continue;
      const Wide value = values[static_cast<std::size_t>(b)][static_cast<std::size_t>(i)];
      const auto to    = place(plan.out_embed, plan.out_step, plan.out_distance, b, at);
      if (real_out)
        static_cast<Real*>(out)[to] = static_cast<Real>(value.real());
      else
        static_cast<std::complex<Real>*>(out)[to] = std::complex<Real>(value);
    }
}

template <class Real>
cufftResult transform(cufftHandle handle, const void* in, void* out, int sign, bool real_in,
                      bool real_out) {
  if (!plans().contains(handle)) return CUFFT_INVALID_PLAN;
  ask([=, plan = plans().at(handle)] {
    transform_by<Real>(plan, in, out, sign, real_in, real_out);
  });
  return CUFFT_SUCCESS;
}

}  // namespace nop::test::cuda_emulator

inline cufftResult cufftCreate(cufftHandle* handle) {
  static cufftHandle next = 0;
  *handle                 = ++next;
  nop::test::cuda_emulator::plans()[*handle];
  return CUFFT_SUCCESS;
}
inline cufftResult cufftDestroy(cufftHandle handle) {
  return nop::test::cuda_emulator::plans().erase(handle) == 1 ? CUFFT_SUCCESS : CUFFT_INVALID_PLAN;
}
inline cufftResult cufftSetAutoAllocation(cufftHandle, int) { return CUFFT_SUCCESS; }
inline cufftResult cufftSetWorkArea(cufftHandle, void*) { return CUFFT_SUCCESS; }
inline cufftResult cufftSetStream(cufftHandle, cudaStream_t) { return CUFFT_SUCCESS; }

/// Without embeddings the arrays are packed, as cuFFT has it.
inline cufftResult cufftMakePlanMany64(cufftHandle handle, int rank, long long* n,
                                       long long* in_embed, long long in_step,
                                       long long in_distance, long long* out_embed,
                                       long long out_step, long long out_distance, cufftType type,
                                       long long batch, std::size_t* work_bytes) {
  auto& plan = nop::test::cuda_emulator::plans();
  if (!plan.contains(handle)) return CUFFT_INVALID_PLAN;
  if (rank < 1 || rank > 3 || batch < 1) return CUFFT_INVALID_SIZE;
  nop::test::cuda_emulator::FftPlan made;
  made.grid.assign(n, n + rank);
  for (const long long points : made.grid)
    if (points < 1) return CUFFT_INVALID_SIZE;
  const auto half = [&](bool real_side) {
    auto embed = made.grid;
    if (!real_side) embed.back() = embed.back() / 2 + 1;
    return embed;
  };
  const bool real_in  = type == CUFFT_R2C || type == CUFFT_D2Z,
             real_out = type == CUFFT_C2R || type == CUFFT_Z2D;
  const auto count    = [](const std::vector<long long>& shape) {
    long long all = 1;
    for (const long long e : shape) all *= e;
    return all;
  };
  if (in_embed == nullptr || out_embed == nullptr) {
    made.in_embed     = real_out ? half(false) : made.grid;
    made.out_embed    = real_in ? half(false) : made.grid;
    made.in_distance  = count(made.in_embed);
    made.out_distance = count(made.out_embed);
  } else {
    made.in_embed.assign(in_embed, in_embed + rank);
    made.out_embed.assign(out_embed, out_embed + rank);
    made.in_step      = in_step;
    made.in_distance  = in_distance;
    made.out_step     = out_step;
    made.out_distance = out_distance;
  }
  made.type    = type;
  made.batch   = batch;
  plan[handle] = made;
  if (work_bytes != nullptr) *work_bytes = 64;
  return CUFFT_SUCCESS;
}
inline cufftResult cufftExecR2C(cufftHandle plan, cufftReal* in, cufftComplex* out) {
  return nop::test::cuda_emulator::transform<float>(plan, in, out, CUFFT_FORWARD, true, false);
}
inline cufftResult cufftExecD2Z(cufftHandle plan, cufftDoubleReal* in, cufftDoubleComplex* out) {
  return nop::test::cuda_emulator::transform<double>(plan, in, out, CUFFT_FORWARD, true, false);
}
inline cufftResult cufftExecC2R(cufftHandle plan, cufftComplex* in, cufftReal* out) {
  return nop::test::cuda_emulator::transform<float>(plan, in, out, CUFFT_INVERSE, false, true);
}
inline cufftResult cufftExecZ2D(cufftHandle plan, cufftDoubleComplex* in, cufftDoubleReal* out) {
  return nop::test::cuda_emulator::transform<double>(plan, in, out, CUFFT_INVERSE, false, true);
}
inline cufftResult cufftExecC2C(cufftHandle plan, cufftComplex* in, cufftComplex* out, int sign) {
  return nop::test::cuda_emulator::transform<float>(plan, in, out, sign, false, false);
}
inline cufftResult cufftExecZ2Z(cufftHandle plan, cufftDoubleComplex* in, cufftDoubleComplex* out,
                                int sign) {
  return nop::test::cuda_emulator::transform<double>(plan, in, out, sign, false, false);
}
// NOLINTEND
