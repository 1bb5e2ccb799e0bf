// SPDX-License-Identifier: BSD-3-Clause
// expect: expected a type with a static members(self, visit)
#include <nop/autodiff/members.hpp>

struct Layer {
  int width = 0;
};

void use(Layer& layer) {
  nop::for_each_leaf(layer, [](const auto&, auto&) {});
}
