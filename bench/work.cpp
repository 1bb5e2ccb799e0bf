// SPDX-License-Identifier: BSD-3-Clause
#include "work.hpp"

#include <nop/core/captured_work.hpp>

#include "backend.hpp"

#include <memory>
#include <stdexcept>

namespace bench {

namespace {

/// The same repetition each time, of the field whose turn it is now.
Work written_down(const Work& work) {
  work();
  const auto written = std::make_shared<const nop::CapturedWork<Backend>>(work);
  return [written] { written->launch(); };
}

Work asked_for(const Case& c, Pass pass, const Variant& variant) {
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

}  // namespace

Work make_work(const Case& c, Pass pass, const Variant& variant) {
  auto work = asked_for(c, pass, variant);
  // Models write down themselves what they can: not all that an optimizer does, say.
  return variant.captured && (pass == Pass::fwd || pass == Pass::fwdbwd) ? written_down(work)
                                                                         : work;
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
