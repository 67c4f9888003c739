# Layers: one folder under src/ (and its twin under include/onramp/) is one object library. Sources are found by pattern, so
# that adding a file needs no change here. A layer without sources is a library without objects.

# A file costs g++ two seconds before its own first line, for what LibTorch's headers leave to be instantiated.
option(ONRAMP_UNITY "Compile a layer's files three at a time, which takes less time from nothing and more for a single change" OFF)

function(onramp_compile_together target)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${ONRAMP_UNITY} UNITY_BUILD_BATCH_SIZE 3)
endfunction()

# onramp_layer(NAME [FOLDER dir] [EXCLUDE regex] [LAYERS layers below] [LIBRARIES what it links to])
# LAYERS is what the layer builds on; tests of the layer are linked to these and what these build on, and to nothing else.
function(onramp_layer name)
  cmake_parse_arguments(arg "" "FOLDER;EXCLUDE" "LAYERS;LIBRARIES" ${ARGN})
  if(NOT arg_FOLDER)
    set(arg_FOLDER "${name}")
  endif()
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/${arg_FOLDER}/*.cpp")
  if(arg_EXCLUDE)
    list(FILTER sources EXCLUDE REGEX "${arg_EXCLUDE}")
  endif()
  set(target onramp_${name})
  if(sources)
    add_library(${target} OBJECT ${sources})
    set(scope PUBLIC)
    # Objects end up in programs and, on request, in a shared library.
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)
    target_link_libraries(${target} PRIVATE onramp_warnings)
    onramp_compile_together(${target})
  else()
    add_library(${target} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(${target} ${scope}
    "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>" "$<INSTALL_INTERFACE:include>")
  # Usage requirements only: the objects of an object library reach a program only where it is named directly.
  set(closure)
  foreach(layer IN LISTS arg_LAYERS)
    target_link_libraries(${target} ${scope} onramp_${layer})
    get_property(below GLOBAL PROPERTY ONRAMP_CLOSURE_${layer})
    list(APPEND closure ${below})
  endforeach()
  target_link_libraries(${target} ${scope} ${arg_LIBRARIES})
  list(APPEND closure ${name})
  list(REMOVE_DUPLICATES closure)
  set_property(GLOBAL PROPERTY ONRAMP_CLOSURE_${name} "${closure}")
  set_property(GLOBAL PROPERTY ONRAMP_LIBRARIES_${name} "${arg_LIBRARIES}")
endfunction()

# onramp_embed(LAYER FILE): the layer may say `#include "<name of the file>.inc"` where a string literal stands.
function(onramp_embed layer file)
  set_property(DIRECTORY "${PROJECT_SOURCE_DIR}" APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${file}")
  file(READ "${PROJECT_SOURCE_DIR}/${file}" text)
  get_filename_component(name "${file}" NAME)
  file(CONFIGURE OUTPUT "${PROJECT_BINARY_DIR}/generated/${name}.inc" CONTENT "R\"embedded(@text@)embedded\"\n" @ONLY)
  target_include_directories(onramp_${layer} PRIVATE "${PROJECT_BINARY_DIR}/generated")
endfunction()

# Links a program to some layers and all that these build on.
function(onramp_link_layers target)
  set(all)
  foreach(layer IN LISTS ARGN)
    get_property(closure GLOBAL PROPERTY ONRAMP_CLOSURE_${layer})
    list(APPEND all ${closure})
  endforeach()
  list(REMOVE_DUPLICATES all)
  list(TRANSFORM all PREPEND onramp_)
  target_link_libraries(${target} PRIVATE ${all})
endfunction()

# onramp_light_optimization(TARGET): for code that waits for files, people and LibTorch; what -O3 adds to it is time to compile.
function(onramp_light_optimization target)
  get_target_property(type ${target} TYPE)
  if(NOT type STREQUAL "INTERFACE_LIBRARY")
    target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O1>)
  endif()
endfunction()

# onramp_test(NAME FOLDER LAYERS...): one test program of all tests/<FOLDER>/*.cpp. None when there is no file.
function(onramp_test name folder)
  cmake_parse_arguments(arg "" "EXCLUDE" "" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/${folder}/*.cpp")
  if(arg_EXCLUDE)
    list(FILTER sources EXCLUDE REGEX "${arg_EXCLUDE}")
  endif()
  if(NOT sources)
    return()
  endif()
  set(target test_${name})
  add_executable(${target} ${sources})
  onramp_compile_together(${target})
  onramp_link_layers(${target} ${arg_UNPARSED_ARGUMENTS})
  target_link_libraries(${target} PRIVATE onramp_warnings GTest::gmock GTest::gtest_main)
  target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/tests")
  target_include_directories(${target} PRIVATE "${PROJECT_BINARY_DIR}/generated") # for test_paths.h
  onramp_light_optimization(${target}) # what they test is compiled as it is shipped
  # Numbers as in the programs; base and the store stay without anything of LibTorch.
  if(NOT name MATCHES "^(base|data_store)$")
    target_link_libraries(${target} PRIVATE onramp::mkl_avx512)
    onramp_use_precompiled(${target})
  endif()
  # One process for all tests of a layer: to load LibTorch takes a third of a second, more than most tests.
  # One thread each: ctest runs as many of them as there are cores.
  add_test(NAME ${name} COMMAND ${target} WORKING_DIRECTORY "${PROJECT_BINARY_DIR}")
  # Sanitizers take their time.
  set(timeout_s 1500)
  if(ONRAMP_SANITIZE)
    set(timeout_s 3600)
  endif()
  set_tests_properties(${name} PROPERTIES TIMEOUT ${timeout_s} ENVIRONMENT OMP_NUM_THREADS=1)
endfunction()
