// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/error.hpp>

#include "fidelity/case.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>

namespace nop::test {

/// How far answers are from each other: the largest difference, relative to the largest value of
/// the reference library's. Ours are by its semantics where nothing else is said.
struct Comparison {
  double in_float;        ///< ours in float, theirs in float
  double in_double;       ///< ours in double, theirs in double; the worst of all contractions
  double our_rounding;    ///< ours in float, theirs in double
  double their_rounding;  ///< theirs in float, theirs in double
  double exact;           ///< ours in double with exact semantics, theirs in double
  /// Does the model say that exact semantics give another answer? Absent where it is not asked.
  std::optional<bool> differs_from_exact = {};
  bool has_single_points                 = false;  ///< has its input one along some axis?

  static constexpr double float_limit = 5e-6, double_limit = 1e-12;

  /// Where the reference library's own roundings grow, as where an almost constant channel is
  /// normalised, so may ours.
  [[nodiscard]] bool agrees_in_float() const {
    return in_float <= float_limit ||
           (their_rounding > 1e-6 && our_rounding <= 10 * their_rounding);
  }
  [[nodiscard]] bool agrees_in_double() const { return is_double_rounding(in_double); }
  [[nodiscard]] bool is_exact() const { return is_double_rounding(exact); }
  /// Is what the model says of exact semantics true? It speaks of all fields on a grid, though what
  /// has a single point has no waves that could differ.
  [[nodiscard]] bool tells_exact() const {
    return !differs_from_exact || *differs_from_exact != is_exact() ||
           (*differs_from_exact && has_single_points);
  }

 private:
  [[nodiscard]] bool is_double_rounding(double error) const {
    return error <= std::max(double_limit, 1e-8 * their_rounding);
  }
};

/// Compares a case of this many dimensions. A model that cannot be made, or a state that does not
/// fit it, is a PreconditionError.
template <std::size_t Dim>
Comparison compare_in(const FidelityCase& from);

inline Comparison compare(const FidelityCase& from) {
  switch (from.dimensions()) {
    case 1:
      return compare_in<1>(from);
    case 2:
      return compare_in<2>(from);
    case 3:
      return compare_in<3>(from);
    default:
      throw PreconditionError("fidelity: expected a case of one to three dimensions");
  }
}

}  // namespace nop::test
