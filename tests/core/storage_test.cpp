// SPDX-License-Identifier: BSD-3-Clause
#include <nop/core/storage.hpp>

#include "support/toy_backend.hpp"
#include <doctest/doctest.h>

#include <cstddef>
#include <thread>
#include <utility>
#include <vector>

namespace nop::test::storage_test {

using Toy     = nop::test::ToyBackend;
using Storage = nop::Storage<double, Toy>;

namespace {

void write(Storage& storage, std::size_t at, double value) {
  Toy::copy_from_host(&value, storage.mutable_data() + at, 1);
}

double read(const Storage& storage, std::size_t at) {
  double value = 0;
  Toy::copy_to_host(storage.data() + at, &value, 1);
  return value;
}

}  // namespace

TEST_CASE("copies of a storage share memory until one is written to") {
  Storage a(4);
  write(a, 2, 1.5);
  Storage b = a;
  CHECK(b.data() == a.data());
  CHECK(!a.is_unique());
  write(b, 2, 7);
  CHECK(b.data() != a.data());
  CHECK(read(a, 2) == 1.5);
  CHECK(read(b, 2) == 7);
  CHECK(a.is_unique());
}

TEST_CASE("a storage that nobody shares is written in place") {
  Storage a(4);
  const double* const place = a.data();
  write(a, 0, 1);
  CHECK(a.data() == place);
  {
    const Storage b = a;
    CHECK(!a.is_unique());
  }
  write(a, 0, 2);
  CHECK(a.data() == place);
}

TEST_CASE("borrowed memory is read in place and never written") {
  Storage owner(3);
  write(owner, 1, 5);
  Storage borrowed = Storage::borrowed(owner.data(), 3);
  CHECK(borrowed.is_borrowed());
  CHECK(borrowed.data() == owner.data());
  Storage copy = borrowed;
  CHECK(copy.is_borrowed());
  write(copy, 1, 6);
  write(borrowed, 1, 7);
  CHECK(!borrowed.is_borrowed());
  CHECK(read(owner, 1) == 5);
  CHECK(read(copy, 1) == 6);
  CHECK(read(borrowed, 1) == 7);
}

TEST_CASE("a moved-from storage is empty and can be used again") {
  Storage a(4);
  write(a, 0, 3);
  const double* const place = a.data();
  Storage b                 = std::move(a);
  CHECK(b.data() == place);
  CHECK(a.size() == 0);
  CHECK(a.data() == nullptr);
  CHECK(a.mutable_data() == nullptr);
  CHECK(a.clone().size() == 0);
  a = b;
  CHECK(read(a, 0) == 3);
  a = std::move(b);
  CHECK(read(a, 0) == 3);
}

TEST_CASE("a storage may be assigned to itself") {
  Storage a(2);
  write(a, 1, 4);
  const Storage& same = a;
  a                   = same;
  CHECK(read(a, 1) == 4);
  CHECK(a.is_unique());
}

TEST_CASE("an empty storage takes no memory") {
  const std::size_t before = Toy::live_blocks();
  Storage a(0);
  CHECK(Toy::live_blocks() == before);
  CHECK(a.mutable_data() == nullptr);
  CHECK(!a.is_borrowed());
}

TEST_CASE("memory is given back when the last copy goes") {
  const std::size_t before = Toy::live_blocks();
  {
    Storage a(10);
    Storage b = a;
    Storage c = std::move(a);
    CHECK(Toy::live_blocks() == before + 1);
    write(b, 0, 1);
    CHECK(Toy::live_blocks() == before + 2);
    b = c;
    CHECK(Toy::live_blocks() == before + 1);
  }
  CHECK(Toy::live_blocks() == before);
}

TEST_CASE("copies may be made and dropped and written to by many threads at once") {
  const std::size_t before = Toy::live_blocks();
  {
    Storage shared(8);
    for (std::size_t i = 0; i < 8; ++i) write(shared, i, 1);
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([copy = shared, t]() mutable {
        for (int round = 0; round < 500; ++round) {
          Storage mine = copy;
          write(mine, 3, t);
        }
      });
    for (auto& thread : threads) thread.join();
    threads.clear();
    CHECK(read(shared, 3) == 1);
    CHECK(shared.is_unique());
  }
  CHECK(Toy::live_blocks() == before);
}

}  // namespace nop::test::storage_test
