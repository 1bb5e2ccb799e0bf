// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cpu.hpp>
#include <nop/core/backend.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/rng.hpp>
#include <nop/core/shape.hpp>
#include <nop/core/tensor.hpp>
#include <nop/diffusion/noise.hpp>
#include <nop/io/array.hpp>
#include <nop/io/config_json.hpp>
#include <nop/io/file.hpp>
#include <nop/io/float16.hpp>
#include <nop/io/json.hpp>
#include <nop/io/npy.hpp>
#include <nop/training/progress.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace nop {

/// What a set of trajectories is made from.
struct TrajectoriesConfig {
  std::vector<std::size_t> sample;  ///< the shape of a state, [channel, grid...]
  std::vector<double> times;        ///< of the states that are kept, in the order they come
  std::uint64_t seed = 0;           ///< of the noise
  std::string made_by;              ///< the model and the solver, in words

  template <class Self>
  static void fields(Self& self, auto&& visit) {
    visit("sample", self.sample);
    visit("times", self.times);
    visit("seed", self.seed);
    visit("made_by", self.made_by);
  }
  friend bool operator==(const TrajectoriesConfig&, const TrajectoriesConfig&) = default;
};

/// Trajectories of a diffusion from noise to data, by which an operator learns to jump: a folder
/// with a file of 500 trajectories each, in half precision, of which any that is missing is made,
/// and a memory of them. The noise is not kept: that of sample i is number i of a stream.
///
///     Trajectories<2> data(folder, {.sample = {1, 28, 28}, .times = {0.25, 0}, .seed = 1});
///     data.make(10000, [&](const auto& noise) { return states_at(...); }, progress);
///     data.read(10000);
///     model(data.noise(samples)), data.states(samples, {0, 1})
template <std::size_t Dim, backend Backend = Cpu, real Real = float>
class Trajectories {
 public:
  static constexpr std::size_t part_size = 500;
  using Noise  = Tensor<Real, Dim + 2, Backend>;  ///< [sample, channel, grid...]
  using States = Tensor<Real, Dim + 3, Backend>;  ///< [sample, step, channel, grid...]

  /// Makes the folder, or looks into it. Throws PreconditionError unless samples are of Dim
  /// dimensions with something in them and there is a time, FormatError if the folder's
  /// trajectories are made from something else.
  Trajectories(std::filesystem::path folder, TrajectoriesConfig config)
      : folder_(std::move(folder)), config_(std::move(config)) {
    expects(config_.sample.size() == Dim + 1 && row() > 0 && !config_.times.empty(),
            "Trajectories: expected samples of ", Dim + 1, " axes at one time or more, got ",
            config_.sample.size(), " axes of ", row(), " numbers at ", config_.times.size(),
            " times");
    std::filesystem::create_directories(folder_);
    const auto path = folder_ / "trajectories.json";
    if (!std::filesystem::exists(path)) {
      write_atomically(
          path, [&](OutputFile& file) { file.write(config_to_json(config_).dump(2) + '\n'); });
      return;
    }
    const auto found = config_in(folder_);
    if (found != config_)
      throw FormatError(path.string(), 0,
                        "the folder has trajectories made from something else: " +
                            json_text(config_to_json(found)));
  }

  /// What the trajectories in a folder are made from. Throws FormatError if it does not say.
  static TrajectoriesConfig config_in(const std::filesystem::path& folder) {
    const auto path = folder / "trajectories.json";
    const JsonOrigin origin{path.string()};
    return config_from_json<TrajectoriesConfig>(parse_json(read_file(path), origin), origin);
  }

  /// Makes what is missing of the first `count` trajectories: `solve(noise)` answers noise
  /// [sample, channel, grid...] with the states [sample, step, channel, grid...] at all times.
  template <class Solve>
  void make(std::size_t count, const Solve& solve, std::optional<Progress::Config> progress = {}) {
    const std::size_t parts = count / part_size + (count % part_size != 0 ? 1 : 0);
    std::vector<std::size_t> missing;
    for (std::size_t part = 0; part < parts; ++part)
      if (!std::filesystem::exists(path_of(part))) missing.push_back(part);
    std::optional<Progress> shown;
    if (progress) shown.emplace(*progress);
    if (shown) shown->start("trajectories", parts, parts - missing.size());
    for (std::size_t i = 0; i < missing.size(); ++i) {
      std::vector<std::size_t> samples;
      for (std::size_t s = 0; s < part_size; ++s) samples.push_back(missing[i] * part_size + s);
      const States states = solve(noise(samples));
      expects(states.shape() == states_shape(part_size, config_.times.size()),
              "Trajectories: expected states of shape ",
              states_shape(part_size, config_.times.size()), ", got ", states.shape());
      write_npy(path_of(missing[i]), float16_array(states));
      if (shown) shown->report(parts - missing.size() + i + 1, "");
    }
  }

  /// How many there are in the folder, from the first one on without a gap.
  [[nodiscard]] std::size_t made() const {
    std::size_t part = 0;
    while (std::filesystem::exists(path_of(part))) ++part;
    return part * part_size;
  }

  /// Takes the first `count` trajectories into memory, or those from `first` on. Throws FormatError
  /// if a file is damaged, and PreconditionError if one is missing.
  void read(std::size_t count, std::size_t first = 0) {
    constexpr std::size_t most = std::size_t{1} << 40U;
    expects(count <= most && first <= most, "Trajectories::read: expected at most ", most,
            " trajectories, got ", count, " from ", first, " on");
    const std::size_t trajectory = row() * config_.times.size(), end = first + count;
    for (std::size_t next = first; next < end; next += part_size - next % part_size)
      expects(std::filesystem::exists(path_of(next / part_size)),
              "Trajectories::read: expected trajectories up to ", end, ", got no ",
              path_of(next / part_size).string());
    std::vector<std::uint16_t> numbers(count * trajectory);
    for (std::size_t next = first; next < end;) {
      const auto path   = path_of(next / part_size);
      const Array array = read_npy(path);
      auto shape        = std::vector{part_size, config_.times.size()};
      shape.insert(shape.end(), config_.sample.begin(), config_.sample.end());
      if (array.shape() != shape || array.element_type() != ElementType::float16)
        throw FormatError(path.string(), 0,
                          "expected float16 " + detail::shape_text(shape) + ", got " +
                              std::string(name_of(array.element_type())) + ' ' +
                              detail::shape_text(array.shape()));
      const std::size_t begin = next % part_size;
      const std::size_t taken = std::min(part_size - begin, end - next);
      std::memcpy(numbers.data() + (next - first) * trajectory,
                  array.bytes().data() + begin * trajectory * sizeof(std::uint16_t),
                  taken * trajectory * sizeof(std::uint16_t));
      next += taken;
    }
    numbers_ = std::move(numbers);
    first_   = first;
    size_    = count;
  }

  /// How many are in memory.
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] const TrajectoriesConfig& config() const { return config_; }

  /// The noise of these samples, whether their trajectories were made or not.
  [[nodiscard]] Noise noise(std::span<const std::size_t> samples) const {
    Shape<Dim + 2> shape;
    shape[0] = samples.size();
    for (std::size_t axis = 0; axis <= Dim; ++axis) shape[1 + axis] = config_.sample[axis];
    return normal_noise<Real, Backend>(shape, RandomStream(config_.seed, 0), samples);
  }

  /// The states of these samples at steps of `config().times`. Throws PreconditionError if one is
  /// not in memory.
  [[nodiscard]] States states(std::span<const std::size_t> samples,
                              std::span<const std::size_t> steps) const {
    const std::size_t length = row();
    std::vector<Real> values;
    values.reserve(samples.size() * steps.size() * length);
    for (const std::size_t sample : samples)
      for (const std::size_t step : steps) {
        expects(sample >= first_ && sample - first_ < size_ && step < config_.times.size(),
                "Trajectories::states: expected samples from ", first_, " to below ",
                first_ + size_, " and steps below ", config_.times.size(), ", got ", sample,
                " and ", step);
        const auto* const state =
            numbers_.data() + ((sample - first_) * config_.times.size() + step) * length;
        for (std::size_t i = 0; i < length; ++i)
          values.push_back(static_cast<Real>(detail::widen_float16(state[i])));
      }
    return States(states_shape(samples.size(), steps.size()), std::span<const Real>(values));
  }

  /// The steps of these times. Throws PreconditionError for a time of which nothing is kept.
  [[nodiscard]] std::vector<std::size_t> steps_at(std::span<const double> times) const {
    std::vector<std::size_t> steps;
    for (const double time : times) {
      const auto found = std::find(config_.times.begin(), config_.times.end(), time);
      expects(found != config_.times.end(), "Trajectories: expected a time that is kept, got ",
              time);
      steps.push_back(static_cast<std::size_t>(found - config_.times.begin()));
    }
    return steps;
  }

 private:
  [[nodiscard]] std::size_t row() const {
    std::size_t numbers = 1;
    for (const std::size_t extent : config_.sample) numbers *= extent;
    return numbers;
  }
  [[nodiscard]] Shape<Dim + 3> states_shape(std::size_t samples, std::size_t steps) const {
    Shape<Dim + 3> shape;
    shape[0] = samples;
    shape[1] = steps;
    for (std::size_t axis = 0; axis <= Dim; ++axis) shape[2 + axis] = config_.sample[axis];
    return shape;
  }
  [[nodiscard]] std::filesystem::path path_of(std::size_t part) const {
    char name[32];
    std::snprintf(name, sizeof name, "part-%05zu.npy", part);
    return folder_ / name;
  }
  static Array float16_array(const States& states) {
    const auto values = states.to_host();
    std::vector<std::uint16_t> narrow;
    for (const Real value : values)
      narrow.push_back(detail::narrow_float16(static_cast<float>(value)));
    const auto bytes = std::as_bytes(std::span(narrow));
    return {ElementType::float16,
            {states.shape().begin(), states.shape().end()},
            {bytes.begin(), bytes.end()}};
  }

  std::filesystem::path folder_;
  TrajectoriesConfig config_;
  std::size_t first_ = 0, size_ = 0;
  std::vector<std::uint16_t> numbers_;  ///< of the `size_` trajectories from `first_` on
};

}  // namespace nop
