# SPDX-License-Identifier: BSD-3-Clause
# xsimd, xsimd::xsimd: headers only. Its own package file calls the target xsimd or xsimd::xsimd,
# depending on the version, and Debian's makes it link a library xtl that does not exist.
find_path(xsimd_INCLUDE_DIR xsimd/xsimd.hpp)
mark_as_advanced(xsimd_INCLUDE_DIR)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(xsimd REQUIRED_VARS xsimd_INCLUDE_DIR)

if(xsimd_FOUND AND NOT TARGET xsimd::xsimd)
  add_library(xsimd::xsimd INTERFACE IMPORTED)
  target_include_directories(xsimd::xsimd INTERFACE ${xsimd_INCLUDE_DIR})
endif()
