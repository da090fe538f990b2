# SPDX-License-Identifier: Apache-2.0
# layer() and module(): one call declares the library, tests, benchmarks and fuzzers of a folder.
#
#   x.cpp               the static library carillon_<folder>
#   x_test.cpp          the test binary <folder>_test
#   x_threads_test.cpp  the test binary <folder>_threads_test: what starts several workers, run under ThreadSanitizer too
#   x_benchmark.cpp     the benchmark <folder>_benchmark
#   x_fuzz.cpp          the fuzzer <folder>_x_fuzz
#   main.cpp            the program named by PROGRAM
#
# The targets unit_tests, threads_tests, benchmarks and fuzzers build all of a kind.

foreach(kind unit_tests threads_tests benchmarks fuzzers)
  add_custom_target(${kind})
endforeach()

# A test binary of `sources`, known to ctest under the same name. `server`, if not empty, is what
# tests/servers/run_with.py starts for it.
function(carillon_test name library sources libraries server)
  add_executable(${name} ${sources})
  carillon_precompiled(${name} WITH_TESTS)
  target_link_libraries(${name} PRIVATE ${library} ${libraries} GTest::gmock_main)
  set(command ${name})
  if(server)
    set(command /usr/bin/python3 ${CMAKE_SOURCE_DIR}/tests/servers/run_with.py ${server} -- $<TARGET_FILE:${name}>)
  endif()
  add_test(NAME ${name} COMMAND ${command} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES TIMEOUT 300)
  add_dependencies(unit_tests ${name})
endfunction()

function(carillon_folder name prefix)
  cmake_parse_arguments(ARG "" "PROGRAM;TEST_SERVER" "DEPENDS;LIBRARIES;TEST_DEPENDS;TEST_LIBRARIES" ${ARGN})
  file(GLOB all CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  set(tests ${all})
  set(benchmarks ${all})
  set(fuzzers ${all})
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  set(threads_tests ${tests})
  list(FILTER threads_tests INCLUDE REGEX "_threads_test\\.cpp$")
  list(FILTER tests EXCLUDE REGEX "_threads_test\\.cpp$")
  list(FILTER benchmarks INCLUDE REGEX "_benchmark\\.cpp$")
  list(FILTER fuzzers INCLUDE REGEX "_fuzz\\.cpp$")
  set(sources ${all})
  list(FILTER sources EXCLUDE REGEX "(_(test|benchmark|fuzz)|/main)\\.cpp$")

  set(library carillon_${prefix}${name})
  list(TRANSFORM ARG_DEPENDS PREPEND carillon_ OUTPUT_VARIABLE depends)
  list(TRANSFORM ARG_TEST_DEPENDS PREPEND carillon_ OUTPUT_VARIABLE test_depends)
  if(sources)
    add_library(${library} STATIC ${sources})
    carillon_precompiled(${library})
    target_link_libraries(${library} PUBLIC carillon_options ${depends} ${ARG_LIBRARIES})
  else()
    add_library(${library} INTERFACE)
    target_link_libraries(${library} INTERFACE carillon_options ${depends} ${ARG_LIBRARIES})
  endif()

  if(ARG_PROGRAM)
    add_executable(${ARG_PROGRAM} main.cpp)
    target_link_libraries(${ARG_PROGRAM} PRIVATE ${library})
    set_target_properties(${ARG_PROGRAM} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
  endif()
  if(CARILLON_TESTS)
    set(test_libraries ${test_depends} ${ARG_TEST_LIBRARIES})
    if(tests)
      carillon_test(${prefix}${name}_test ${library} "${tests}" "${test_libraries}" "${ARG_TEST_SERVER}")
    endif()
    if(threads_tests)
      carillon_test(${prefix}${name}_threads_test ${library} "${threads_tests}" "${test_libraries}"
                    "${ARG_TEST_SERVER}")
      add_dependencies(threads_tests ${prefix}${name}_threads_test)
    endif()
  endif()
  if(benchmarks AND CARILLON_BENCHMARKS)
    add_executable(${prefix}${name}_benchmark ${benchmarks})
    target_link_libraries(${prefix}${name}_benchmark PRIVATE ${library} ${test_depends} benchmark::benchmark_main)
    set_target_properties(${prefix}${name}_benchmark PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/benchmarks)
    add_dependencies(benchmarks ${prefix}${name}_benchmark)
  endif()
  if(fuzzers AND CARILLON_FUZZ)
    foreach(source ${fuzzers})
      get_filename_component(stem ${source} NAME_WE)
      set(fuzzer ${prefix}${name}_${stem})
      add_executable(${fuzzer} ${source})
      carillon_precompiled(${fuzzer})
      target_link_libraries(${fuzzer} PRIVATE ${library} ${test_depends})
      target_link_options(${fuzzer} PRIVATE -fsanitize=fuzzer)
      set_target_properties(${fuzzer} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fuzzers)
      add_dependencies(fuzzers ${fuzzer})
    endforeach()
  endif()
endfunction()

# A folder of src/. DEPENDS and TEST_DEPENDS name other folders (a module is `module_<name>`);
# tools/check_layers.py checks their direction. PROGRAM names the executable that main.cpp becomes,
# TEST_SERVER the database server beside which the tests run (tests/servers/run_with.py).
function(layer name)
  carillon_folder(${name} "" ${ARGN})
endfunction()

# A folder of src/modules/.
function(module name)
  carillon_folder(${name} "module_" ${ARGN})
  set_property(GLOBAL APPEND PROPERTY CARILLON_MODULES ${name})
endfunction()
