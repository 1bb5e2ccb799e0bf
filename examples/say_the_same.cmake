# SPDX-License-Identifier: BSD-3-Clause
# Runs each of PROGRAMS with ARGUMENTS; fails unless all succeed and print the same.
foreach(program ${PROGRAMS})
  separate_arguments(command UNIX_COMMAND "${program} ${ARGUMENTS}")
  execute_process(COMMAND ${command} OUTPUT_VARIABLE said COMMAND_ERROR_IS_FATAL ANY)
  message("${program}: ${said}")
  if(NOT said MATCHES "^u\\(1/4\\) = -?[0-9]+\\.[0-9]+\n$")
    message(FATAL_ERROR "expected a number, got: ${said}")
  elseif(DEFINED first AND NOT said STREQUAL first)
    message(FATAL_ERROR "expected what the first program said, ${first}")
  endif()
  set(first "${said}")
endforeach()
