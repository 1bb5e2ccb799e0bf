# SPDX-License-Identifier: BSD-3-Clause
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(package_dir ${CMAKE_INSTALL_DATADIR}/cmake/nop)

install(TARGETS nop EXPORT nopTargets FILE_SET HEADERS)
install(EXPORT nopTargets NAMESPACE nop:: DESTINATION ${package_dir})

# Each optional target is exported apart: the package still works where what it needs is missing.
foreach(part pictures cuda c)
  if(TARGET nop_${part})
    install(TARGETS nop_${part} EXPORT nop-${part} FILE_SET HEADERS)
    install(EXPORT nop-${part} NAMESPACE nop:: DESTINATION ${package_dir})
  endif()
endforeach()

if(NOT TARGET nop_c) # headers only
  set(for_any_processor ARCH_INDEPENDENT)
endif()
write_basic_package_version_file(nopConfigVersion.cmake COMPATIBILITY SameMinorVersion
                                 ${for_any_processor})
install(
  FILES cmake/nopConfig.cmake
        cmake/FindCairo.cmake
        cmake/FindFFTW3.cmake
        cmake/FindLibZip.cmake
        cmake/Findxsimd.cmake
        ${CMAKE_CURRENT_BINARY_DIR}/nopConfigVersion.cmake
  DESTINATION ${package_dir})
