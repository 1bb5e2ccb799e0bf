// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/evaluate.hpp>
#include <nop/core/activation.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/mixing.hpp>
#include <nop/ops/map.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>

namespace nop {

namespace detail {

enum class LinkRole { weight, bias, residual, gate };

/// An operand of a link, and what it is there for.
template <LinkRole Role, operand X>
struct LinkPart {
  static constexpr LinkRole role = Role;
  const X& operand;
};

/// A link of `mix_chain` as it is written down; `through` begins one.
template <class... Parts>
struct ChainLink {
  static constexpr std::size_t size = sizeof...(Parts);
  std::tuple<Parts...> parts;
  Activation activation = Activation::identity;

  /// ... + residual, a field like the link's result.
  template <operand Residual>
  auto plus(const Residual& residual) const {
    return with(LinkPart<LinkRole::residual, Residual>{residual});
  }
  /// ... + gate_c x_c, where x is what the whole chain begins with.
  template <operand Gate>
  auto plus_gated(const Gate& gate) const {
    return with(LinkPart<LinkRole::gate, Gate>{gate});
  }
  /// sigma(...)
  ChainLink then(Activation sigma) const { return {parts, sigma}; }

 private:
  template <class Part>
  auto with(const Part& part) const {
    return ChainLink<Parts..., Part>{std::tuple_cat(parts, std::tuple<Part>(part)), activation};
  }
};

/// A chain but for the memory of its operands, of which there are `Count`.
template <real Real, std::size_t Links, std::size_t Count>
struct ChainPlan {
  std::array<Mixing<Real>, Links> blank;
  std::array<std::size_t, Count> link;  ///< that an operand belongs to
  std::array<LinkRole, Count> role;

  [[nodiscard]] auto links(const std::array<const Real*, Count>& data) const {
    return filled(blank, data);
  }
  [[nodiscard]] auto gradients(const std::array<Real*, Count>& data) const {
    return filled(std::array<MixingGradient<Real>, Links>{}, data);
  }

 private:
  template <class Places, class Pointers>
  Places filled(Places places, const Pointers& data) const {
    for (std::size_t i = 0; i < Count; ++i) {
      auto& place                                    = places[link[i]];
      (role[i] == LinkRole::weight     ? place.weight
       : role[i] == LinkRole::bias     ? place.bias
       : role[i] == LinkRole::residual ? place.residual
                                       : place.gate) = data[i];
    }
    return places;
  }
};

struct Through {
  /// A link of `mix_chain`: W u, for a weight [out, in].
  template <operand Weight>
    requires(rank_of<Weight> == 2)
  auto operator()(const Weight& weight) const {
    using W = LinkPart<LinkRole::weight, Weight>;
    return ChainLink<W>{std::tuple<W>(W{weight})};
  }
  /// W u + b, for a bias [out].
  template <operand Weight, operand Bias>
    requires(rank_of<Weight> == 2 && rank_of<Bias> == 1)
  auto operator()(const Weight& weight, const Bias& bias) const {
    using W = LinkPart<LinkRole::weight, Weight>;
    using B = LinkPart<LinkRole::bias, Bias>;
    return ChainLink<W, B>{std::tuple<W, B>(W{weight}, B{bias})};
  }
};

struct MixChain {
  /// A chain of channel mixings with what is added to them, in one pass over memory. At every point
  /// of a real field x [batch, channel, grid...], from u_0 = x on,
  ///
  ///     u_l = sigma( W u_{l-1} + b + r + g x )
  ///
  /// with W [out, in], b [out], r a field like u_l, and g [out], where out has to be the channels
  /// of x; b, r and g may be absent. Gives [batch, out of the last link, grid...]. Written link by
  /// link:
  ///
  ///     mix_chain(x, through(w, b).then(Activation::gelu), through(v).plus(r).plus_gated(g))
  ///
  /// Throws PreconditionError where an operand does not fit.
  template <operand X, class... Parts>
  auto operator()(const X& x, const Parts&... links) const {
    constexpr std::size_t count = (Parts::size + ...);
    ChainPlan<element_of<X>, sizeof...(links), count> plan{};
    std::size_t number = 0, part = 0;
    auto shape = x.shape();
    (describe(x.shape(), shape, links, number++, part, plan), ...);
    return std::apply(
        [&](const auto&... parts) {
          constexpr bool recorded =
              is_variable<X> || (is_variable<std::remove_cvref_t<decltype(parts.operand)>> || ...);
          return evaluate(
              [&plan](const auto& u, const auto&... operands) {
                return rule<recorded>(plan, u, operands...);
              },
              x, parts.operand...);
        },
        std::tuple_cat(links.parts...));
  }

 private:
  /// Enters a link into the plan; `shape` is that of what comes in, then that of what goes out.
  template <class ShapeType, class Link, class Plan>
  static void describe(const ShapeType& input, ShapeType& shape, const Link& link,
                       std::size_t number, std::size_t& part, Plan& plan) {
    const auto enter = [&]<LinkRole Role, class Operand>(const LinkPart<Role, Operand>& p) {
      const auto& given = p.operand.shape();
      if constexpr (Role == LinkRole::weight) {
        expects(given[1] == shape[1], "mix_chain: expected ", given[1],
                " channels, got a field of shape ", shape);
        shape[1] = given[0];
      } else if constexpr (Role == LinkRole::residual) {
        expects(given == shape, "mix_chain: expected a residual of shape ", shape, ", got ", given);
      } else {
        expects(given[0] == shape[1], "mix_chain: expected a ",
                Role == LinkRole::bias ? "bias" : "gate", " of ", shape[1], " channels, got ",
                given);
        expects(Role == LinkRole::bias || input[1] == shape[1],
                "mix_chain: expected as many channels as the ", input[1], " that are gated, got ",
                shape[1]);
      }
      plan.link[part]   = number;
      plan.role[part++] = Role;
    };
    std::apply([&](const auto&... parts) { (enter(parts), ...); }, link.parts);
    plan.blank[number].channels   = shape[1];
    plan.blank[number].activation = link.activation;
  }

  template <bool Recorded, class Plan, class Field, class... Operands>
  static auto rule(Plan plan, const Field& x, const Operands&... operands) {
    using Real    = typename Field::Element;
    using Backend = typename Field::Backend;
    using Links   = std::span<const Mixing<Real>>;
    std::tuple<Operands...> kept(operands...);
    if constexpr (Recorded && Backend::keeps_sums) keep_sums<Field>(plan, kept);
    const auto links = plan.links({operands.data()...});
    auto y           = Field::uninitialized(with_channels(x.shape(), links.back().channels));
    Backend::mix(channel_box(x.shape()), x.data(), Links(links), y.mutable_data());
    return with_joint_pullback(
        std::move(y), [plan, x, kept = std::move(kept)](const auto& dy, const auto& wanted) {
          return pulled(plan, x, kept, dy, wanted, std::index_sequence_for<Operands...>{});
        });
  }

  /// Of a residual only the sum is looked at again that it enters: that is kept in its place.
  template <class Field, class Plan, class... Operands>
  static void keep_sums(Plan& plan, std::tuple<Operands...>& kept) {
    std::size_t part = 0;
    const auto keep  = [&]<class Operand>(Operand& operand) {
      if constexpr (std::is_same_v<Operand, Field>)
        if (plan.role[part] == LinkRole::residual) {
          operand                         = Field::uninitialized(operand.shape());
          plan.blank[plan.link[part]].sum = operand.mutable_data();
        }
      ++part;
    };
    std::apply([&](auto&... operand) { (keep(operand), ...); }, kept);
  }

  template <class Plan, class Field, class... Operands, std::size_t... I>
  static auto pulled(const Plan& plan, const Field& x, const std::tuple<Operands...>& operands,
                     const Field& dy, const auto& wanted, std::index_sequence<I...>) {
    using Real = typename Field::Element;
    std::tuple<std::optional<Field>, std::optional<Operands>...> gradients;
    make_room(std::get<0>(gradients), x, wanted[0]);
    (make_room(std::get<I + 1>(gradients), std::get<I>(operands), wanted[I + 1]), ...);
    const auto chain  = plan.links({std::get<I>(operands).data()...});
    const auto places = plan.gradients({memory_of(std::get<I + 1>(gradients))...});
    Field::Backend::pull_mix(channel_box(x.shape()), x.data(), std::span<const Mixing<Real>>(chain),
                             dy.data(), memory_of(std::get<0>(gradients)),
                             std::span<const MixingGradient<Real>>(places));
    return gradients;
  }

  template <class Value>
  static void make_room(std::optional<Value>& gradient, const Value& like, bool wanted) {
    if (wanted) gradient = Value::uninitialized(like.shape());
  }
  template <class Value>
  static typename Value::Element* memory_of(std::optional<Value>& gradient) {
    return gradient ? gradient->mutable_data() : nullptr;
  }
};

}  // namespace detail

inline constexpr detail::Through through;
inline constexpr detail::MixChain mix_chain;

}  // namespace nop
