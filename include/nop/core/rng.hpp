// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <utility>
#include <vector>

namespace nop {

/// A sequence of random numbers that is a function of the index: element i is the same whoever
/// asks for it, in whatever order, on however many threads.
///
/// Philox 4x32-10: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3",
/// SC 2011.
class RandomStream {
 public:
  constexpr RandomStream(std::uint64_t seed, std::uint64_t stream) : seed_(seed), stream_(stream) {}

  /// Four independent 32-bit words.
  [[nodiscard]] constexpr std::array<std::uint32_t, 4> words(std::uint64_t index) const {
    std::array<std::uint32_t, 4> counter{low(index), high(index), low(stream_), high(stream_)};
    std::array<std::uint32_t, 2> key{low(seed_), high(seed_)};
    for (int round = 0; round < 10; ++round) {
      const std::uint64_t a = std::uint64_t{0xD2511F53} * counter[0];
      const std::uint64_t b = std::uint64_t{0xCD9E8D57} * counter[2];
      counter = {high(b) ^ counter[1] ^ key[0], low(b), high(a) ^ counter[3] ^ key[1], low(a)};
      key     = {key[0] + 0x9E3779B9U, key[1] + 0xBB67AE85U};
    }
    return counter;
  }

  /// Uniform in [0, 1), with 53 random bits.
  [[nodiscard]] constexpr double uniform(std::uint64_t index) const {
    const auto w = words(index);
    return unit(w[0], w[1]);
  }

  /// Normal with mean 0 and variance 1 (Box and Muller 1958). A template, so that it may be
  /// constexpr wherever its functions are, and be called where only such ones are.
  template <std::integral Index>
  [[nodiscard]] constexpr double normal(Index index) const {
    const auto w        = words(static_cast<std::uint64_t>(index));
    const double radius = std::sqrt(-2.0 * std::log1p(-unit(w[0], w[1])));
    return radius * std::cos(2.0 * std::numbers::pi * unit(w[2], w[3]));
  }

  /// So many whole numbers, each of 0 ... below-1 with the same chance.
  [[nodiscard]] std::vector<std::size_t> indices(std::size_t count, std::size_t below) const {
    std::vector<std::size_t> chosen(count);
    for (std::size_t i = 0; i < count; ++i)
      chosen[i] = static_cast<std::size_t>(uniform(i) * static_cast<double>(below));
    return chosen;
  }

  /// A random order of 0 ... count-1 (Fisher and Yates).
  [[nodiscard]] std::vector<std::size_t> permutation(std::size_t count) const {
    std::vector<std::size_t> order(count);
    for (std::size_t i = 0; i < count; ++i) order[i] = i;
    for (std::size_t i = count; i > 1; --i) {
      const auto j = static_cast<std::size_t>(uniform(i) * static_cast<double>(i));
      std::swap(order[i - 1], order[j]);
    }
    return order;
  }

 private:
  static constexpr std::uint32_t low(std::uint64_t x) { return static_cast<std::uint32_t>(x); }
  static constexpr std::uint32_t high(std::uint64_t x) {
    return static_cast<std::uint32_t>(x >> 32U);
  }
  static constexpr double unit(std::uint32_t a, std::uint32_t b) {
    const std::uint64_t bits = (std::uint64_t{a} << 21U) ^ (std::uint64_t{b} >> 11U);
    return static_cast<double>(bits) * 0x1.0p-53;
  }

  std::uint64_t seed_;
  std::uint64_t stream_;
};

/// Gives out random streams, a new one at each call. Its whole state is two numbers, so a run can
/// be saved and continued exactly.
class Rng {
 public:
  struct State {
    std::uint64_t seed                                           = 0;
    std::uint64_t next_stream                                    = 0;
    friend constexpr bool operator==(const State&, const State&) = default;
  };

  constexpr explicit Rng(std::uint64_t seed) : state_{seed, 0} {}
  constexpr explicit Rng(const State& state) : state_(state) {}

  [[nodiscard]] constexpr RandomStream stream() { return {state_.seed, state_.next_stream++}; }
  [[nodiscard]] constexpr const State& state() const { return state_; }

 private:
  State state_;
};

}  // namespace nop
