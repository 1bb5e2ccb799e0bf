// SPDX-License-Identifier: BSD-3-Clause
#include <nop/pde/gaussian_random_field.hpp>

#include <doctest/doctest.h>
#include <support/tolerance.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <numbers>
#include <vector>

namespace nop::test::gaussian_random_field_test {
namespace {

using std::numbers::pi;

const nop::RandomFieldConfig rough{.alpha = 2, .tau = 3, .sigma = 1.5, .max_frequency = 5};

double cosine(std::size_t k, double x) {
  return k == 0 ? 1.0 : std::sqrt(2.0) * std::cos(pi * static_cast<double>(k) * x);
}

double square(std::size_t k) { return static_cast<double>(k * k); }

/// The covariance at two points of the square, added up term by term.
double neumann_covariance(const nop::RandomFieldConfig& config, const double (&x)[2],
                          const double (&y)[2]) {
  double sum = 0;
  for (std::size_t k = 0; k <= config.max_frequency; ++k)
    for (std::size_t l = 0; l <= config.max_frequency; ++l)
      if (k + l > 0)
        sum +=
            std::pow(pi * pi * (square(k) + square(l)) + config.tau * config.tau, -config.alpha) *
            cosine(k, x[0]) * cosine(l, x[1]) * cosine(k, y[0]) * cosine(l, y[1]);
  return config.sigma * config.sigma * sum;
}

TEST_CASE("a Neumann field is the sum of cosines with its coefficients") {
  const NeumannRandomField<2, double> field(rough, RandomStream(1, 2));
  const nop::GridPoints<2> points{std::vector<double>{0.0, 0.13, 0.5, 1.0},
                                  std::vector<double>{0.9, 0.31, 0.77}};
  const auto got = field(7, field.grid(points)), c = field.coefficients(7);
  std::vector<double> expected;
  for (const double x : points[0])
    for (const double y : points[1]) {
      expected.push_back(0);
      for (std::size_t k = 0; k <= 5; ++k)
        for (std::size_t l = 0; l <= 5; ++l)
          expected.back() += c.view()(k, l) * cosine(k, x) * cosine(l, y);
    }
  CHECK(got.shape() == Shape<2>{4, 3});
  CHECK(worst_error(got.to_host(), expected) < 1e-13);
}

TEST_CASE("variance and covariance of a Neumann field are the analytic sums") {
  constexpr std::size_t samples = 20000;
  const NeumannRandomField<2, double> field(rough, RandomStream(3, 0));
  const double points[3][2] = {{0, 0}, {0, 0.4}, {0.3, 0.4}};
  const auto fields = field.batch(0, samples, field.grid({std::vector<double>{0, 0.3}, {0, 0.4}}));
  for (const auto& [a, b] : {std::pair{0, 0}, {1, 1}, {2, 2}, {0, 1}, {1, 2}}) {
    const std::size_t place[3] = {0, 1, 3};
    double sum                 = 0;
    for (std::size_t i = 0; i < samples; ++i)
      sum += fields.data()[4 * i + place[a]] * fields.data()[4 * i + place[b]];
    const double scale    = neumann_covariance(rough, points[0], points[0]);
    const double expected = neumann_covariance(rough, points[a], points[b]);
    CHECK(std::abs(sum / samples - expected) < 4 * scale * std::sqrt(2.0 / samples));
  }
}

TEST_CASE(
    "on cell centres with sigma = tau^(alpha-1) a field is the inverse cosine transform of "
    "the published script") {
  constexpr std::size_t s = 8;
  const double alpha = 2, tau = 3;
  const NeumannRandomField<2, double> field(
      {.alpha = alpha, .tau = tau, .sigma = std::pow(tau, alpha - 1), .max_frequency = s - 1},
      RandomStream(5, 0));
  const auto c = field.coefficients(0);
  std::vector<double> l(s * s), expected(s * s);
  for (std::size_t k = 1; k < s * s; ++k) {
    const double decay =
        std::pow(pi * pi * (square(k / s) + square(k % s)) + tau * tau, -alpha / 2);
    const double xi = c.data()[k] / (3 * decay);
    l[k]            = s * std::pow(tau, alpha - 1) * decay * xi;
  }
  const auto dct = [](std::size_t k, std::size_t n) {  // the orthonormal one
    return std::sqrt((k == 0 ? 1.0 : 2.0) / s) *
           std::cos(pi * static_cast<double>(k * (2 * n + 1)) / (2 * s));
  };
  for (std::size_t x = 0; x < s * s; ++x)
    for (std::size_t k = 0; k < s * s; ++k)
      expected[x] += l[k] * dct(k / s, x / s) * dct(k % s, x % s);
  const auto got = field(0, field.grid(nop::cell_centres<2>({s, s})));
  CHECK(worst_error(got.to_host(), expected) < 1e-13);
}

TEST_CASE("two resolutions see the same function at common points") {
  const NeumannRandomField<2, float> field({.alpha = 2, .tau = 3, .sigma = 3, .max_frequency = 31},
                                           RandomStream(1, 0));
  const auto coarse = field(4, field.grid(nop::nodes<2>({16, 8})));
  const auto fine   = field(4, field.grid(nop::nodes<2>({32, 24})));
  std::vector<float> common;
  for (std::size_t i = 0; i <= 16; ++i)
    for (std::size_t j = 0; j <= 8; ++j) common.push_back(fine.view()(2 * i, 3 * j));
  CHECK(worst_error(coarse.to_host(), common) < 1e-5);
}

TEST_CASE("a coefficient does not depend on how many frequencies are kept") {
  const NeumannRandomField<2, double> few(rough, RandomStream(9, 1));
  const NeumannRandomField<2, double> many(
      {.alpha = 2, .tau = 3, .sigma = 1.5, .max_frequency = 40}, RandomStream(9, 1));
  const auto a = few.coefficients(3), b = many.coefficients(3);
  for (std::size_t k = 0; k <= 5; ++k)
    for (std::size_t l = 0; l <= 5; ++l) CHECK(a.view()(k, l) == b.view()(k, l));
  CHECK(a.view()(0, 0) == 0);
}

TEST_CASE("samples, streams and seeds give independent coefficients") {
  const nop::RandomFieldConfig flat{.alpha = 1e-9, .tau = 1, .sigma = 1, .max_frequency = 99};
  const auto draw = [&](std::uint64_t seed, std::uint64_t stream, std::size_t sample) {
    return NeumannRandomField<2, double>(flat, RandomStream(seed, stream)).coefficients(sample);
  };
  const auto correlation = [](const auto& a, const auto& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += a.data()[i] * b.data()[i];
    return sum / static_cast<double>(a.size());
  };
  const auto one = draw(1, 0, 0);
  CHECK(correlation(one, one) == doctest::Approx(1).epsilon(0.05));
  CHECK(std::abs(correlation(one, draw(1, 0, 1))) < 0.04);
  CHECK(std::abs(correlation(one, draw(1, 1, 0))) < 0.04);
  CHECK(std::abs(correlation(one, draw(2, 0, 0))) < 0.04);
}

TEST_CASE("a batch holds the single samples, on any number of threads") {
  const PeriodicRandomField<3, float> field({.alpha = 2, .tau = 2, .sigma = 1, .max_frequency = 4},
                                            RandomStream(1, 0));
  const auto grid           = field.grid(nop::periodic_points<3>({6, 5, 4}));
  const std::size_t threads = nop::Cpu::thread_count();
  for (const std::size_t count : {1U, 2U, 3U}) {
    nop::Cpu::set_thread_count(count);
    const auto batch = field.batch(10, 5, grid);
    CHECK(batch.shape() == Shape<5>{5, 1, 6, 5, 4});
    for (std::size_t i = 0; i < 5; ++i) {
      const auto single = field(10 + i, grid).to_host();
      CHECK(std::equal(single.begin(), single.end(), batch.data() + i * 120));
    }
  }
  nop::Cpu::set_thread_count(threads);
}

TEST_CASE("a periodic field has period 1 and mean 0") {
  const PeriodicRandomField<1, double> field(
      {.alpha = 2, .tau = 5, .sigma = 25, .max_frequency = 9}, RandomStream(1, 0));
  const auto at = [&](const std::vector<double>& x) { return field(0, field.grid({x})).to_host(); };
  CHECK(worst_error(at({1.0, 1.125, 2.75}), at({0.0, 0.125, 0.75})) < 1e-12);
  double mean = 0;
  for (const double value : field(0, field.grid(nop::periodic_points<1>({32}))).to_host())
    mean += value;
  CHECK(std::abs(mean) < 1e-12);
}

TEST_CASE("the covariance of a periodic field is the analytic sum and depends on distance alone") {
  constexpr std::size_t samples = 20000;
  const nop::RandomFieldConfig config{.alpha = 2, .tau = 5, .sigma = 25, .max_frequency = 6};
  const auto covariance = [&](double distance) {
    double sum = 0;
    for (std::size_t k = 1; k <= 6; ++k)
      sum += 2 * 625 * std::pow(4 * pi * pi * square(k) + 25, -2) *
             std::cos(2 * pi * static_cast<double>(k) * distance);
    return sum;
  };
  const PeriodicRandomField<1, double> field(config, RandomStream(11, 0));
  const std::vector<double> x{0, 0.1, 0.35, 0.6};
  const auto fields = field.batch(0, samples, field.grid({x}));
  for (std::size_t a = 0; a < 4; ++a)
    for (std::size_t b = 0; b <= a; ++b) {
      double sum = 0;
      for (std::size_t i = 0; i < samples; ++i)
        sum += fields.data()[4 * i + a] * fields.data()[4 * i + b];
      CHECK(std::abs(sum / samples - covariance(x[a] - x[b])) <
            4 * covariance(0) * std::sqrt(2.0 / samples));
    }
}

TEST_CASE("a random field refuses a law that does not exist and a grid of another field") {
  const RandomStream stream(1, 0);
  const auto make = [&](const nop::RandomFieldConfig& config) {
    return NeumannRandomField<2, double>(config, stream);
  };
  CHECK_THROWS_AS(make({.alpha = 0, .tau = 3, .sigma = 1, .max_frequency = 3}),
                  nop::PreconditionError);
  CHECK_THROWS_AS(make({.alpha = 2, .tau = 0, .sigma = 1, .max_frequency = 3}),
                  nop::PreconditionError);
  CHECK_THROWS_AS(make({.alpha = 2, .tau = 3, .sigma = 1, .max_frequency = 1U << 16U}),
                  nop::PreconditionError);
  CHECK_THROWS_AS(make({.alpha         = 2,
                        .tau           = 3,
                        .sigma         = 1,
                        .max_frequency = std::numeric_limits<std::size_t>::max()}),
                  nop::PreconditionError);
  CHECK_THROWS_AS(make({.alpha = 2, .tau = 3, .sigma = std::nan(""), .max_frequency = 3}),
                  nop::PreconditionError);
  const auto field = make(rough);
  CHECK_THROWS_AS((void)field(std::size_t{1} << 32U, field.grid(nop::nodes<2>({2, 2}))),
                  nop::PreconditionError);
  const auto other = make({.alpha = 2, .tau = 3, .sigma = 1, .max_frequency = 3});
  CHECK_THROWS_AS((void)field(0, other.grid(nop::nodes<2>({2, 2}))), nop::PreconditionError);
}

}  // namespace

}  // namespace nop::test::gaussian_random_field_test
