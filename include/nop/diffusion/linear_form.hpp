// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <vector>

namespace nop {

/// sum_i factor_i f_i, where the fields f_i are numbers in a list that somebody else keeps. Forms
/// are added and scaled in double, so that a formula with many terms costs one pass over the fields
/// in the end.
class LinearForm {
 public:
  struct Term {
    std::size_t field;
    double factor;
    friend bool operator==(const Term&, const Term&) = default;
  };

  /// Zero.
  LinearForm() = default;
  /// One field as it is.
  explicit LinearForm(std::size_t field) : terms_{{field, 1}} {}

  /// One for each field, by increasing number; none has the factor 0.
  [[nodiscard]] const std::vector<Term>& terms() const { return terms_; }
  [[nodiscard]] bool is_one_field() const { return terms_.size() == 1 && terms_[0].factor == 1; }

  friend LinearForm operator*(double factor, const LinearForm& form) {
    LinearForm result;
    for (const Term& term : form.terms_) result.append({term.field, factor * term.factor});
    return result;
  }
  friend LinearForm operator+(const LinearForm& a, const LinearForm& b) {
    LinearForm total;
    auto x = a.terms_.begin(), y = b.terms_.begin();
    while (x != a.terms_.end() && y != b.terms_.end()) {
      if (x->field == y->field)
        total.append({x->field, (x++)->factor + (y++)->factor});
      else
        total.append(x->field < y->field ? *x++ : *y++);
    }
    for (; x != a.terms_.end(); ++x) total.append(*x);
    for (; y != b.terms_.end(); ++y) total.append(*y);
    return total;
  }
  friend LinearForm operator-(const LinearForm& a, const LinearForm& b) { return a + -1.0 * b; }

 private:
  void append(const Term& term) {
    if (term.factor != 0) terms_.push_back(term);
  }

  std::vector<Term> terms_;
};

}  // namespace nop
