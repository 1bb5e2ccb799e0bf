// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/members.hpp>
#include <nop/core/backend.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/scalar.hpp>
#include <nop/core/tensor.hpp>
#include <nop/layers/init.hpp>

#include <any>
#include <concepts>
#include <cstddef>
#include <string>
#include <type_traits>
#include <vector>

/// \file
/// From one backend to another. Nothing moves there by itself: whoever wants a copy says so.
///
///     const auto on_gpu = nop::to<nop::Cuda>(model);        // Fno<2, Cuda> of Fno<2>
///     const auto y      = nop::to<nop::Cpu>(on_gpu(nop::to<nop::Cuda>(x)));

namespace nop {

/// The same numbers on another backend; on its own, the tensor itself.
template <backend To, scalar Element, std::size_t Rank, class From>
Tensor<Element, Rank, To> to(const Tensor<Element, Rank, From>& x) {
  if constexpr (std::same_as<To, From>) {
    return x;
  } else if constexpr (!From::host_accessible && !To::host_accessible) {
    return Tensor<Element, Rank, To>(x.shape(), x.to_host());
  } else {
    auto moved = Tensor<Element, Rank, To>::uninitialized(x.shape());
    if (x.size() == 0) return moved;
    if constexpr (From::host_accessible)
      To::copy_from_host(x.data(), moved.mutable_data(), x.size());
    else
      From::copy_to_host(x.data(), moved.mutable_data(), x.size());
    return moved;
  }
}

/// What a module is on another backend.
template <class Module, class To>
using on_backend = typename Module::template On<To>;

/// A module that says what it is on another backend, and is made there of its Config and the values
/// of its members:
///
///     template <backend Other>
///     using On = Fno<Dim, Other, Element>;
template <class M, class To>
concept movable_module = module<M> && requires(const M& module) {
  typename on_backend<M, To>;
  on_backend<M, To>(module.config(), Initializer::zeros());
};

/// The same module on another backend: its Config, its parameters and what else it keeps.
template <backend To, class Module>
  requires movable_module<Module, To>
on_backend<Module, To> to(const Module& module) {
  on_backend<Module, To> moved(module.config(), Initializer::zeros());
  std::vector<std::any> values;
  for_each_leaf(module, [&](const std::string&, const auto& leaf) {
    values.emplace_back(to<To>(detail::tensor_of(leaf)));
  });
  std::size_t next = 0;
  for_each_leaf(moved, [&](const std::string& path, auto& leaf) {
    auto& tensor            = detail::tensor_of(leaf);
    using Value             = std::remove_cvref_t<decltype(tensor)>;
    const auto* const value = next < values.size() ? std::any_cast<Value>(&values[next]) : nullptr;
    expects(value != nullptr && value->shape() == tensor.shape(),
            "to: expected a module that its Config describes, got one with another '", path, "'");
    tensor = *value;
    ++next;
  });
  expects(next == values.size(), "to: expected a module of ", next,
          " tensors, as its Config describes, got one of ", values.size());
  return moved;
}

namespace detail {
template <class Module, class Otherwise>
struct BackendOfModule {
  using type = Otherwise;
};
template <class Module, class Otherwise>
  requires requires { typename Module::BackendType; }
struct BackendOfModule<Module, Otherwise> {
  using type = typename Module::BackendType;
};
}  // namespace detail

/// Where a module computes, if it says so as its `BackendType`; else this one.
template <class Module, class Otherwise>
using backend_of_module = typename detail::BackendOfModule<Module, Otherwise>::type;

}  // namespace nop
