# SPDX-License-Identifier: Apache-2.0
# carillon_precompiled(TARGET [WITH_TESTS]): with CARILLON_PRECOMPILE, what nearly every file includes of the standard
# library and fmt, and in tests of googletest, is compiled once for all. The preset asan does so, which is compiled for
# nothing but a run of the tests; the others don't, and find the file that forgot an include. For clang: g++ takes such
# headers only where no macro differs, and some libraries bring macros.

if(NOT CARILLON_PRECOMPILE)
  function(carillon_precompiled target)
  endfunction()
  return()
endif()

# ccache keeps what was compiled with headers that carry no time.
target_compile_options(carillon_options INTERFACE "SHELL:-Xclang -fno-pch-timestamp")

# The libraries define macros that the headers look at.
set(empty ${CMAKE_BINARY_DIR}/precompiled.cpp)
file(CONFIGURE OUTPUT ${empty} CONTENT "")
function(precompiled_headers name libraries)
  add_library(${name} OBJECT ${empty})
  target_link_libraries(${name} PRIVATE carillon_options ${libraries})
  target_precompile_headers(${name} PRIVATE
    <algorithm> <array> <atomic> <charconv> <chrono> <coroutine> <cstdint> <deque> <expected> <functional> <map> <memory>
    <mutex> <optional> <set> <span> <string> <string_view> <unordered_map> <utility> <variant> <vector> <fmt/format.h>
    ${ARGN})
endfunction()
precompiled_headers(carillon_precompiled "fmt::fmt")
if(CARILLON_TESTS)
  precompiled_headers(carillon_precompiled_tests "fmt::fmt;GTest::gmock" <gmock/gmock.h> <gtest/gtest.h>)
endif()

function(carillon_precompiled target)
  if("${ARGN}" STREQUAL "WITH_TESTS")
    target_precompile_headers(${target} REUSE_FROM carillon_precompiled_tests)
  else()
    target_precompile_headers(${target} REUSE_FROM carillon_precompiled)
  endif()
endfunction()
