// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cuda/analyze_planes.cuh>
#include <nop/backend/cuda/plane_layout.cuh>
#include <nop/backend/cuda/runtime.cuh>
#include <nop/backend/cuda/synthesize_planes.cuh>
#include <nop/core/band.hpp>
#include <nop/core/scalar.hpp>

#include <algorithm>
#include <array>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

/// \file
/// When planes of a real field are transformed by blocks that have whole ones, and how many each.

namespace nop::cuda {

namespace detail {

/// The most threads of a block of these kernels.
inline constexpr std::size_t most_plane_threads = 512;

/// Threads for so many items: all at once, or in as few rounds as possible.
constexpr std::size_t threads_for(std::size_t items) {
  const std::size_t rounds = parts_of(items, most_plane_threads);
  return std::max<std::size_t>(64, parts_of(parts_of(items, rounds), 32) * 32);
}

/// How many pairs of frequencies there are.
template <real Real>
std::size_t pairs_of(const DftTable<Real>& table) {
  return std::max(1U, (table.rows / 2 + 1) / 2);
}

template <real Real>
AnalysisLayout analysis_layout(const PlaneTask<Real>& task) {
  constexpr std::size_t slab_bytes = 48U << 10U;
  AnalysisLayout layout{};
  const std::size_t pitch = task.pitch();
  layout.chunks           = count(parts_of(pairs_of(task.first), 4));
  layout.second_chunks    = count(parts_of(pairs_of(task.second), 4));
  const std::size_t fit =
      std::max<std::size_t>(1, slab_bytes / (wave_kinds * pitch * sizeof(Real)));
  layout.slab             = count(parts_of(task.first.folded, parts_of(task.first.folded, fit)));
  const std::size_t items = wave_kinds * layout.chunks * task.groups;
  layout.threads          = count(threads_for(items));
  const bool second       = task.kind != PlaneKind::line;
  const std::size_t waves =
      wave_kinds * wave_pitch *
      std::max<std::size_t>(std::size_t{layout.slab} * layout.chunks,
                            second ? std::size_t{task.second.folded} * layout.second_chunks : 0);
  layout.folded                = aligned_count(waves);
  const std::size_t folded_end = layout.folded + aligned_count(wave_kinds * layout.slab * pitch);
  // With all sums in registers, what has been folded is needed no more when they are written.
  layout.first           = items <= layout.threads ? layout.folded : folded_end;
  const std::size_t rows = task.first.rows * pitch;
  const std::size_t sums = second ? std::size_t{task.rows()} * task.second.rows : 0;
  layout.sums            = layout.first;
  layout.second          = layout.first + aligned_count(std::max(rows, sums));
  const std::size_t end =
      layout.second +
      (second ? std::size_t{wave_kinds} * task.second.folded * task.row_pitch() : 0);
  layout.total = std::max(end, folded_end);
  return layout;
}

template <real Real>
SynthesisLayout synthesis_layout(const PlaneTask<Real>& task) {
  constexpr std::size_t most_waves = 32U << 10U, threads = synthesis_threads;
  SynthesisLayout layout{};
  const bool second        = task.kind != PlaneKind::line;
  const std::size_t waves  = aligned_count(std::size_t{task.first.folded} * task.first.pairs * 4);
  layout.keeps_waves       = waves * sizeof(Real) <= most_waves;
  const std::size_t tiles  = parts_of(task.first.folded, 4);
  const std::size_t rounds = parts_of(tiles * task.groups, threads);
  layout.threads = count(std::min(threads, threads_for(parts_of(tiles, rounds) * task.groups)));
  layout.second_waves = layout.keeps_waves ? waves : 0;
  layout.modes =
      layout.second_waves +
      (second ? aligned_count(std::size_t{task.second.folded} * task.second.pairs * 4) : 0);
  layout.sums = layout.modes + (task.kind == PlaneKind::sums
                                    ? 0
                                    : aligned_count(std::size_t{2} * task.together * task.modes()));
  layout.rows =
      layout.sums + (second ? aligned_count(std::size_t{task.second.rows} * task.row_pitch()) : 0);
  layout.total = layout.rows + std::size_t{task.first.rows} * task.pitch();
  return layout;
}

/// The task of so many planes a block as are best and fit, with its layout; nothing where not even
/// one fits.
template <real Real, class LayoutOf>
auto fitting_task(PlaneKind kind, const FourierTransform<2>& planes, const Real* field,
                  const LayoutOf& layout_of) {
  constexpr std::size_t threads = 256;
  using Layout                  = decltype(layout_of(std::declval<PlaneTask<Real>>()));
  std::optional<std::pair<PlaneTask<Real>, Layout>> found;
  // What one plane occupies: four kinds of waves times chunks times groups of columns.
  const std::size_t highest = planes.modes[kind == PlaneKind::line ? 1 : 0] / 2;
  const std::size_t each    = wave_kinds *
                           std::max<std::size_t>(1, parts_of(parts_of(highest, 2), 4)) *
                           parts_of(planes.grid[1], 4);
  if (each * 4 > std::size_t{1} << 20U) return found;
  for (std::size_t together = planes_together(planes.outer, each, threads); together > 0;
       --together) {
    auto task         = plane_task<Real>(kind, planes, together);
    task.vectors      = task.vectors && reinterpret_cast<std::uintptr_t>(field) % 16 == 0;
    const auto layout = layout_of(task);
    if (layout.total * sizeof(Real) > device().shared_bytes) continue;
    found.emplace(task, layout);
    return found;
  }
  return found;
}

}  // namespace detail

/// The planes of a transform `[outer, n0, n1]`, which is that of a real field. False, and nothing
/// is done, where they do not fit into shared memory. Of `sums` and `modes` the one of the kind is
/// used.
template <real Real>
bool analyze_planes(PlaneKind kind, const FourierTransform<2>& planes, const Real* field,
                    Real* sums, std::complex<Real>* modes) {
  const auto found = detail::fitting_task<Real>(
      kind, planes, field, [](const auto& task) { return detail::analysis_layout(task); });
  if (!found) return false;
  const auto& [task, layout] = *found;
  constexpr std::array kernels{detail::analyze_planes<1, Real>, detail::analyze_planes<2, Real>,
                               detail::analyze_planes<3, Real>, detail::analyze_planes<4, Real>};
  const std::size_t pairs = parts_of(detail::pairs_of(task.first), layout.chunks);
  launch(
      {count(parts_of(planes.outer, task.together)), layout.threads, layout.total * sizeof(Real)},
      kernels[pairs - 1], task, layout, field, sums, as_on_device(modes));
  return true;
}

/// The other way.
template <real Real>
bool synthesize_planes(PlaneKind kind, const FourierTransform<2>& planes, const Real* sums,
                       const std::complex<Real>* modes, Real* field) {
  const auto found = detail::fitting_task<Real>(
      kind, planes, field, [](const auto& task) { return detail::synthesis_layout(task); });
  if (!found) return false;
  const auto& [task, layout] = *found;
  launch(
      {count(parts_of(planes.outer, task.together)), layout.threads, layout.total * sizeof(Real)},
      detail::synthesize_planes<Real>, task, layout, sums, as_on_device(modes), field);
  return true;
}

/// The number of points of axis 0 where a line is taken for a plane: such that the other axis has
/// columns for a few warps, whose number is a multiple of four if possible. 0 where there is none.
inline std::size_t line_axis(std::size_t points) {
  for (const std::size_t columns :
       {128U, 256U, 64U, 192U, 160U, 96U, 320U, 80U, 48U, 32U, 100U, 200U, 125U})
    if (points % columns == 0 && points / columns >= 8) return points / columns;
  return 0;
}

}  // namespace nop::cuda
