// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>

#include "support/fourier_cases.hpp"
#include "support/naive_dft.hpp"
#include "support/random_field.hpp"
#include "support/threads.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <algorithm>
#include <complex>
#include <cstddef>
#include <thread>
#include <vector>

namespace nop::test::fourier_test {

TEST_CASE_TEMPLATE("a transform along one axis agrees with the sums that define it", T, float,
                   double, std::complex<float>, std::complex<double>) {
  check_transforms_of_one_axis<Cpu, T>();
}

TEST_CASE_TEMPLATE("a transform along two axes agrees with the sums that define it", T, float,
                   double, std::complex<float>, std::complex<double>) {
  check_transforms_of_two_axes<Cpu, T>();
}

TEST_CASE_TEMPLATE("a transform along three and four axes agrees with the sums that define it", T,
                   float, double, std::complex<double>) {
  check_transforms_of_more_axes<Cpu, T>();
}

TEST_CASE_TEMPLATE("a transform of many planes agrees with the sums that define it", T, float,
                   std::complex<double>) {
  check_transforms_of_many_planes<Cpu, T>();
}

TEST_CASE_TEMPLATE("a transform of a middle axis agrees with the sums that define it", T, float,
                   double, std::complex<float>) {
  check_transforms_of_a_middle_axis<Cpu, T>();
}

TEST_CASE("a transform of no lines does nothing") {
  check_transform<Cpu, double>(2, Shape<2>{4, 5}, 0, {3, 4});
}

TEST_CASE_TEMPLATE("a band of no modes is made of nothing and makes zero", T, double,
                   std::complex<double>) {
  check_bands_of_no_modes<Cpu, T>();
}

TEST_CASE("plane waves of both signs are found exactly if they are in the band") {
  check_plane_waves<Cpu>();
}

TEST_CASE("a field comes back from all of its modes and is interpolated on a finer grid") {
  check_interpolation<Cpu>();
}

TEST_CASE_TEMPLATE("transforms have the same bits on any number of threads", T, float,
                   std::complex<double>) {
  for (const FourierEngine engine : fourier_engines) {
    const FourierTransform<2> many{50, {24, 20}, 1, {8, 8}, ModeWeight::coefficient, engine};
    const FourierTransform<2> deep{3, {18, 16}, 7, {8, 16}, ModeWeight::coefficient, engine};
    const FourierTransform<1> line{1, {6000}, 1, {30}, ModeWeight::coefficient, engine};
    const auto field = random_values<T>(24000, 1);
    const auto modes = random_values<complex_of<T>>(24000, 2);
    CHECK(nop::test::same_on_any_threads([&] { return analyzed<Cpu>(many, field); }));
    CHECK(nop::test::same_on_any_threads([&] { return analyzed<Cpu>(deep, field); }));
    CHECK(nop::test::same_on_any_threads([&] { return analyzed<Cpu>(line, field); }));
    CHECK(nop::test::same_on_any_threads([&] { return synthesized<Cpu, T>(many, modes); }));
    CHECK(nop::test::same_on_any_threads([&] { return synthesized<Cpu, T>(deep, modes); }));
    CHECK(nop::test::same_on_any_threads([&] { return synthesized<Cpu, T>(line, modes); }));
  }
}

TEST_CASE("transforms are used by eight threads at once") {
  std::vector<std::thread> threads;
  std::vector<double> errors(8, 1);
  for (std::size_t t = 0; t < errors.size(); ++t)
    threads.emplace_back([&errors, t] {
      double error = 0;
      for (std::size_t n = 5; n < 30; ++n)
        for (const FourierEngine engine : fourier_engines) {
          const FourierTransform<1> transform{2, {n}, 2, {n / 2}, ModeWeight::coefficient, engine};
          const NaiveDft<double, 1> naive(transform);
          const auto x = random_values<double>(naive.field_size(), t);
          std::vector<std::complex<double>> modes(naive.spectrum_size());
          naive.to_modes(x.data(), modes.data());
          error = std::max(error, worst_error(analyzed<Cpu>(transform, x), modes));
        }
      errors[t] = error;
    });
  for (auto& thread : threads) thread.join();
  for (const double error : errors) CHECK(error < 1e-12);
}

}  // namespace nop::test::fourier_test
