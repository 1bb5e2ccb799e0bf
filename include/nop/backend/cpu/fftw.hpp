// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/error.hpp>
#include <nop/core/host_memory.hpp>
#include <nop/core/scalar.hpp>

#include <fftw3.h>

#include <algorithm>
#include <cstddef>
#include <mutex>

namespace nop::cpu {

/// Which of FFTW's transforms of real numbers; both unnormalised. A "halfcomplex" line holds
/// Re X(0) ... Re X(n/2), Im X((n-1)/2) ... Im X(1), where X(k) = sum_x u(x) exp(-2 pi i k x / n).
enum class FftKind { to_halfcomplex, from_halfcomplex };

/// Transforms of `columns` lines that lie side by side: point x of line c is `x * step + c`.
struct FftLayout {
  FftKind kind;
  std::size_t points;
  std::size_t columns;
  std::size_t in_step;
  std::size_t out_step;
  bool aligned;  ///< are both pointers aligned for SIMD?
  friend auto operator<=>(const FftLayout&, const FftLayout&) = default;
};

namespace detail {

/// FFTW's names in single and double precision.
template <real Real>
struct Fftw;

template <>
struct Fftw<float> {
  using Plan                         = fftwf_plan;
  static constexpr auto plan         = fftwf_plan_many_r2r;
  static constexpr auto execute      = fftwf_execute_r2r;
  static constexpr auto destroy      = fftwf_destroy_plan;
  static constexpr auto misalignment = fftwf_alignment_of;
};

template <>
struct Fftw<double> {
  using Plan                         = fftw_plan;
  static constexpr auto plan         = fftw_plan_many_r2r;
  static constexpr auto execute      = fftw_execute_r2r;
  static constexpr auto destroy      = fftw_destroy_plan;
  static constexpr auto misalignment = fftw_alignment_of;
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
    const int n = static_cast<int>(layout.points), columns = static_cast<int>(layout.columns);
    const fftw_r2r_kind kind = layout.kind == FftKind::to_halfcomplex ? FFTW_R2HC : FFTW_HC2R;
    // Estimating looks at no data and takes no time, so that equal runs get equal plans.
    const unsigned flags = FFTW_ESTIMATE | (layout.aligned ? 0U : FFTW_UNALIGNED);
    const std::size_t room =
        layout.points * std::max(layout.in_step, layout.out_step) + layout.columns;
    const Scratch<Real> in(room), out(room);  // planning wants pointers, and does not read them
    const std::scoped_lock lock(detail::fftw_planner());
    plan_ = Api::plan(1, &n, columns, in.data(), nullptr, static_cast<int>(layout.in_step), 1,
                      out.data(), nullptr, static_cast<int>(layout.out_step), 1, &kind, flags);
    if (plan_ == nullptr) throw BackendError("fftw_plan_many_r2r", "no plan for this layout");
  }
  FftPlan(const FftPlan&)            = delete;
  FftPlan& operator=(const FftPlan&) = delete;
  ~FftPlan() {
    const std::scoped_lock lock(detail::fftw_planner());
    Api::destroy(plan_);
  }

  /// Leaves the input of a transform to halfcomplex as it is; the other one destroys it.
  void execute(const Real* in, Real* out) const { Api::execute(plan_, const_cast<Real*>(in), out); }

  /// True if both pointers may go to a plan made with `aligned`.
  static bool are_aligned(const Real* in, const Real* out) {
    return Api::misalignment(const_cast<Real*>(in)) == 0 &&
           Api::misalignment(const_cast<Real*>(out)) == 0;
  }

 private:
  typename Api::Plan plan_ = nullptr;
};

}  // namespace nop::cpu
