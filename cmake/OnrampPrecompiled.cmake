# One precompiled header, shared by all that includes LibTorch's modules: parsing them takes longer than most files' own code.
# Sources name what they include all the same: with ONRAMP_PRECOMPILE=OFF everything compiles as well.
option(ONRAMP_PRECOMPILE "Share one precompiled header of LibTorch (0.6 GB in the build folder)" ON)

if(ONRAMP_PRECOMPILE)
  file(CONFIGURE OUTPUT "${PROJECT_BINARY_DIR}/generated/precompiled.cpp" CONTENT "// Empty: what counts is the header before it.\n")
  add_library(onramp_precompiled OBJECT "${PROJECT_BINARY_DIR}/generated/precompiled.cpp")
  set_target_properties(onramp_precompiled PROPERTIES POSITION_INDEPENDENT_CODE ON)
  target_link_libraries(onramp_precompiled PRIVATE onramp_warnings onramp::torch nlohmann_json::nlohmann_json)
  target_compile_options(onramp_precompiled PRIVATE -fpch-preprocess)
  target_precompile_headers(onramp_precompiled PRIVATE <torch/types.h> <torch/nn/module.h> <nlohmann/json.hpp>)
endif()

# onramp_use_precompiled(TARGET): a program must be compiled as the header was, and so as a library is.
function(onramp_use_precompiled target)
  if(NOT ONRAMP_PRECOMPILE OR ONRAMP_WITHOUT_TORCH)
    return()
  endif()
  get_target_property(type ${target} TYPE)
  if(type STREQUAL "INTERFACE_LIBRARY")
    return()
  endif()
  target_precompile_headers(${target} REUSE_FROM onramp_precompiled)
  target_compile_options(${target} PRIVATE -fpch-preprocess -fPIC) # ccache needs the first
endfunction()
