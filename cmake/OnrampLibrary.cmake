# What a program links to, in the build and when installed:
#   onramp::onramp          all layers
#   onramp::onramp_mujoco   the component `mujoco`: the simulated environments
#   onramp::onramp_gym      the component `gym`: the bridge to Gymnasium's environments
#   onramp::mkl_avx512      an object file for programs
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# The objects of some layers, and what they are linked to.
function(_onramp_parts_of out_objects out_libraries)
  set(objects)
  set(libraries)
  foreach(layer IN LISTS ARGN)
    get_property(linked GLOBAL PROPERTY ONRAMP_LIBRARIES_${layer})
    list(APPEND libraries ${linked})
    get_target_property(type onramp_${layer} TYPE)
    if(type STREQUAL "OBJECT_LIBRARY")
      list(APPEND objects "$<TARGET_OBJECTS:onramp_${layer}>")
    endif()
  endforeach()
  list(REMOVE_DUPLICATES libraries)
  set(${out_objects} "${objects}" PARENT_SCOPE)
  set(${out_libraries} "${libraries}" PARENT_SCOPE)
endfunction()

set(_include_folders "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>" "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")

_onramp_parts_of(_objects _libraries base data_store core nn data envs losses models policies algorithms training workflow)
# Tests and programs of this tree are linked to the layers' objects instead, so that the test of a layer needs no layer above.
add_library(onramp ${_objects})
add_library(onramp::onramp ALIAS onramp)
target_include_directories(onramp PUBLIC ${_include_folders})
target_compile_features(onramp PUBLIC cxx_std_20)
target_link_libraries(onramp PUBLIC ${_libraries})
set_target_properties(onramp PROPERTIES LINKER_LANGUAGE CXX)
set(ONRAMP_INSTALLED_COMPONENTS)

foreach(layer IN LISTS _components)
  string(REPLACE "envs_" "" component "${layer}")
  _onramp_parts_of(_objects _libraries ${layer})
  add_library(onramp_${component} ${_objects})
  add_library(onramp::onramp_${component} ALIAS onramp_${component})
  target_link_libraries(onramp_${component} PUBLIC onramp ${_libraries})
  set_target_properties(onramp_${component} PROPERTIES LINKER_LANGUAGE CXX)
  list(APPEND ONRAMP_INSTALLED_COMPONENTS ${component})
endforeach()

# An object file and not an archive member: it is there to be found by libtorch_cpu.so when the program starts, nothing in
# the program calls it, and from an archive the linker would drop it silently.
add_library(onramp_mkl_avx512_object OBJECT "${PROJECT_SOURCE_DIR}/src/base/mkl_avx512.cpp")
set_target_properties(onramp_mkl_avx512_object PROPERTIES POSITION_INDEPENDENT_CODE ON EXPORT_NAME mkl_avx512_object)
add_library(onramp_mkl_avx512 INTERFACE)
target_sources(onramp_mkl_avx512 INTERFACE "$<TARGET_OBJECTS:onramp_mkl_avx512_object>")
target_link_options(onramp_mkl_avx512 INTERFACE "LINKER:--export-dynamic-symbol=mkl_serv_intel_cpu_true")
add_library(onramp::mkl_avx512 ALIAS onramp_mkl_avx512)

set(_package_folder "${CMAKE_INSTALL_LIBDIR}/cmake/onramp")
# Component "library"; the programs are another: cmake --install <build> --component library.
install(TARGETS onramp onramp_mkl_avx512_object EXPORT onrampTargets
  ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT library
  LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT library
  OBJECTS DESTINATION "${CMAKE_INSTALL_LIBDIR}/onramp" COMPONENT library)
install(EXPORT onrampTargets NAMESPACE onramp:: DESTINATION "${_package_folder}" COMPONENT library)
# Each component's targets in a file of their own: who does not ask for it needs nothing of what it is linked to.
foreach(component IN LISTS ONRAMP_INSTALLED_COMPONENTS)
  install(TARGETS onramp_${component} EXPORT onramp_${component}Targets
    ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT library
    LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT library)
  install(EXPORT onramp_${component}Targets NAMESPACE onramp:: DESTINATION "${_package_folder}" COMPONENT library)
endforeach()
install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/onramp" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT library)
configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/onrampConfig.cmake.in" onrampConfig.cmake
  INSTALL_DESTINATION "${_package_folder}")
write_basic_package_version_file(onrampConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/onrampConfig.cmake" "${PROJECT_BINARY_DIR}/onrampConfigVersion.cmake"
  "${PROJECT_SOURCE_DIR}/cmake/OnrampTorch.cmake" "${PROJECT_SOURCE_DIR}/cmake/OnrampMujoco.cmake"
  "${PROJECT_SOURCE_DIR}/cmake/OnrampOpenCV.cmake" "${PROJECT_SOURCE_DIR}/cmake/OnrampHdf5.cmake"
  DESTINATION "${_package_folder}" COMPONENT library)
# What the programs run on, and what a project of one's own starts from.
install(DIRECTORY "${PROJECT_SOURCE_DIR}/configs" DESTINATION "${CMAKE_INSTALL_DATADIR}/onramp" COMPONENT programs)
install(DIRECTORY "${PROJECT_SOURCE_DIR}/examples" DESTINATION "${CMAKE_INSTALL_DATADIR}/onramp" COMPONENT library)
