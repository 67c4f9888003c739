# Makes the target onramp::torch.
#
# Looked for, in this order: Torch_DIR, the entries of CMAKE_PREFIX_PATH (both the folder of a libtorch and the one that
# `python3 -c "import torch; print(torch.utils.cmake_prefix_path)"` prints), then ONRAMP_TORCH_RECORDED_ROOT, which the caller
# sets: what scripts/setup.sh unpacked, or for an installed onramp the folder that it was built with.
#
# LibTorch's own package file is not used: that of a CUDA build demands a CUDA toolkit even from those who only link to it.
# Its include folder is not used as it is either: it carries copies of fmt, protobuf and pybind11 that shadow the system's.
#
# Sets ONRAMP_TORCH_ROOT, ONRAMP_TORCH_VERSION and ONRAMP_HAS_CUDA.

set(ONRAMP_CUDA AUTO CACHE STRING "Link LibTorch's CUDA library: AUTO (when it is there), ON (stop when it is not), OFF")
set_property(CACHE ONRAMP_CUDA PROPERTY STRINGS AUTO ON OFF)

function(_onramp_find_torch_root out)
  set(candidates)
  if(Torch_DIR)
    list(APPEND candidates "${Torch_DIR}/../../..") # <root>/share/cmake/Torch
  endif()
  set(prefixes ${CMAKE_PREFIX_PATH})
  if(DEFINED ENV{CMAKE_PREFIX_PATH})
    string(REPLACE ":" ";" from_environment "$ENV{CMAKE_PREFIX_PATH}")
    list(APPEND prefixes ${from_environment})
  endif()
  foreach(prefix IN LISTS prefixes)
    list(APPEND candidates "${prefix}" "${prefix}/torch" "${prefix}/../..") # the last: <root>/share/cmake
  endforeach()
  list(APPEND candidates "${ONRAMP_TORCH_RECORDED_ROOT}")
  foreach(candidate IN LISTS candidates)
    if(EXISTS "${candidate}/lib/libtorch_cpu.so" AND EXISTS "${candidate}/include/ATen/ATen.h")
      get_filename_component(candidate "${candidate}" REALPATH)
      set(${out} "${candidate}" PARENT_SCOPE)
      return()
    endif()
  endforeach()
  list(JOIN candidates "\n    " looked_in)
  message(FATAL_ERROR "LibTorch was not found in\n    ${looked_in}\n"
    "  Call scripts/setup.sh, or name yours with -DCMAKE_PREFIX_PATH=<folder of libtorch>.")
endfunction()

_onramp_find_torch_root(ONRAMP_TORCH_ROOT)

# Version, from the header that every LibTorch of the last years has.
foreach(header torch/headeronly/version.h torch/csrc/api/include/torch/version.h)
  if(NOT ONRAMP_TORCH_VERSION AND EXISTS "${ONRAMP_TORCH_ROOT}/include/${header}")
    file(STRINGS "${ONRAMP_TORCH_ROOT}/include/${header}" lines REGEX "define TORCH_VERSION_(MAJOR|MINOR|PATCH) ")
    string(REGEX MATCHALL "(MAJOR|MINOR|PATCH) +([0-9]+)" numbers "${lines}")
    string(REGEX REPLACE "(MAJOR|MINOR|PATCH) +" "" numbers "${numbers}")
    list(JOIN numbers "." ONRAMP_TORCH_VERSION)
  endif()
endforeach()
if(NOT ONRAMP_TORCH_VERSION VERSION_EQUAL ONRAMP_TORCH_RECORDED_VERSION)
  if(ONRAMP_TORCH_RECORDED_VERSION_IS_BINDING)
    message(FATAL_ERROR "onramp was built with LibTorch ${ONRAMP_TORCH_RECORDED_VERSION}, but found is ${ONRAMP_TORCH_VERSION} in\n"
      "    ${ONRAMP_TORCH_ROOT}\n  Name the former first in CMAKE_PREFIX_PATH, or build onramp with the latter.")
  endif()
  message(STATUS "LibTorch ${ONRAMP_TORCH_VERSION} is not the version that onramp is tested with (${ONRAMP_TORCH_RECORDED_VERSION})")
endif()

# Links to the folders that count. Not needed for what scripts/setup.sh unpacked, which holds nothing else; then every build
# folder names the same headers, and ccache finds what another one compiled.
set(_include "${ONRAMP_TORCH_ROOT}/include")
if(EXISTS "${_include}/fmt" OR EXISTS "${_include}/google" OR EXISTS "${_include}/pybind11")
  set(_overlay "${CMAKE_BINARY_DIR}/onramp-torch-include")
  file(MAKE_DIRECTORY "${_overlay}")
  foreach(folder ATen c10 caffe2 torch)
    if(EXISTS "${_include}/${folder}")
      file(CREATE_LINK "${_include}/${folder}" "${_overlay}/${folder}" SYMBOLIC)
    endif()
  endforeach()
  set(_include "${_overlay}")
endif()

set(_libraries "${ONRAMP_TORCH_ROOT}/lib/libtorch_cpu.so" "${ONRAMP_TORCH_ROOT}/lib/libc10.so")
# The OpenMP runtime that LibTorch brings along: with another one beside it, two pools of threads would fight for the cores.
file(GLOB _openmp "${ONRAMP_TORCH_ROOT}/lib/libgomp*.so*")
if(_openmp)
  list(GET _openmp 0 _openmp)
  list(APPEND _libraries "${_openmp}")
else()
  find_package(OpenMP REQUIRED COMPONENTS CXX)
  list(APPEND _libraries ${OpenMP_gomp_LIBRARY})
endif()
set(ONRAMP_HAS_CUDA OFF)
if(NOT ONRAMP_CUDA STREQUAL "OFF")
  if(EXISTS "${ONRAMP_TORCH_ROOT}/lib/libtorch_cuda.so" AND EXISTS "${ONRAMP_TORCH_ROOT}/lib/libc10_cuda.so")
    list(APPEND _libraries "${ONRAMP_TORCH_ROOT}/lib/libtorch_cuda.so" "${ONRAMP_TORCH_ROOT}/lib/libc10_cuda.so")
    set(ONRAMP_HAS_CUDA ON)
  elseif(ONRAMP_CUDA STREQUAL "ON")
    message(FATAL_ERROR "ONRAMP_CUDA=ON, but ${ONRAMP_TORCH_ROOT}/lib has no libtorch_cuda.so.\n"
      "  Name a LibTorch with CUDA with -DCMAKE_PREFIX_PATH, or leave ONRAMP_CUDA at AUTO.")
  endif()
endif()

# In a wheel's layout the CUDA libraries lie beside torch; the linker must see them to resolve libtorch_cpu.so's needs.
file(GLOB _nvidia_folders LIST_DIRECTORIES true "${ONRAMP_TORCH_ROOT}/../nvidia/*/lib")
set(_link_options "LINKER:-rpath-link,${ONRAMP_TORCH_ROOT}/lib")
foreach(folder IN LISTS _nvidia_folders)
  get_filename_component(folder "${folder}" REALPATH)
  list(APPEND _link_options "LINKER:-rpath-link,${folder}")
endforeach()

add_library(onramp::torch INTERFACE IMPORTED GLOBAL)
target_include_directories(onramp::torch SYSTEM INTERFACE "${_include}" "${_include}/torch/csrc/api/include")
# Without it at::parallel_for, which is a template, is a plain loop on one thread, and nothing says so.
target_compile_options(onramp::torch INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-fopenmp>)
# Operators and CUDA register themselves when their library is loaded; a program that calls none of their functions
# directly would lose them to the linker's --as-needed.
string(REPLACE ";" "," _joined "${_libraries}")
target_link_options(onramp::torch INTERFACE ${_link_options} "LINKER:-rpath,${ONRAMP_TORCH_ROOT}/lib")
target_link_libraries(onramp::torch INTERFACE "-Wl,--push-state,--no-as-needed,${_joined},--pop-state" Threads::Threads)

message(STATUS "LibTorch ${ONRAMP_TORCH_VERSION}: ${ONRAMP_TORCH_ROOT} (CUDA: ${ONRAMP_HAS_CUDA})")
