# SPDX-License-Identifier: Apache-2.0
# How everything is compiled and linked: warnings, sanitizers, link-time optimisation, and ccache and a fast linker
# where they are installed. Sets CARILLON_COMPILE_OPTIONS, CARILLON_DEFINITIONS and CARILLON_LINK_OPTIONS.

set(CARILLON_COMPILE_OPTIONS -Wall -Wextra -Wpedantic -Wshadow -Wconversion -fno-omit-frame-pointer)
set(CARILLON_DEFINITIONS "")
set(CARILLON_LINK_OPTIONS "")

find_program(CARILLON_CCACHE ccache)
if(CARILLON_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CARILLON_CCACHE})
  if(CARILLON_PRECOMPILE)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${CARILLON_CCACHE})
  endif()
endif()

if(CARILLON_LTO)
  include(CheckIPOSupported)
  check_ipo_supported()
  set(CMAKE_INTERPROCEDURAL_OPTIMIZATION ON)
  # g++ 12 numbers the fields of coroutine frames anew in each file, and then calls the frames different types.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    list(APPEND CARILLON_LINK_OPTIONS -Wno-odr)
  endif()
else()
  # The LTO plugin works with the default linker; everything else links several times faster with mold or lld.
  find_program(CARILLON_MOLD mold)
  find_program(CARILLON_LLD NAMES ld.lld-19 ld.lld)
  if(CARILLON_MOLD)
    list(APPEND CARILLON_LINK_OPTIONS -fuse-ld=mold)
  elseif(CARILLON_LLD)
    list(APPEND CARILLON_LINK_OPTIONS -fuse-ld=lld)
  endif()
endif()

# The preset train makes the instrumented server whose runs leave a profile, the preset pgo arranges the code by it; what
# the profile doesn't reach is compiled as without one. `./dev build pgo` does both.
set(profile_folder ${CMAKE_SOURCE_DIR}/build/profile)
if(CARILLON_PROFILE STREQUAL "make")
  set(profile_options -fprofile-generate=${profile_folder} -fprofile-update=prefer-atomic)
elseif(CARILLON_PROFILE STREQUAL "use")
  set(profile_options -fprofile-use=${profile_folder} -fprofile-partial-training -fprofile-correction -Wno-missing-profile -Wno-coverage-mismatch)
endif()
if(CARILLON_PROFILE)
  list(APPEND profile_options -fprofile-prefix-path=${CMAKE_BINARY_DIR})
  list(APPEND CARILLON_COMPILE_OPTIONS ${profile_options})
  list(APPEND CARILLON_LINK_OPTIONS ${profile_options})
endif()

if(CARILLON_WERROR)
  list(APPEND CARILLON_COMPILE_OPTIONS -Werror)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # Debian 12's Boost does not know clang 19's coroutine support.
  list(APPEND CARILLON_DEFINITIONS BOOST_ASIO_HAS_CO_AWAIT BOOST_ASIO_HAS_STD_COROUTINE)
  # libstdc++ 12 sorts by means that it calls deprecated.
  list(APPEND CARILLON_COMPILE_OPTIONS -Wno-deprecated-declarations)
else()
  # g++ 12 sees overlapping copies inside std::string's operator+ (GCC bug 105651), and a mismatch when it inlines one of
  # a replaced operator new and delete (GCC bug 103993): a test that counts allocations replaces them.
  list(APPEND CARILLON_COMPILE_OPTIONS -Wno-restrict -Wno-mismatched-new-delete)
endif()

if(CARILLON_SANITIZE)
  # The check of vtable pointers reads memory through a pipe, and takes what it sees for bad when a test of ours has used
  # up all descriptors.
  list(APPEND CARILLON_COMPILE_OPTIONS -fsanitize=${CARILLON_SANITIZE} -fno-sanitize=vptr -fno-sanitize-recover=all)
  list(APPEND CARILLON_LINK_OPTIONS -fsanitize=${CARILLON_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # The instrumented code defeats the flow analysis of g++ 12; the other presets keep these warnings. Fences, which
    # ThreadSanitizer does not model, occur inside Asio alone.
    list(APPEND CARILLON_COMPILE_OPTIONS -Wno-maybe-uninitialized -Wno-array-bounds -Wno-stringop-overflow -Wno-tsan)
  endif()
endif()
if(CARILLON_FUZZ)
  list(APPEND CARILLON_COMPILE_OPTIONS -fsanitize=fuzzer-no-link)
endif()
