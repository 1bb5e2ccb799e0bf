// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <ucontext.h>

#include <cstddef>
#include <cstdint>

/// \file
/// Contexts of execution that take turns on one thread of the host. Those of the C library ask the
/// system at every switch, which takes ten times as long: on x86-64 the registers are kept by hand.

namespace nop::test::cuda_emulator {

#if defined(__x86_64__)

/// The registers that a function keeps for its caller, then where it goes on.
class Context {
 public:
  /// Will call `enter` on this stack, which must never return.
  void prepare(std::byte* stack, std::size_t bytes, void (*enter)()) {
    auto* top = reinterpret_cast<std::uintptr_t*>(
        (reinterpret_cast<std::uintptr_t>(stack) + bytes) & ~std::uintptr_t{63});
    *--top = 0;  // where `enter` would return to; the stack stands as it does after a call
    *--top = reinterpret_cast<std::uintptr_t>(enter);
    for (int i = 0; i < 6; ++i) *--top = 0;
    stack_ = top;
  }

  /// Goes on there and, when somebody switches back, here.
  [[gnu::noinline]] static void switch_to(Context& here, const Context& there) {
    swap(&here.stack_, there.stack_);
  }

 private:
  [[gnu::naked, gnu::noinline]] static void swap(void*, void*) {
    asm("pushq %rbp\n pushq %rbx\n pushq %r12\n pushq %r13\n pushq %r14\n pushq %r15\n"
        "movq %rsp, (%rdi)\n movq %rsi, %rsp\n"
        "popq %r15\n popq %r14\n popq %r13\n popq %r12\n popq %rbx\n popq %rbp\n"
        "ret");
  }

  void* stack_ = nullptr;
};

#else

class Context {
 public:
  void prepare(std::byte* stack, std::size_t bytes, void (*enter)()) {
    getcontext(&context_);
    context_.uc_stack.ss_sp   = stack;
    context_.uc_stack.ss_size = bytes;
    context_.uc_link          = nullptr;
    makecontext(&context_, enter, 0);
  }
  static void switch_to(Context& here, const Context& there) {
    swapcontext(&here.context_, &there.context_);
  }

 private:
  ucontext_t context_{};
};

#endif

}  // namespace nop::test::cuda_emulator
