# SPDX-License-Identifier: BSD-3-Clause
# FFTW in double precision, FFTW3::fftw3, and in single precision, FFTW3::fftw3f. Debian's package
# has no CMake files.
find_path(FFTW3_INCLUDE_DIR fftw3.h)
find_library(FFTW3_fftw3_LIBRARY fftw3)
find_library(FFTW3_fftw3f_LIBRARY fftw3f)
mark_as_advanced(FFTW3_INCLUDE_DIR FFTW3_fftw3_LIBRARY FFTW3_fftw3f_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(
  FFTW3 REQUIRED_VARS FFTW3_fftw3_LIBRARY FFTW3_fftw3f_LIBRARY FFTW3_INCLUDE_DIR)

foreach(name fftw3 fftw3f)
  if(FFTW3_FOUND AND NOT TARGET FFTW3::${name})
    add_library(FFTW3::${name} UNKNOWN IMPORTED)
    set_target_properties(
      FFTW3::${name} PROPERTIES IMPORTED_LOCATION ${FFTW3_${name}_LIBRARY}
                                INTERFACE_INCLUDE_DIRECTORIES ${FFTW3_INCLUDE_DIR})
  endif()
endforeach()
