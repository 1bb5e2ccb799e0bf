// SPDX-License-Identifier: BSD-3-Clause
#include "case.hpp"

#include <regex>
#include <stdexcept>

namespace bench {

std::vector<std::size_t> parse_extents(const std::string& text) {
  static const std::regex form("[1-9][0-9]{0,8}(x[1-9][0-9]{0,8})*");
  std::vector<std::size_t> extents;
  if (!std::regex_match(text, form)) return extents;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t digits = 0;
    extents.push_back(std::stoul(text.substr(at), &digits));
    at += digits + 1;
  }
  return extents;
}

std::string text_of(const std::vector<std::size_t>& extents) {
  std::string text;
  for (const std::size_t extent : extents) {
    if (!text.empty()) text += 'x';
    text += std::to_string(extent);
  }
  return text;
}

Case parse_case(const std::string& name) {
  static const std::regex form(
      "([a-z]+)([1-4])d_b([0-9]+)_[ch]([0-9]+)_n?([0-9x]+)(_m([0-9x]+))?"
      "(_s([1-9][0-9]*)(_e([0-9]+)x([0-9]+))?)?");
  const auto refuse = [&name](const std::string& why) {
    throw std::invalid_argument("expected the name of a case, such as sc2d_b4_c32_256_m24, got '" +
                                name + "': " + why);
  };
  std::smatch part;
  if (!std::regex_match(name, part, form)) refuse("KIND D d _b BATCH _c CHANNELS _ GRID _m MODES");
  const std::size_t dimensions = std::stoul(part[2]);
  const auto extents           = [&](const std::string& text) {
    auto values = parse_extents(text);
    if (values.size() == 1) values.resize(dimensions, values.front());
    if (values.size() != dimensions)
      refuse("'" + text + "' is not one extent, nor one for each of the dimensions");
    return values;
  };

  for (const Kind kind : all<Kind>()) {
    if (name_of(kind) != part[1]) continue;
    const bool has_modes = kind == Kind::sc || kind == Kind::fno || kind == Kind::time;
    if (part[6].matched != has_modes) refuse(has_modes ? "_mMODES is missing" : "it has no modes");
    const bool has_states = kind == Kind::dsno;
    if (part[8].matched != has_states)
      refuse(has_states ? "_sSTATES is missing" : "it has no states");
    return {.name     = name,
            .kind     = kind,
            .batch    = std::stoul(part[3]),
            .channels = std::stoul(part[4]),
            .grid     = extents(part[5]),
            .modes    = has_modes ? extents(part[7]) : std::vector<std::size_t>{},
            .states   = has_states ? std::stoul(part[9]) : 1,
            .shared   = part[10].matched ? std::stoul(part[11]) : 0,
            .separate = part[10].matched ? std::stoul(part[12]) : 0};
  }
  refuse("there is no kind '" + part[1].str() + "'");
  return {};
}

}  // namespace bench
