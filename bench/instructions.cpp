// SPDX-License-Identifier: BSD-3-Clause
// Runs each of the main kernels once, warm and on one thread, and has callgrind write how many
// instructions that took: tools/check_instructions.py reads it. A count does not depend on the
// clock, nor on who else uses the machine.
#include <nop/layers/channel_linear.hpp>
#include <nop/layers/channel_mlp.hpp>
#include <nop/layers/spectral_conv.hpp>
#include <nop/layers/temporal_conv.hpp>
#include <nop/models/fno.hpp>
#include <nop/ops/activation.hpp>
#include <nop/training/adam.hpp>
#include <nop/training/loss.hpp>

#include "layer_work.hpp"
#include <valgrind/callgrind.h>

#include <memory>
#include <string>

namespace {

using namespace bench;

/// Counts what is done between its two calls.
void count(const std::string& name, const Work& work) {
  work();
  work();
  CALLGRIND_TOGGLE_COLLECT;
  work();
  CALLGRIND_TOGGLE_COLLECT;
  CALLGRIND_DUMP_STATS_AT(name.c_str());
}

template <class Layer, std::size_t Dim>
void count_layer(const std::string& name, const Layer& layer, const nop::Shape<Dim>& grid) {
  nop::Rng rng{2};
  const auto x = random_field<float>(rng, 2, 16, grid);
  for (const Pass pass : {Pass::fwd, Pass::fwdbwd})
    count(name + "/" + name_of(pass), layer_work(layer, x, pass));
}

template <std::size_t Dim>
void count_convolution(const std::string& name, const nop::Shape<Dim>& grid, std::size_t modes) {
  for (const auto engine : all<nop::FourierEngine>()) {
    // Which engine that would be may depend on the machine.
    if (engine == nop::FourierEngine::automatic) continue;
    nop::Rng rng{1};
    count_layer(name + "/" + name_of(engine),
                nop::SpectralConv<Dim, nop::Cpu, float>({.in_channels  = 16,
                                                         .out_channels = 16,
                                                         .modes  = nop::uniform_shape<Dim>(modes),
                                                         .engine = engine},
                                                        rng),
                grid);
  }
}

void count_model() {
  nop::Rng rng{1};
  nop::Fno<2> model({.in_channels  = 1,
                     .out_channels = 1,
                     .width        = 16,
                     .depth        = 2,
                     .modes        = {8, 8},
                     .engine       = nop::FourierEngine::dense},
                    rng);
  nop::Adam optimizer({.learning_rate = 1e-6});
  const auto x = random_field<float>(rng, 2, 1, nop::Shape<2>{24, 24});
  const auto y = random_field<float>(rng, 2, 1, nop::Shape<2>{24, 24});
  count("fno2d/infer", [&] { model(x); });
  count("fno2d/train", [&] {
    nop::Tape tape;
    optimizer.step(model, tape.gradient(nop::mean_squared_error(model(tape.input(x)), y)));
  });
}

}  // namespace

int main() {
  nop::Cpu::set_thread_count(1);
  nop::Rng rng{1};
  count_convolution("sc1d", nop::Shape<1>{512}, 24);
  count_convolution("sc2d", nop::Shape<2>{48, 48}, 12);
  count_convolution("sc3d", nop::Shape<3>{16, 16, 12}, 6);
  const nop::Shape<2> grid{48, 48};
  count_layer("temporal", nop::TemporalConv<nop::Cpu, float>({.channels = 16}, rng),
              nop::Shape<2>{16, 196});
  count_layer("mix",
              nop::ChannelLinear<nop::Cpu, float>({.in_channels = 16, .out_channels = 16}, rng),
              grid);
  count_layer("mlp",
              nop::ChannelMlp<nop::Cpu, float>(
                  {.in_channels = 16, .hidden_channels = 8, .out_channels = 16}, rng),
              grid);
  count_layer("gelu", nop::gelu, grid);
  count_model();
}
