// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cuda/runtime.cuh>
#include <nop/core/error.hpp>
#include <nop/core/scalar.hpp>

#include <cufft.h>

#include <array>
#include <complex>
#include <cstddef>
#include <string>

namespace nop::cuda {

/// Which of cuFFT's transforms; all unnormalised.
enum class FftKind {
  forward,          ///< sum_x u(x) exp(-2 pi i k x / n)
  backward,         ///< sum_k X(k) exp(+2 pi i k x / n)
  real_to_complex,  ///< forward, of the last axis n/2+1 coefficients
  complex_to_real   ///< and back; what it reads, it may destroy
};

/// Transforms of `batch` arrays with up to three axes, those of length 1 in front. Arrays follow
/// each other if `distance` is 0; else they are that far apart, and the numbers of a complex one
/// `step`.
struct FftLayout {
  FftKind kind;
  std::array<std::size_t, 3> grid;
  std::size_t batch;
  std::size_t step = 1, distance = 0;
  friend auto operator<=>(const FftLayout&, const FftLayout&) = default;
};

namespace detail {

/// Throws BackendError, with the name of the call, unless all went well.
inline void check_fft(cufftResult status, const char* call) {
  if (status == CUFFT_SUCCESS) return;
  throw BackendError(call, "status " + std::to_string(static_cast<int>(status)));
}

/// cuFFT's names in single and double precision.
template <real Real>
struct Cufft;

template <>
struct Cufft<float> {
  static constexpr cufftType complex_to_complex = CUFFT_C2C, real_to_complex = CUFFT_R2C,
                             complex_to_real = CUFFT_C2R;
  static cufftResult execute(cufftHandle plan, float* in, std::complex<float>* out, int) {
    return cufftExecR2C(plan, in, reinterpret_cast<cufftComplex*>(out));
  }
  static cufftResult execute(cufftHandle plan, std::complex<float>* in, float* out, int) {
    return cufftExecC2R(plan, reinterpret_cast<cufftComplex*>(in), out);
  }
  static cufftResult execute(cufftHandle plan, std::complex<float>* in, std::complex<float>* out,
                             int direction) {
    return cufftExecC2C(plan, reinterpret_cast<cufftComplex*>(in),
                        reinterpret_cast<cufftComplex*>(out), direction);
  }
};

template <>
struct Cufft<double> {
  static constexpr cufftType complex_to_complex = CUFFT_Z2Z, real_to_complex = CUFFT_D2Z,
                             complex_to_real = CUFFT_Z2D;
  static cufftResult execute(cufftHandle plan, double* in, std::complex<double>* out, int) {
    return cufftExecD2Z(plan, in, reinterpret_cast<cufftDoubleComplex*>(out));
  }
  static cufftResult execute(cufftHandle plan, std::complex<double>* in, double* out, int) {
    return cufftExecZ2D(plan, reinterpret_cast<cufftDoubleComplex*>(in), out);
  }
  static cufftResult execute(cufftHandle plan, std::complex<double>* in, std::complex<double>* out,
                             int direction) {
    return cufftExecZ2Z(plan, reinterpret_cast<cufftDoubleComplex*>(in),
                        reinterpret_cast<cufftDoubleComplex*>(out), direction);
  }
};

}  // namespace detail

/// A plan of cuFFT, with the memory that it works in: executions take place one after the other, on
/// the stream. To be made before a graph is captured; kept by PlanCache.
template <real Real>
class FftPlan {
 public:
  /// Throws BackendError where cuFFT refuses.
  explicit FftPlan(const FftLayout& layout) : kind_(layout.kind) {
    std::array<long long, 3> grid{};
    std::size_t first = 0;
    while (first < 2 && layout.grid[first] == 1) ++first;
    for (std::size_t a = 0; a < 3; ++a) grid[a] = static_cast<long long>(layout.grid[a]);
    const bool packed      = layout.distance == 0;
    long long* const axes  = grid.data() + first;
    long long* const embed = packed ? nullptr : axes;
    const auto step        = static_cast<long long>(layout.step);
    const auto distance    = static_cast<long long>(layout.distance);
    std::size_t work_bytes = 0;
    detail::check_fft(cufftCreate(&plan_), "cufftCreate");
    try {
      detail::check_fft(cufftMakePlanMany64(plan_, static_cast<int>(3 - first), axes, embed, step,
                                            distance, embed, step, distance, type(),
                                            static_cast<long long>(layout.batch), &work_bytes),
                        "cufftMakePlanMany64");
      detail::check_fft(cufftSetStream(plan_, stream()), "cufftSetStream");
    } catch (...) {
      static_cast<void>(cufftDestroy(plan_));
      throw;
    }
  }
  FftPlan(const FftPlan&)            = delete;
  FftPlan& operator=(const FftPlan&) = delete;
  ~FftPlan() { static_cast<void>(cufftDestroy(plan_)); }

  /// Between two arrays, real or complex as the kind says, both aligned as a complex number.
  template <class In, class Out>
  void execute(In* in, Out* out) const {
    detail::check_fft(
        Api::execute(plan_, in, out, kind_ == FftKind::forward ? CUFFT_FORWARD : CUFFT_INVERSE),
        "cufftExec");
  }

 private:
  using Api = detail::Cufft<Real>;

  [[nodiscard]] cufftType type() const {
    switch (kind_) {
      case FftKind::real_to_complex:
        return Api::real_to_complex;
      case FftKind::complex_to_real:
        return Api::complex_to_real;
      default:
        return Api::complex_to_complex;
    }
  }

  FftKind kind_;
  cufftHandle plan_{};
};

}  // namespace nop::cuda
