// SPDX-License-Identifier: BSD-3-Clause
// The whole of a training, by hand: data from a file, a model, a loop, a file.
//
//     train_operator data.npz 800 model.safetensors
//
// data.npz has arrays x and y, [samples, grid...]; the first 800 train, the others test.
#include <nop/nop.hpp>

#include <cstdio>
#include <cstdlib>

int main(int argc, char** argv) try {
  if (argc != 4)
    return std::puts("usage: train_operator DATA.npz TRAINING_SAMPLES MODEL.safetensors"), 1;

  nop::Rng rng{42};
  const auto data          = nop::read_dataset<2>(argv[1]);
  const auto [train, test] = data.split(std::strtoul(argv[2], nullptr, 10));

  nop::Fno<2> model(
      {.in_channels = 1, .out_channels = 1, .width = 32, .depth = 4, .modes = {12, 12}}, rng);
  nop::Adam optimizer({.learning_rate = 3e-3});

  for (int epoch = 1; epoch <= 20; ++epoch) {
    for (const auto& [input, target] : train.batches(16, rng)) {
      nop::Tape tape;
      const auto loss = nop::relative_l2(model(tape.input(input)), target);
      optimizer.step(model, tape.gradient(loss));
    }
    std::printf("epoch %2d  error %.4f\n", epoch, nop::mean_loss(model, test, nop::relative_l2));
  }
  nop::save(model, argv[3]);
} catch (const std::exception& error) {
  std::fprintf(stderr, "train_operator: %s\n", error.what());
  return 1;
}
