// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/members.hpp>
#include <nop/io/array.hpp>
#include <nop/io/leaves.hpp>
#include <nop/io/safetensors.hpp>
#include <nop/layers/init.hpp>
#include <nop/ops/elementwise.hpp>

#include "backend.hpp"

#include <string>
#include <type_traits>
#include <vector>

namespace bench {

/// Writes a network with random parameters to a .safetensors file, under "net.", with a batch "x"
/// and its answer "y" by `answer(network, x)`: what a peer has to answer to be the same network.
template <class Network, class Field, class Answer>
void write_answer_of(Network network, const Field& x, const Answer& answer, nop::Rng& rng,
                     const std::string& path) {
  // New ones begin with zeros and ones, behind which much would hide.
  nop::for_each_parameter(network, [&rng](const std::string&, auto& parameter) {
    using Value   = typename std::remove_cvref_t<decltype(parameter)>::Value;
    using Element = typename Value::Element;
    parameter.assign(nop::add(
        parameter.value(),
        nop::Initializer(rng).normal<Element, Value::rank, Backend>(parameter.shape(), 0.05)));
  });
  nop::SafeTensors file;
  const auto add = [&file](const char* name, const Field& field) {
    file.tensors.add(
        name, nop::make_array(field.to_host(), {field.shape().begin(), field.shape().end()}));
  };
  nop::leaves_to_arrays(network, "net.", file);
  add("x", x);
  add("y", answer(network, x));
  nop::write_safetensors(path, file);
}

}  // namespace bench
