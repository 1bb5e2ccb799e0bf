// SPDX-License-Identifier: BSD-3-Clause
#include <nop/core/rng.hpp>
#include <nop/io/reference/load.hpp>
#include <nop/io/reference/save.hpp>

#include "io/hostile.hpp"
#include "io/reference/states.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <string>

namespace nop::test::save_test {
namespace {

/// Loads a file, writes it, and says how many tensors are not bit for bit what PyTorch wrote.
template <class Model>
int changed_tensors(const std::string& name, const ReferenceOptions& options = {}) {
  const test::TemporaryFolder folder;
  const auto before = read_reference(test::reference_file(name), options);
  save_reference(model_from_reference<Model>(before), folder / "x.pt");
  const auto after = read_reference(folder / "x.pt");
  CHECK(after.arguments.missing().empty());
  CHECK(after.prefix.empty());
  CHECK(after.tensors.size() == before.tensors.size());
  int changed = 0;
  for (const auto& [key, array] : before.tensors)
    changed += !after.tensors.contains(key) || after.tensors.at(key) != array;
  return changed;
}

TEST_CASE("what PyTorch wrote is written back bit for bit") {
  CHECK(changed_tensors<Fno<1>>("fno_1d.pt") == 0);
  CHECK(changed_tensors<Fno<2>>("fno.pt") == 0);
  CHECK(changed_tensors<Fno<3>>("fno_3d.pt") == 0);
  CHECK(changed_tensors<Fno<2>>("fno_options.pt") == 0);
  CHECK(changed_tensors<Fno<2>>("fno_wrapped.pt") == 0);
  CHECK(changed_tensors<Fno<2>>("fno_batch_norm.pt") == 0);
  CHECK(changed_tensors<Tfno<2>>("tfno_tucker.pt") == 0);
  CHECK(changed_tensors<Tfno<2>>("tfno_cp.pt") == 0);
  CHECK(changed_tensors<Tfno<2>>("tfno_tt.pt") == 0);
  CHECK(changed_tensors<Tfno<2>>("tfno_separable.pt") == 0);
  CHECK(changed_tensors<Fno<2, Cpu, std::complex<float>>>("fno_complex.pt") == 0);
}

TEST_CASE("weights along one axis are read back as they were, whether or not channels mix") {
  const test::TemporaryFolder folder;
  for (const auto mixing : {ChannelMixing::full, ChannelMixing::separable})
    for (const auto kind : {SpectralWeightKind::dense, SpectralWeightKind::cp}) {
      FnoConfig<1> config{
          .in_channels = 1, .out_channels = 1, .width = 4, .depth = 2, .modes = {6}};
      config.weight = {.kind = kind, .mixing = mixing};
      Rng rng{3};
      const Tfno<1> model(config, rng);
      save_reference(model, folder / "x.pt");
      const auto again = load_reference<Tfno<1>>(folder / "x.pt");
      CHECK(again.config().weight.mixing == mixing);
      CHECK(reference_tensors(again) == reference_tensors(model));
    }
}

TEST_CASE("padding at either side is kept, of which no tensor tells") {
  const test::TemporaryFolder folder;
  for (const std::string mode : {"symmetric", "one-sided"}) {
    const auto model = load_reference<Fno<2>>(
        test::reference_file("fno_v1_0.pt"),
        {.arguments = {{"domain_padding_mode", mode}}, .semantics = Semantics::v1_0});
    save_reference(model, folder / "x.pt");
    const auto again = load_reference<Fno<2>>(folder / "x.pt").config();
    CHECK(again.domain_padding == model.config().domain_padding);
    CHECK(again.padding_sides == (mode == "symmetric" ? PaddingSides::both : PaddingSides::end));
  }
}

TEST_CASE("a lifting that is a linear map is written back") {
  const test::TemporaryFolder folder;
  const FnoConfig<2> config{.in_channels    = 1,
                            .out_channels   = 1,
                            .width          = 4,
                            .depth          = 1,
                            .modes          = {4, 4},
                            .lifting_layers = 0};
  Rng rng{3};
  const Fno<2> model(config, rng);
  save_reference(model, folder / "x.pt");
  const auto again = load_reference<Fno<2>>(folder / "x.pt");
  CHECK(again.config().lifting_layers == 0);
  CHECK(reference_tensors(again) == reference_tensors(model));
}

TEST_CASE("how a Uno was made is written beside it") {
  CHECK(changed_tensors<Uno<2>>(
            "uno.pt", {.arguments = {{"uno_scalings", {{1, 1}, {0.5, 0.5}, {2, 2}}}}}) == 0);
}

TEST_CASE("the semantics of a model are kept in the file") {
  const test::TemporaryFolder folder;
  const auto model =
      load_reference<Fno<2>>(test::reference_file("fno.pt"), {.semantics = Semantics::v2_0});
  save_reference(model, folder / "x.pt");
  CHECK(load_reference<Fno<2>>(folder / "x.pt").config().semantics == Semantics::v2_0);
  CHECK(
      load_reference<Fno<2>>(folder / "x.pt", {.semantics = Semantics::exact}).config().semantics ==
      Semantics::exact);
}

}  // namespace
}  // namespace nop::test::save_test
