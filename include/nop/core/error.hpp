// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>

namespace nop {

/// A public function was called with values it cannot work with. The message names the function,
/// what was expected and what came.
class PreconditionError : public std::invalid_argument {
 public:
  using std::invalid_argument::invalid_argument;
};

/// A library underneath (FFTW, CUDA, the operating system) refused a call.
class BackendError : public std::runtime_error {
 public:
  /// `call` is the function that failed, `status` what it said.
  BackendError(const std::string& call, const std::string& status)
      : std::runtime_error(std::string(call).append(": ").append(status)) {}
};

/// A file does not hold what its format promises.
class FormatError : public std::runtime_error {
 public:
  /// `source` names the file, `offset` the byte at which reading stopped making sense.
  FormatError(const std::string& source, std::size_t offset, const std::string& what)
      : std::runtime_error(std::string(source)
                               .append(": byte ")
                               .append(std::to_string(offset))
                               .append(": ")
                               .append(what)),
        offset_(offset) {}

  [[nodiscard]] std::size_t offset() const { return offset_; }

 private:
  std::size_t offset_;
};

}  // namespace nop
