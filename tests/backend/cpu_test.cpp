// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/core/tensor.hpp>

#include "support/count_allocations.hpp"
#include "support/random_field.hpp"
#include "support/threads.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <cstddef>
#include <thread>
#include <type_traits>
#include <vector>

namespace nop::test::cpu_test {

using Complex = std::complex<float>;

TEST_CASE("an array of the caller is seen in place") {
  std::vector<float> array = {0, 1, 2, 3, 4, 5};
  const auto view          = nop::view(array.data(), {1, 2, 3});
  static_assert(std::is_same_v<decltype(view), const nop::TensorView<float, 3, Cpu>>);
  CHECK(view(0, 1, 2) == 5);
  view(0, 0, 1) = 7;
  CHECK(array[1] == 7);
  const std::vector<float>& fixed = array;
  CHECK(nop::view(fixed.data(), {6})(1) == 7);
  CHECK_THROWS_AS((void)nop::view(static_cast<float*>(nullptr), {2}), nop::PreconditionError);
}

TEST_CASE("elements go to the backend and within it and back") {
  const std::vector<double> values = {1, 2, 3};
  const nop::Tensor<double, 1, Cpu> a({3}, values);
  CHECK(a.clone().to_host() == values);
  CHECK(a.view()(2) == 3);
}

TEST_CASE("pieces are all of a range, each place once") {
  for (const std::size_t count : {0U, 1U, 8192U, 8193U, 100000U}) {
    std::vector<int> seen(count);
    nop::Cpu::by_pieces(count, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) ++seen[i];
    });
    CHECK(seen == std::vector<int>(count, 1));
  }
}

TEST_CASE("the number of threads is that of the calling thread") {
  const std::size_t before = Cpu::thread_count();
  Cpu::set_thread_count(5);
  CHECK(Cpu::thread_count() == 5);
  Cpu::set_thread_count(before);
  CHECK_THROWS_AS(Cpu::set_thread_count(0), nop::PreconditionError);
}

namespace {

/// One of everything that a training step asks of a backend, on memory made afresh.
void use_every_primitive(FourierEngine engine) {
  using Field    = nop::Tensor<float, 4, Cpu>;
  using Spectrum = nop::Tensor<Complex, 4, Cpu>;
  const Shape<3> box{4, 8, 20 * 24};
  const auto x = Field::uninitialized({4, 8, 20, 24});
  auto y       = Field::uninitialized(x.shape());
  auto bias    = nop::Tensor<float, 1, Cpu>({8});
  auto modes   = Spectrum::uninitialized({4, 8, 10, 6});
  auto mixed   = Spectrum::uninitialized(modes.shape());
  Cpu::generate([](std::size_t i) { return static_cast<float>(i % 7); }, y.mutable_data(),
                y.size());
  const Field copy = y;
  Cpu::map([](auto a, auto b) { return a * b; }, box, whole(y.mutable_data(), box),
           whole(copy.data(), box), nop::per_middle<const float>(bias.data()));
  Cpu::sum([](auto a) { return a; }, box, nop::per_middle(bias.mutable_data()),
           whole(copy.data(), box));
  Cpu::sum([](auto a) { return a; }, box, per_plane(y.mutable_data(), box),
           whole(copy.data(), box));
  Cpu::copy_strided(Shape<3>{8, 4, 480}, copy.data(), Shape<3>{480, 3840, 1}, y.mutable_data(),
                    Shape<3>{1920, 480, 1});
  const nop::FourierTransform<2> transform{
      32, {20, 24}, 1, {10, 10}, nop::ModeWeight::coefficient, engine};
  Cpu::to_modes(transform, copy.data(), modes.mutable_data());
  Cpu::multiply(nop::ProductSize{4, 8, 8, 60},
                nop::Matrices<const Complex>{modes.data(), 8, 0, nop::Form::adjoint},
                nop::Matrices<const Complex>{modes.data(), 60, 480},
                nop::Matrices<Complex>{mixed.mutable_data(), 60, 480}, nop::Update::overwrite);
  Cpu::multiply(nop::ProductSize{4, 8, 60, 8}, nop::Matrices<const Complex>{modes.data(), 60, 480},
                nop::Matrices<const Complex>{modes.data(), 60, 480, nop::Form::adjoint},
                nop::Matrices<Complex>{mixed.mutable_data(), 8, 0}, nop::Update::add);
  Cpu::from_modes(transform, mixed.data(), y.mutable_data());
}

}  // namespace

TEST_CASE("after the first call no primitive asks the system for memory") {
  for (const auto engine : {FourierEngine::automatic, FourierEngine::fft, FourierEngine::dense}) {
    use_every_primitive(engine);
    // On one thread, as otherwise more threads may meet than did in the first call.
    nop::test::with_threads(1, [&] {
      CHECK(allocations_during([&] {
              for (int step = 0; step < 5; ++step) use_every_primitive(engine);
            }) == 0);
    });
  }
}

TEST_CASE("all primitives are used by eight threads at once") {
  nop::Tensor<float, 4, Cpu> field = random_tensor<float, Cpu>(Shape<4>{2, 3, 12, 10}, 1);
  const nop::FourierTransform<2> transform{
      6, {12, 10}, 1, {6, 6}, nop::ModeWeight::coefficient, FourierEngine::automatic};
  const auto work = [&] {
    nop::Tensor<Complex, 4, Cpu> modes({2, 3, 6, 4});
    auto mine = field;
    for (int round = 0; round < 20; ++round) {
      Cpu::to_modes(transform, mine.data(), modes.mutable_data());
      Cpu::from_modes(transform, modes.data(), mine.mutable_data());
      const Shape<3> box{2, 3, 120};
      Cpu::map([](auto a) { return a + a; }, box, whole(mine.mutable_data(), box),
               whole(mine.data(), box));
    }
    return mine.to_host();
  };
  const auto expected = work();
  std::vector<std::thread> threads;
  std::vector<char> same(8, 0);
  for (std::size_t t = 0; t < same.size(); ++t)
    threads.emplace_back([&, t] { same[t] = work() == expected ? 1 : 0; });
  for (auto& thread : threads) thread.join();
  CHECK(same == std::vector<char>(8, 1));
}

}  // namespace nop::test::cpu_test
