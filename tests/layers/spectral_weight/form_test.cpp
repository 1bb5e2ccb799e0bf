// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/config_json.hpp>
#include <nop/io/json.hpp>
#include <nop/layers/spectral_weight/form.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <vector>

namespace nop::test::form_test {

TEST_CASE("a form is what its description says") {
  const nop::SpectralWeightForm form{.kind        = nop::SpectralWeightKind::tensor_train,
                                     .mixing      = nop::ChannelMixing::separable,
                                     .rank        = 0.25,
                                     .ranks       = {3, 1, 2},
                                     .contraction = nop::Contraction::factorised};
  const auto json = nop::config_to_json(form);
  CHECK(json["kind"] == "tensor_train");
  const auto read = nop::config_from_json<nop::SpectralWeightForm>(json, nop::JsonOrigin{"test"});
  CHECK(read.kind == form.kind);
  CHECK(read.mixing == form.mixing);
  CHECK(read.rank == form.rank);
  CHECK(read.ranks == form.ranks);
  CHECK(read.contraction == form.contraction);
}

TEST_CASE("a form is dense unless it says otherwise") {
  const nop::SpectralWeightForm form;
  CHECK(form.kind == nop::SpectralWeightKind::dense);
  CHECK(form.mixing == nop::ChannelMixing::full);
  CHECK(form.rank == 1);
}

}  // namespace nop::test::form_test
