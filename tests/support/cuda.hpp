// SPDX-License-Identifier: BSD-3-Clause
#pragma once

namespace nop::test {

/// Do kernels run on the host here, by tests/support/cuda_emulator? Then sizes had better be small.
#ifdef NOP_CUDA_EMULATED
inline constexpr bool emulated = true;
#else
inline constexpr bool emulated = false;
#endif

}  // namespace nop::test
