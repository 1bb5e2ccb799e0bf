// SPDX-License-Identifier: BSD-3-Clause
#include <nop/core/scratch.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <new>
#include <thread>
#include <vector>

namespace nop::test::scratch_test {
namespace {
template <class T>
bool is_aligned(const Scratch<T>& scratch) {
  return reinterpret_cast<std::uintptr_t>(scratch.data()) % nop::HostMemory::alignment == 0;
}
}  // namespace

TEST_CASE("scratch memory is an array that goes back at the end of its scope") {
  const double* place = nullptr;
  {
    const Scratch<double> scratch(300);
    place      = scratch.data();
    scratch[7] = 3.5;
    CHECK(scratch.begin()[7] == 3.5);
    CHECK(scratch.end() - scratch.begin() == 300);
  }
  const Scratch<double> again(300);
  CHECK(again.data() == place);
}

TEST_CASE("arrays that live at once are apart and aligned, small ones and large ones") {
  const Scratch<char> small(1), next(65);
  const Scratch<double> large(1 << 18), none(0);
  const Scratch<float> last(33);
  CHECK(is_aligned(small));
  CHECK(is_aligned(next));
  CHECK(is_aligned(large));
  CHECK(is_aligned(none));
  CHECK(is_aligned(last));
  CHECK(none.begin() == none.end());
  for (char& c : next) c = 2;
  for (double& x : large) x = 3;
  for (float& x : last) x = 4;
  small[0] = 1;
  for (const char c : next) CHECK(c == 2);
  for (const float x : last) CHECK(x == 4);
  CHECK(large[0] == 3);
  CHECK(large[(1 << 18) - 1] == 3);
  CHECK(small[0] == 1);
}

TEST_CASE("arrays of any depth of nesting come back whole") {
  const auto nest = [](auto& self, std::size_t depth) -> bool {
    const Scratch<std::size_t> own(1 + depth * 97 % 20000);
    for (auto& value : own) value = depth;
    if (depth > 0 && !self(self, depth - 1)) return false;
    for (const auto value : own)
      if (value != depth) return false;
    return true;
  };
  CHECK(nest(nest, 60));
}

TEST_CASE("each thread has its own, and leaves nothing behind that another cannot take") {
  std::atomic<int> torn{0};
  const auto work = [&torn](int t) {
    for (std::size_t round = 0; round < 500; ++round) {
      const Scratch<int> scratch(1 + round % 40);
      for (int& value : scratch) value = t;
      for (const int value : scratch)
        if (value != t) ++torn;
    }
  };
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) threads.emplace_back(work, t);
  for (auto& thread : threads) thread.join();
  CHECK(torn == 0);
}

TEST_CASE("more memory than there is makes a bad_alloc, and what was there stays usable") {
  constexpr std::size_t most = std::numeric_limits<std::size_t>::max();
  CHECK_THROWS_AS(Scratch<double>{most}, std::bad_alloc);
  CHECK_THROWS_AS(Scratch<double>{most / 8 - 8}, std::bad_alloc);
  CHECK_THROWS_AS(Scratch<char>{most / 2}, std::bad_alloc);
  const Scratch<double> scratch(10);
  scratch[9] = 1;
  CHECK(scratch[9] == 1);
}

}  // namespace nop::test::scratch_test
