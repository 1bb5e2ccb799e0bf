// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/parameter.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/functors.hpp>
#include <nop/core/operand.hpp>
#include <nop/core/tensor.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

namespace nop {

namespace detail {

/// The place on a tape where the gradient of one value is gathered.
class Node {
 public:
  Node()                       = default;
  Node(const Node&)            = delete;
  Node& operator=(const Node&) = delete;
  virtual ~Node()              = default;

  /// Hands the gathered gradient on to whatever the value was computed from.
  virtual void pull() {}
};

template <scalar Element, std::size_t Rank, class Backend>
class GradientNode : public Node {
 public:
  using Value = Tensor<Element, Rank, Backend>;

  void accumulate(Value contribution) {
    if (!gradient_) {
      gradient_ = std::move(contribution);
      return;
    }
    expects(contribution.shape() == gradient_->shape(), "Tape: expected a gradient of shape ",
            gradient_->shape(), ", got ", contribution.shape());
    // Written as real numbers, which add like complex ones, in the wider registers.
    using Real             = real_of<Element>;
    const Shape<3> box     = {1, 1, gradient_->size() * (complex<Element> ? 2 : 1)};
    Real* const total      = reinterpret_cast<Real*>(gradient_->mutable_data());
    const Real* const term = reinterpret_cast<const Real*>(contribution.data());
    Backend::map(Plus{}, box, whole(total, box), whole<const Real>(total, box), whole(term, box));
  }

  [[nodiscard]] const std::optional<Value>& gradient() const { return gradient_; }
  [[nodiscard]] std::optional<Value> take_gradient() { return std::exchange(gradient_, {}); }

 private:
  std::optional<Value> gradient_;
};

/// What a tape has written down. Variables share it, so that none outlives what it refers to.
struct Record {
  std::thread::id owner = std::this_thread::get_id();
  std::vector<std::unique_ptr<Node>> nodes;
  std::unordered_map<std::uint64_t, Node*> leaves;  ///< by identity
  bool finished = false;

  void expect_open(const char* function) const {
    expects(std::this_thread::get_id() == owner, function,
            ": expected the thread that made the tape, got another one");
    expects(!finished, function,
            ": expected a tape that is still recording, got one whose gradient was taken");
  }

  template <class NodeType>
  NodeType* append(std::unique_ptr<NodeType> node) {
    NodeType* const place = node.get();
    nodes.push_back(std::move(node));
    return place;
  }
};

}  // namespace detail

/// A value on a tape: what is computed from it is written down.
template <scalar Element_, std::size_t Rank_, class Backend_>
class Variable {
 public:
  using Element                     = Element_;
  using Backend                     = Backend_;
  static constexpr std::size_t rank = Rank_;
  using Value                       = Tensor<Element, Rank_, Backend>;
  using Node                        = detail::GradientNode<Element, Rank_, Backend>;

  /// Made by tapes and by `evaluate`. A null `node` marks a value that no gradient is asked for.
  Variable(Value value, std::shared_ptr<detail::Record> record, Node* node)
      : value_(std::move(value)), record_(std::move(record)), node_(node) {}

  [[nodiscard]] const Value& value() const { return value_; }
  [[nodiscard]] const Shape<Rank_>& shape() const { return value_.shape(); }
  [[nodiscard]] std::size_t extent(std::size_t axis) const { return value_.extent(axis); }
  [[nodiscard]] Element item() const { return value_.item(); }
  [[nodiscard]] const std::shared_ptr<detail::Record>& record() const { return record_; }
  [[nodiscard]] Node* node() const { return node_; }

 private:
  Value value_;
  std::shared_ptr<detail::Record> record_;
  Node* node_;
};

/// The gradients of a loss: dL/dx for a real x, dL/dRe(x) + i dL/dIm(x) for a complex one.
class Gradients {
 public:
  Gradients() = default;
  explicit Gradients(std::shared_ptr<detail::Record> record) : record_(std::move(record)) {}

  /// False for a parameter that was not used, or that the loss does not depend on.
  template <class E, std::size_t R, class B>
  [[nodiscard]] bool contains(const Parameter<E, R, B>& parameter) const {
    const auto* const node = find<E, R, B>(parameter);
    return node != nullptr && node->gradient().has_value();
  }

  /// The gradient by a parameter that the tape has seen.
  template <class E, std::size_t R, class B>
  const Tensor<E, R, B>& operator[](const Parameter<E, R, B>& parameter) const {
    expects(contains(parameter),
            "Gradients: expected a parameter that the loss depends on, got one of shape ",
            parameter.shape(), " that is not on the tape");
    return *find<E, R, B>(parameter)->gradient();
  }

  /// The gradient by a value that came from `Tape::variable`.
  template <class E, std::size_t R, class B>
  const Tensor<E, R, B>& operator[](const Variable<E, R, B>& variable) const {
    expects(record_ != nullptr && variable.record() == record_,
            "Gradients: expected a variable of this tape, got one of another");
    expects(variable.node() != nullptr && variable.node()->gradient().has_value(),
            "Gradients: expected a value made by Tape::variable that the loss depends on, got one "
            "of shape ",
            variable.shape(), " without a gradient");
    return *variable.node()->gradient();
  }

  /// Puts another gradient in the place of a parameter's. Copies made before keep theirs.
  template <class E, std::size_t R, class B>
  void replace(const Parameter<E, R, B>& parameter, Tensor<E, R, B> gradient) {
    expects(gradient.shape() == parameter.shape(), "Gradients::replace: expected shape ",
            parameter.shape(), ", got ", gradient.shape());
    const auto node = std::make_shared<detail::GradientNode<E, R, B>>();
    node->accumulate(std::move(gradient));
    replaced_[parameter.identity().number()] = node;
  }

 private:
  template <class E, std::size_t R, class B>
  [[nodiscard]] const detail::GradientNode<E, R, B>* find(
      const Parameter<E, R, B>& parameter) const {
    const auto replaced = replaced_.find(parameter.identity().number());
    if (replaced != replaced_.end())
      return static_cast<const detail::GradientNode<E, R, B>*>(replaced->second.get());
    if (record_ == nullptr) return nullptr;
    const auto leaf = record_->leaves.find(parameter.identity().number());
    if (leaf == record_->leaves.end()) return nullptr;
    return static_cast<const detail::GradientNode<E, R, B>*>(leaf->second);
  }

  std::shared_ptr<detail::Record> record_;
  std::unordered_map<std::uint64_t, std::shared_ptr<const detail::Node>> replaced_;
};

/// Remembers what is computed from its values, to be walked once backwards.
///
///     Tape tape;
///     const auto loss = relative_l2(model(tape.input(x)), y);
///     optimizer.step(model, tape.gradient(loss));
///
/// Reverse-mode differentiation: Griewank and Walther, "Evaluating Derivatives", 2nd ed., ch. 3.
/// A tape belongs to the thread that made it.
class Tape {
 public:
  Tape() : record_(std::make_shared<detail::Record>()) {}

  /// Puts a value on the tape by which no gradient is wanted, such as a batch of training data.
  template <class E, std::size_t R, class B>
  Variable<E, R, B> input(Tensor<E, R, B> value) {
    record_->expect_open("Tape::input");
    return {value.is_borrowed() ? value.clone() : std::move(value), record_, nullptr};
  }
  template <class E, std::size_t R, class B>
  auto input(const TensorView<E, R, B>& view) {
    return input(Tensor<std::remove_const_t<E>, R, B>::borrowed(view));
  }

  /// Puts a value on the tape by which a gradient can be asked for.
  template <class E, std::size_t R, class B>
  Variable<E, R, B> variable(Tensor<E, R, B> value) {
    record_->expect_open("Tape::variable");
    auto* const node = record_->append(std::make_unique<detail::GradientNode<E, R, B>>());
    return {value.is_borrowed() ? value.clone() : std::move(value), record_, node};
  }

  /// The gradients of a real loss of one element. Afterwards the tape is used up.
  template <class E, class B>
  Gradients gradient(const Variable<E, 0, B>& loss) {
    static_assert(real<E>, "Tape::gradient: expected a real loss");
    record_->expect_open("Tape::gradient");
    expects(loss.record() == record_,
            "Tape::gradient: expected a loss on this tape, got one on another");
    expects(loss.node() != nullptr,
            "Tape::gradient: expected a loss that depends on a parameter or a variable, got a "
            "constant");
    auto one = Tensor<E, 0, B>::uninitialized({});
    one.fill(1);
    loss.node()->accumulate(std::move(one));
    record_->finished = true;  // also if a pullback throws: it has been walked in part
    auto& nodes       = record_->nodes;
    for (std::size_t i = nodes.size(); i-- > 0;) nodes[i]->pull();
    return Gradients(record_);
  }

 private:
  std::shared_ptr<detail::Record> record_;
};

}  // namespace nop
