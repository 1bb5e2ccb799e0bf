// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/io/json.hpp>
#include <nop/io/reference/arguments.hpp>
#include <nop/io/reference/layer_shapes.hpp>
#include <nop/io/reference/values.hpp>

#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

namespace nop::detail {

/// Finds out how the Fourier layers of a model were made, by the tensors of the first one.
class ReferenceLayerDescriber {
 public:
  ReferenceLayerDescriber(const ReferenceTensors& tensors, ReferenceArguments& arguments)
      : tensors_(tensors), arguments_(arguments) {}

  void describe() {
    activation();
    skip("fno_skip", "layers.0.skip");
    const std::string mlp = "layers.0.mlp.*.0.weight";
    const auto* const map = tensors_.find(mlp);
    if (tensors_.family() == ReferenceFamily::fno || map == nullptr)
      arguments_.infer("use_channel_mlp", map != nullptr, tensors_.key(mlp));
    if (map != nullptr) {
      expansion(tensors_.at(mlp, 3), tensors_.key(mlp));
      skip("channel_mlp_skip", "layers.0.mlp_skip");
      arguments_.or_assume("channel_mlp_dropout", 0, "of no effect but in training");
    } else {
      for (const auto* const idle :
           {"channel_mlp_expansion", "channel_mlp_skip", "channel_mlp_dropout"})
        if (arguments_.is_given(idle)) arguments_.or_assume(idle, nullptr, "");
    }
    norm();
    arguments_.or_assume("preactivation", false, "no tensor tells");
    if (tensors_.family() == ReferenceFamily::fno)
      arguments_.or_assume("stabilizer", nullptr, "no tensor tells");
  }

  /// A map of channels is linear, a factor for each a gate; what has no tensors must be said.
  void skip(const std::string& name, const std::string& path) {
    const auto linear = tensors_.key(path + ".*.weight"), gate = tensors_.key(path + ".*.gate");
    if (tensors_.find_key(linear) != nullptr) {
      arguments_.infer(name, "linear", linear);
    } else if (const auto* const shape = tensors_.find_key(gate)) {
      const bool is_kernel = shape->size() == tensors_.dimensions() + 2 && (*shape)[0] != 1;
      arguments_.infer(name, is_kernel ? "linear" : "soft-gating", gate);
      if (is_kernel) arguments_.infer("conv_bias_kernel", shape->back(), gate);
    } else if (const Json* said = arguments_.said(name);
               said != nullptr && !said->is_null() && *said != "identity") {
      arguments_.contradict(name, *said, "identity", linear);
    } else {
      arguments_.or_miss(name, "'identity' or null; neither has a tensor");
    }
  }

 private:
  void activation() {
    const Json said = arguments_.or_assume("non_linearity", "gelu", "no tensor tells");
    if (!activation_of_reference(said)) arguments_.refuse("non_linearity", activations_text());
  }

  void expansion(const std::vector<std::size_t>& map, const std::string& key) {
    const auto hidden = static_cast<double>(map[0]), width = static_cast<double>(map[1]);
    double value = hidden / width;
    if (const Json* said = arguments_.said("channel_mlp_expansion")) {
      if (!said->is_number() || std::nearbyint(said->get<double>() * width) != hidden)
        arguments_.contradict("channel_mlp_expansion", *said, value, key);
      value = said->get<double>();
    }
    arguments_.confirm("channel_mlp_expansion", value, key);
  }

  void norm() {
    const std::string group = tensors_.key("layers.0.norm.0.*.weight");
    const auto behind       = [&](const std::string& parameter) {
      return group.substr(0, group.size() - std::string("weight").size()) + parameter;
    };
    const std::string batch = behind("norm.running_mean"), adaptive = behind("mlp.0.weight");
    if (tensors_.find_key(group) != nullptr) {
      arguments_.infer("norm", "group_norm", group);
      arguments_.or_assume("norm_groups", 1, "no tensor tells");
    } else if (tensors_.find_key(batch) != nullptr) {
      arguments_.infer("norm", "batch_norm", batch);
    } else if (const auto* const map = tensors_.find_key(adaptive)) {
      arguments_.infer("norm", "ada_in", adaptive);
      arguments_.infer("ada_in_features", map->back(), adaptive);
    } else if (const Json* said = arguments_.said("norm");
               said != nullptr && !said->is_null() && *said != "instance_norm") {
      arguments_.contradict("norm", *said, "instance_norm", group);
    } else {
      arguments_.or_assume("norm", nullptr, "'instance_norm' has no tensor either");
    }
  }

  const ReferenceTensors& tensors_;
  ReferenceArguments& arguments_;
};

}  // namespace nop::detail
