# Makes the target onramp::hdf5: the C library, serial. CMake's own module would demand that every user's project enables C,
# and would add all that the library itself is linked to (curl, openssl).
find_path(ONRAMP_HDF5_INCLUDE hdf5.h PATH_SUFFIXES hdf5/serial)
find_library(ONRAMP_HDF5_LIBRARY NAMES hdf5_serial hdf5 PATH_SUFFIXES hdf5/serial)
mark_as_advanced(ONRAMP_HDF5_INCLUDE ONRAMP_HDF5_LIBRARY)
if(NOT ONRAMP_HDF5_INCLUDE OR NOT ONRAMP_HDF5_LIBRARY)
  message(FATAL_ERROR "HDF5 was not found. Call scripts/setup.sh, or install libhdf5-dev.")
endif()
add_library(onramp::hdf5 INTERFACE IMPORTED GLOBAL)
target_include_directories(onramp::hdf5 SYSTEM INTERFACE "${ONRAMP_HDF5_INCLUDE}")
target_link_libraries(onramp::hdf5 INTERFACE "${ONRAMP_HDF5_LIBRARY}")
