// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/error.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/scalar.hpp>
#include <nop/core/scratch.hpp>

#include <fftw3.h>

#include <complex>
#include <cstddef>
#include <limits>
#include <mutex>

namespace nop::cpu {

/// Which of FFTW's transforms; all unnormalised.
enum class FftKind {
  forward,          ///< sum_x u(x) exp(-2 pi i k x / n)
  backward,         ///< sum_k X(k) exp(+2 pi i k x / n)
  real_to_complex,  ///< forward, n reals to n/2+1 coefficients
  complex_to_real   ///< and back
};

/// Transforms of `columns` lines that lie side by side, [points][columns].
struct FftLayout {
  FftKind kind;
  std::size_t points;
  std::size_t columns;
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
  static constexpr auto complex_to_complex = fftwf_plan_many_dft;
  static constexpr auto real_to_complex    = fftwf_plan_many_dft_r2c;
  static constexpr auto complex_to_real    = fftwf_plan_many_dft_c2r;
  static constexpr auto destroy            = fftwf_destroy_plan;
  static void execute(Plan plan, Complex* in, Complex* out) { fftwf_execute_dft(plan, in, out); }
  static void execute(Plan plan, float* in, Complex* out) { fftwf_execute_dft_r2c(plan, in, out); }
  static void execute(Plan plan, Complex* in, float* out) { fftwf_execute_dft_c2r(plan, in, out); }
};

template <>
struct Fftw<double> {
  using Plan                               = fftw_plan;
  using Complex                            = fftw_complex;
  static constexpr auto complex_to_complex = fftw_plan_many_dft;
  static constexpr auto real_to_complex    = fftw_plan_many_dft_r2c;
  static constexpr auto complex_to_real    = fftw_plan_many_dft_c2r;
  static constexpr auto destroy            = fftw_destroy_plan;
  static void execute(Plan plan, Complex* in, Complex* out) { fftw_execute_dft(plan, in, out); }
  static void execute(Plan plan, double* in, Complex* out) { fftw_execute_dft_r2c(plan, in, out); }
  static void execute(Plan plan, Complex* in, double* out) { fftw_execute_dft_c2r(plan, in, out); }
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
  using Api     = detail::Fftw<Real>;
  using Foreign = typename Api::Complex;

 public:
  explicit FftPlan(const FftLayout& layout) {
    constexpr auto most = static_cast<std::size_t>(std::numeric_limits<int>::max());
    expects(layout.points <= most && layout.columns <= most,
            "FftPlan: expected numbers that FFTW can take, got ", layout.points, " points in ",
            layout.columns, " columns");
    const int n = static_cast<int>(layout.points), columns = static_cast<int>(layout.columns);
    const Scratch<std::complex<Real>> in(layout.points * layout.columns),
        out(layout.points * layout.columns);  // planning wants pointers, and does not read them
    const std::scoped_lock lock(detail::fftw_planner());
    auto* const complex_in  = foreign(in.data());
    auto* const complex_out = foreign(out.data());
    // Estimating looks at no data and takes no time, so that equal runs get equal plans.
    constexpr unsigned flags = FFTW_ESTIMATE;
    switch (layout.kind) {
      case FftKind::real_to_complex:
        plan_ = Api::real_to_complex(1, &n, columns, reinterpret_cast<Real*>(in.data()), nullptr,
                                     columns, 1, complex_out, nullptr, columns, 1, flags);
        break;
      case FftKind::complex_to_real:
        plan_ =
            Api::complex_to_real(1, &n, columns, complex_in, nullptr, columns, 1,
                                 reinterpret_cast<Real*>(out.data()), nullptr, columns, 1, flags);
        break;
      case FftKind::forward:
      case FftKind::backward:
        plan_ = Api::complex_to_complex(
            1, &n, columns, complex_in, nullptr, columns, 1, complex_out, nullptr, columns, 1,
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

  /// Between two arrays as aligned as those of Scratch, real or complex as the kind says. The input
  /// may be destroyed.
  template <class In, class Out>
  void execute(In* in, Out* out) const {
    Api::execute(plan_, foreign(in), foreign(out));
  }

 private:
  static Real* foreign(Real* data) { return data; }
  static Foreign* foreign(std::complex<Real>* data) { return reinterpret_cast<Foreign*>(data); }

  typename Api::Plan plan_ = nullptr;
};

}  // namespace nop::cpu
