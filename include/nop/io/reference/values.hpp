// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/activation.hpp>
#include <nop/io/config_json.hpp>
#include <nop/io/json.hpp>
#include <nop/io/reference/arguments.hpp>
#include <nop/layers/norm.hpp>
#include <nop/layers/skip.hpp>
#include <nop/layers/spectral_weight/form.hpp>
#include <nop/models/uno_config.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// \file
/// What the values of the reference constructor's arguments mean here.

namespace nop {

namespace detail {

/// A word that stands for an enumerator.
template <class Enum>
struct ReferenceWord {
  std::string_view word;
  Enum meaning;
};
inline constexpr auto skip_words =
    std::to_array<ReferenceWord<SkipKind>>({{"linear", SkipKind::linear},
                                            {"identity", SkipKind::identity},
                                            {"soft-gating", SkipKind::soft_gating}});
inline constexpr auto norm_words =
    std::to_array<ReferenceWord<NormKind>>({{"instance_norm", NormKind::instance},
                                            {"group_norm", NormKind::group},
                                            {"batch_norm", NormKind::batch},
                                            {"ada_in", NormKind::adaptive}});

inline constexpr auto factorization_words =
    std::to_array<ReferenceWord<SpectralWeightKind>>({{"Tucker", SpectralWeightKind::tucker},
                                                      {"CP", SpectralWeightKind::cp},
                                                      {"TT", SpectralWeightKind::tensor_train}});

template <class Words>
std::string words_text(const Words& words) {
  std::string text;
  for (const auto& [word, meaning] : words) text.append("'").append(word).append("', ");
  return text + "or null";
}

/// The enumerator of a word, or `absent` for null.
template <class Words, class Enum>
Enum meaning_of(const Words& words, Enum absent, const std::string& name, const Json& value,
                const ReferenceArguments& arguments) {
  if (value.is_null()) return absent;
  for (const auto& [word, meaning] : words)
    if (value == std::string(word)) return meaning;
  arguments.refuse(name, words_text(words));
}

template <class Words, class Enum>
Json word_of(const Words& words, Enum meaning) {
  for (const auto& [word, known] : words)
    if (known == meaning) return std::string(word);
  return nullptr;
}

/// "torch._C._nn.leaky_relu", "torch.nn.modules.activation.LeakyReLU" and such: "leakyrelu".
inline std::string bare_name(const Json& value) {
  const Json& text = value.is_object() && value.contains("global") ? value["global"] : value;
  if (!text.is_string()) return {};
  std::string name = text.get<std::string>();
  name.erase(0, name.find_last_of('.') + 1);
  std::erase(name, '_');
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return name;
}

}  // namespace detail

inline SkipKind skip_of_reference(const std::string& name, const Json& value,
                                  const ReferenceArguments& arguments) {
  return detail::meaning_of(detail::skip_words, SkipKind::none, name, value, arguments);
}
inline Json skip_for_reference(SkipKind kind) { return detail::word_of(detail::skip_words, kind); }

inline NormKind norm_of_reference(const std::string& name, const Json& value,
                                  const ReferenceArguments& arguments) {
  return detail::meaning_of(detail::norm_words, NormKind::none, name, value, arguments);
}
inline Json factorization_for_reference(SpectralWeightKind kind) {
  return detail::word_of(detail::factorization_words, kind);
}
inline Json norm_for_reference(NormKind kind) { return detail::word_of(detail::norm_words, kind); }

/// The activation of a function's or a module's name, however a pickle writes it; nothing for one
/// that is unknown.
inline std::optional<Activation> activation_of_reference(const Json& value) {
  const std::string name = detail::bare_name(value);
  const auto names       = enumerator_names(Activation{});
  for (std::size_t i = 0; i < names.size(); ++i)
    if (detail::bare_name(Json(names[i])) == name) return static_cast<Activation>(i);
  return std::nullopt;
}

inline std::string activations_text() { return "one of gelu, relu, leaky_relu, silu, tanh, selu"; }

inline Json activation_for_reference(Activation activation) { return enumerator_name(activation); }

/// {to: from, ...}
inline Json skips_for_reference(const std::vector<HorizontalSkip>& skips) {
  Json map = Json::object();
  for (const auto& [from, to] : skips) map[std::to_string(to)] = from;
  return map;
}

/// {"grid_boundaries": [[begin, end], ...]} of a module that appends coordinates, however a pickle
/// writes it; anything else as it is.
inline Json embedding_of_reference(const Json& value) {
  const std::string boundaries = "grid_boundaries";
  const auto parts             = value.find("arguments");
  if (parts != value.end() && parts->is_array())
    for (const auto& part : *parts)
      if (part.contains(boundaries)) return {{boundaries, part[boundaries]}};
  return value;
}

/// A list of so many numbers of at least 1; else a FormatError.
inline std::vector<std::size_t> counts_of_reference(const std::string& name, const Json& value,
                                                    std::size_t size,
                                                    const ReferenceArguments& arguments) {
  const Json list     = value.is_array() ? value : Json::array({value});
  const auto is_count = [](const Json& entry) {
    return entry.is_number_integer() && entry.get<std::int64_t>() >= 1 &&
           entry.get<std::int64_t>() < 1'000'000'000;
  };
  if (list.size() != size || !std::all_of(list.begin(), list.end(), is_count))
    arguments.refuse(name, "a list of " + std::to_string(size) + " whole numbers of at least 1");
  return list.get<std::vector<std::size_t>>();
}

/// A list of `size` numbers of points, of one number or of such a list; else a FormatError.
inline std::vector<std::size_t> points_of_reference(const std::string& name, const Json& value,
                                                    std::size_t size,
                                                    const ReferenceArguments& arguments) {
  const Json list      = value.is_array() ? value : Json(std::vector<Json>(size, value));
  const auto is_number = [](const Json& entry) {
    return entry.is_number_integer() && entry.get<std::int64_t>() >= 0 &&
           entry.get<std::int64_t>() <= 1'000'000;
  };
  if (list.size() != size || !std::all_of(list.begin(), list.end(), is_number))
    arguments.refuse(name, "a number of points or a list of " + std::to_string(size));
  return list.get<std::vector<std::size_t>>();
}

/// A list of `size` numbers that are not negative, of one number or of such a list; else a
/// FormatError.
inline std::vector<double> numbers_of_reference(const std::string& name, const Json& value,
                                                std::size_t size,
                                                const ReferenceArguments& arguments) {
  const auto is_fine = [](const Json& entry) {
    return entry.is_number() && entry.get<double>() >= 0 && entry.get<double>() < 1e6;
  };
  if (is_fine(value)) return std::vector<double>(size, value.get<double>());
  if (!value.is_array() || value.size() != size ||
      !std::all_of(value.begin(), value.end(), is_fine))
    arguments.refuse(
        name, "a number of at least 0 or a list of " + std::to_string(size) + " such numbers");
  return value.get<std::vector<double>>();
}

/// A list of `size` pairs [begin, end]; else a FormatError.
inline std::vector<std::array<double, 2>> intervals_of_reference(
    const std::string& name, const Json& value, std::size_t size,
    const ReferenceArguments& arguments) {
  const auto is_pair = [](const Json& entry) {
    return entry.is_array() && entry.size() == 2 && entry[0].is_number() && entry[1].is_number();
  };
  if (!value.is_array() || value.size() != size ||
      !std::all_of(value.begin(), value.end(), is_pair))
    arguments.refuse(name, "a list of " + std::to_string(size) + " pairs [begin, end]");
  return value.get<std::vector<std::array<double, 2>>>();
}

}  // namespace nop
