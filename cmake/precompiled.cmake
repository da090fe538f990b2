# SPDX-License-Identifier: Apache-2.0
# carillon_precompiled(TARGET): with CARILLON_PRECOMPILE, what nearly every file includes of the standard library, fmt and
# googletest is compiled once for all. The presets of the sanitizers use it, which are compiled for nothing but a run of
# the tests; the others don't, and find the file that forgot an include.

if(NOT CARILLON_PRECOMPILE)
  function(carillon_precompiled target)
  endfunction()
  return()
endif()

set(empty ${CMAKE_BINARY_DIR}/precompiled.cpp)
file(CONFIGURE OUTPUT ${empty} CONTENT "")
add_library(carillon_precompiled OBJECT ${empty})
target_link_libraries(carillon_precompiled PRIVATE carillon_options)
target_precompile_headers(carillon_precompiled PRIVATE
  <algorithm> <array> <atomic> <charconv> <chrono> <coroutine> <cstdint> <deque> <expected> <functional> <map> <memory>
  <mutex> <optional> <set> <span> <string> <string_view> <unordered_map> <utility> <variant> <vector> <fmt/format.h>)
if(CARILLON_TESTS)
  target_link_libraries(carillon_precompiled PRIVATE GTest::gmock)
  target_precompile_headers(carillon_precompiled PRIVATE <gmock/gmock.h> <gtest/gtest.h>)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # ccache keeps what was compiled with headers that carry no time.
  target_compile_options(carillon_options INTERFACE "SHELL:-Xclang -fno-pch-timestamp")
endif()

function(carillon_precompiled target)
  target_precompile_headers(${target} REUSE_FROM carillon_precompiled)
endfunction()
