// SPDX-License-Identifier: BSD-3-Clause
#include "work.hpp"

#include <stdexcept>

namespace bench {

Work make_work(const Case& c, Pass pass, const Variant& variant) {
  const bool of_model = pass == Pass::infer || pass == Pass::train;
  const bool is_model = c.kind == Kind::fno || c.kind == Kind::unet || c.kind == Kind::dsno;
  if (of_model != is_model)
    throw std::invalid_argument(c.name + ": expected " +
                                (of_model ? "fwd or fwdbwd" : "infer or train") + ", got " +
                                name_of(pass));
  if (is_complex(variant.element) && c.kind != Kind::sc)
    throw std::invalid_argument(c.name + ": expected float or double, got " +
                                name_of(variant.element));
  switch (c.kind) {
    case Kind::sc:
      return with_dimensions(c.grid.size(), [&](auto dimensions) {
        return make_convolution<dimensions()>(c, pass, variant);
      });
    case Kind::time:
      return make_temporal_convolution(c, pass, variant);
    case Kind::fno:
      return make_model(c, pass, variant);
    case Kind::conv:
    case Kind::unet:
    case Kind::dsno:
      return make_unet(c, pass, variant);
    case Kind::mix:
    case Kind::mlp:
    case Kind::gelu:
      break;
  }
  return make_pointwise(c, pass, variant);
}

void write_answer(const Case& c, const Variant& variant, const std::string& path) {
  if (c.kind == Kind::sc)
    with_dimensions(c.grid.size(),
                    [&](auto dimensions) { write_convolution<dimensions()>(c, variant, path); });
  else if (c.kind == Kind::fno)
    write_answer<Kind::fno>(c, variant, path);
  else if (c.kind == Kind::unet || c.kind == Kind::dsno)
    write_answer<Kind::unet>(c, variant, path);
  else
    throw std::invalid_argument(c.name + ": expected a sc, a fno, a unet or a dsno");
}

}  // namespace bench
