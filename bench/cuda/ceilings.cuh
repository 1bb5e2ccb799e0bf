// SPDX-License-Identifier: BSD-3-Clause
#pragma once

namespace bench {

/// What the device can do at most.
struct DeviceCeilings {
  double float_flops;  ///< a second, by fused multiply-adds on registers
  double double_flops;
  double sgemm_flops;  ///< of a product of matrices of 8192 x 8192, in float by cuBLAS
  double read_bytes;   ///< a second, from an array that no cache holds
  double copy_bytes;   ///< read and written, by the driver's own copy
  double triad_bytes;  ///< a = b + s c, three arrays
};

DeviceCeilings device_ceilings();

}  // namespace bench
