// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/error.hpp>
#include <nop/core/host_memory.hpp>
#include <nop/core/scalar.hpp>

#include <fftw3.h>

#include <complex>
#include <cstddef>
#include <memory>
#include <mutex>
#include <type_traits>

namespace nop::cpu {

/// Which of FFTW's transforms; all unnormalised.
enum class FftKind {
  real_to_complex,  ///< n reals to n/2+1 coefficients
  complex_to_real,  ///< and back; destroys its input
  forward,          ///< exp(-2 pi i k x / n)
  backward          ///< exp(+2 pi i k x / n)
};

/// `lines` transforms of `points` points. Element x of line l of a real or complex array lies at
/// `l * line_step + x * stride`; line steps of the two sides differ, the stride is the same.
struct FftLayout {
  FftKind kind;
  std::size_t points;
  std::size_t lines;
  std::size_t stride;
  std::size_t in_line_step;
  std::size_t out_line_step;
  bool aligned;  ///< are both pointers aligned for SIMD?
  friend auto operator<=>(const FftLayout&, const FftLayout&) = default;
};

namespace detail {

/// FFTW's names in single and double precision.
template <real Real>
struct Fftw;

template <>
struct Fftw<float> {
  using Plan                               = fftwf_plan;
  using Complex                            = fftwf_complex;
  static constexpr auto real_to_complex    = fftwf_plan_many_dft_r2c;
  static constexpr auto complex_to_real    = fftwf_plan_many_dft_c2r;
  static constexpr auto complex_to_complex = fftwf_plan_many_dft;
  static constexpr auto destroy            = fftwf_destroy_plan;
  static void execute(Plan plan, float* in, Complex* out) { fftwf_execute_dft_r2c(plan, in, out); }
  static void execute(Plan plan, Complex* in, float* out) { fftwf_execute_dft_c2r(plan, in, out); }
  static void execute(Plan plan, Complex* in, Complex* out) { fftwf_execute_dft(plan, in, out); }
  static int misalignment(float* data) { return fftwf_alignment_of(data); }
};

template <>
struct Fftw<double> {
  using Plan                               = fftw_plan;
  using Complex                            = fftw_complex;
  static constexpr auto real_to_complex    = fftw_plan_many_dft_r2c;
  static constexpr auto complex_to_real    = fftw_plan_many_dft_c2r;
  static constexpr auto complex_to_complex = fftw_plan_many_dft;
  static constexpr auto destroy            = fftw_destroy_plan;
  static void execute(Plan plan, double* in, Complex* out) { fftw_execute_dft_r2c(plan, in, out); }
  static void execute(Plan plan, Complex* in, double* out) { fftw_execute_dft_c2r(plan, in, out); }
  static void execute(Plan plan, Complex* in, Complex* out) { fftw_execute_dft(plan, in, out); }
  static int misalignment(double* data) { return fftw_alignment_of(data); }
};

/// FFTW's planner is not thread-safe in either precision; everything that plans takes this lock.
inline std::mutex& fftw_planner() {
  static std::mutex& mutex = *new std::mutex;
  return mutex;
}

}  // namespace detail

/// A plan of FFTW. Executing it is thread-safe; making and destroying it are guarded.
template <real Real>
class FftPlan {
  using Api = detail::Fftw<Real>;

 public:
  explicit FftPlan(const FftLayout& layout) {
    const int n = static_cast<int>(layout.points), lines = static_cast<int>(layout.lines);
    const int stride   = static_cast<int>(layout.stride);
    const int in_step  = static_cast<int>(layout.in_line_step);
    const int out_step = static_cast<int>(layout.out_line_step);
    // Estimating looks at no data and takes no time, so that equal runs get equal plans.
    const unsigned flags = FFTW_ESTIMATE | (layout.aligned ? 0U : FFTW_UNALIGNED);
    const std::size_t room =
        2 * ((layout.lines - 1) * std::max(layout.in_line_step, layout.out_line_step) +
             layout.points * layout.stride + layout.stride);
    const Scratch<Real> a(room), b(room);  // planning wants pointers, and does not read them
    auto* const complex_a = reinterpret_cast<typename Api::Complex*>(a.data());
    auto* const complex_b = reinterpret_cast<typename Api::Complex*>(b.data());
    const std::scoped_lock lock(detail::fftw_planner());
    switch (layout.kind) {
      case FftKind::real_to_complex:
        plan_ = Api::real_to_complex(1, &n, lines, a.data(), nullptr, stride, in_step, complex_b,
                                     nullptr, stride, out_step, flags);
        break;
      case FftKind::complex_to_real:
        plan_ = Api::complex_to_real(1, &n, lines, complex_a, nullptr, stride, in_step, b.data(),
                                     nullptr, stride, out_step, flags);
        break;
      case FftKind::forward:
      case FftKind::backward:
        plan_ = Api::complex_to_complex(
            1, &n, lines, complex_a, nullptr, stride, in_step, complex_b, nullptr, stride, out_step,
            layout.kind == FftKind::forward ? FFTW_FORWARD : FFTW_BACKWARD, flags);
    }
    if (plan_ == nullptr) throw BackendError("fftw_plan_many_dft", "no plan for this layout");
  }
  FftPlan(const FftPlan&)            = delete;
  FftPlan& operator=(const FftPlan&) = delete;
  ~FftPlan() {
    const std::scoped_lock lock(detail::fftw_planner());
    Api::destroy(plan_);
  }

  /// `in` and `out` are Real or std::complex<Real>, as the kind says.
  template <class In, class Out>
  void execute(const In* in, Out* out) const {
    Api::execute(plan_, foreign(const_cast<In*>(in)), foreign(out));
  }

  /// True if both pointers may go to a plan made with `aligned`.
  static bool are_aligned(const void* in, const void* out) {
    const auto is_aligned = [](const void* p) {
      return Api::misalignment(static_cast<Real*>(const_cast<void*>(p))) == 0;
    };
    return is_aligned(in) && is_aligned(out);
  }

 private:
  static Real* foreign(Real* data) { return data; }
  static typename Api::Complex* foreign(std::complex<Real>* data) {
    return reinterpret_cast<typename Api::Complex*>(data);
  }

  typename Api::Plan plan_ = nullptr;
};

}  // namespace nop::cpu
