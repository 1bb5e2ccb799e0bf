// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <utility>

/// \file
/// Work that is done again and again in the same memory. A backend may write down what it is asked
/// for, and spare all that is decided on the way there: such a backend has a class `Graph` that is
/// made of a function which asks for the work, and has `launch()`. That function asks for the same
/// each time, allocates nothing that outlives it, and brings nothing to or from the host.

namespace nop {

namespace detail {

/// Of a backend that does not write down anything: the work is asked for each time.
class RepeatedWork {
 public:
  explicit RepeatedWork(std::function<void()> work) : work_(std::move(work)) {}
  void launch() const { work_(); }

 private:
  std::function<void()> work_;
};

template <class Backend>
struct CapturedWorkOf {
  using type = RepeatedWork;
};
template <class Backend>
  requires requires { typename Backend::Graph; }
struct CapturedWorkOf<Backend> {
  using type = typename Backend::Graph;
};

}  // namespace detail

/// Made of a function that asks a backend for some work, which must have been done once before;
/// `launch()` does it.
template <class Backend>
using CapturedWork = typename detail::CapturedWorkOf<Backend>::type;

}  // namespace nop
