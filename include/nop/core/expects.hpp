// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/error.hpp>

#include <initializer_list>
#include <ostream>
#include <sstream>

namespace nop {

namespace detail {

/// A part of a message, where it is, and how it is written. So that whatever the parts are, they
/// are put together by one function, which is compiled once.
class MessagePart {
 public:
  explicit MessagePart(const char* text) : MessagePart(*text, write_text) {}
  template <class T>
  explicit MessagePart(const T& value)
      : MessagePart(value,
                    [](std::ostream& out, const void* v) { out << *static_cast<const T*>(v); }) {}

  friend std::ostream& operator<<(std::ostream& out, const MessagePart& part) {
    part.write_(out, part.value_);
    return out;
  }

 private:
  using Write = void (*)(std::ostream&, const void*);

  template <class T>
  MessagePart(const T& value, Write write) : value_(&value), write_(write) {}

  static void write_text(std::ostream& out, const void* text) {
    out << static_cast<const char*>(text);
  }

  const void* value_;
  Write write_;
};

[[noreturn]] inline void refuse(std::initializer_list<MessagePart> parts) {
  std::ostringstream text;
  for (const MessagePart& part : parts) text << part;
  throw PreconditionError(text.str());
}

}  // namespace detail

/// Checks a value at a public entry point; `message` is what a PreconditionError says if it fails.
///
///     expects(x.extent(1) == in, "SpectralConv: expected ", in, " channels, got ", x.extent(1));
///
/// The parts are put together only on failure.
template <class... Message>
constexpr void expects(bool condition, const Message&... message) {
  if (!condition) [[unlikely]]
    detail::refuse({detail::MessagePart(message)...});
}

}  // namespace nop
