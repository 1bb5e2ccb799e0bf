// SPDX-License-Identifier: BSD-3-Clause
#include <nop/training/progress.hpp>

#include <doctest/doctest.h>

#include <sstream>
#include <string>

namespace nop::test::progress_test {
namespace {

struct Shown {
  std::ostringstream stream;
  double now = 100;
  Progress progress;

  explicit Shown(ProgressStyle style)
      : progress({.stream = stream, .style = style, .clock = [this] { return now; }}) {}
  std::string taken() {
    auto text = stream.str();
    stream.str("");
    return text;
  }
};

TEST_CASE("a bar shows part, rate, time left and a note, drawn over itself") {
  Shown shown(ProgressStyle::bar);
  shown.progress.start("epoch 3/20", 1000);
  shown.progress.show(0, "");
  CHECK(shown.taken() == "\repoch 3/20 [--------------------]   0%  \x1b[K");
  shown.now += 2;
  shown.progress.show(400, "loss 0.0123");
  CHECK(shown.taken() ==
        "\repoch 3/20 [########------------]  40%  200/s  0:03 left  loss 0.0123\x1b[K");
  shown.now += 3;
  shown.progress.show(1000, "");
  CHECK(shown.taken() == "\repoch 3/20 [####################] 100%  200/s  0:00 left  \x1b[K");
  shown.progress.finish("0:05  loss 0.01");
  CHECK(shown.taken() == "\repoch 3/20  0:05  loss 0.01\x1b[K\n");
}

TEST_CASE("a bar is drawn at most ten times a second") {
  Shown shown(ProgressStyle::bar);
  shown.progress.start("x", 10);
  shown.progress.show(1, "");
  CHECK(!shown.taken().empty());
  shown.now += 0.05;
  shown.progress.show(2, "");
  CHECK(shown.taken().empty());
  shown.now += 0.06;
  shown.progress.show(3, "");
  CHECK(shown.taken().find("27.27/s") == std::string::npos);
}

TEST_CASE("elsewhere than on a terminal only finished lines appear, without control characters") {
  for (const auto style : {ProgressStyle::plain, ProgressStyle::automatic}) {
    Shown shown(style);
    shown.progress.start("epoch 1/2", 10);
    shown.progress.show(5, "loss 1");
    shown.progress.finish("0:01  loss 1");
    shown.progress.start("epoch 2/2", 10);
    shown.progress.finish("0:01  loss 0.5");
    CHECK(shown.taken() == "epoch 1/2  0:01  loss 1\nepoch 2/2  0:01  loss 0.5\n");
  }
}

TEST_CASE("slow work has a rate with decimals, and no items are no failure") {
  Shown shown(ProgressStyle::bar);
  shown.progress.start("x", 4);
  shown.now += 8;
  shown.progress.show(1, "");
  CHECK(shown.taken() == "\rx [#####---------------]  25%  0.12/s  0:24 left  \x1b[K");
  shown.progress.start("empty", 0);
  shown.progress.show(0, "");
  CHECK(shown.taken().find("empty") != std::string::npos);
}

TEST_CASE("a work that goes on is timed by what this run did, and can be reported on its way") {
  Shown shown(ProgressStyle::plain);
  shown.progress.start("training", 1000, 400);
  shown.progress.report(400, "loss 1");
  shown.now += 2;
  shown.progress.report(500, "loss 0.5");
  shown.now += 10;
  shown.progress.report(1000, "loss 0.1");
  CHECK(shown.taken() ==
        "training  400/1000  loss 1\n"
        "training  500/1000  0:10 left  loss 0.5\n"
        "training  1000/1000  loss 0.1\n");
}

TEST_CASE("a time is written as on a clock") {
  CHECK(nop::detail::clock_text(7.4) == "0:07");
  CHECK(nop::detail::clock_text(750) == "12:30");
  CHECK(nop::detail::clock_text(11100) == "3:05:00");
  CHECK(nop::detail::clock_text(-1) == "0:00");
}

}  // namespace

}  // namespace nop::test::progress_test
