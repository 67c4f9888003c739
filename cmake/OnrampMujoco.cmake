# Makes the target mujoco::mujoco (the name that MuJoCo's own package gives it).
#
# Looked for: the entries of CMAKE_PREFIX_PATH (a MuJoCo release, or the `mujoco` folder of a Python environment), then
# ONRAMP_MUJOCO_RECORDED_ROOT, which the caller sets, then the system. The wheel has only a versioned library (libmujoco.so.4.x): it is taken by its
# full path. Versions before 3.3 lack parts of mjSpec that the scenes are composed with.

function(_onramp_find_mujoco out_include out_library)
  set(roots ${CMAKE_PREFIX_PATH} "${ONRAMP_MUJOCO_RECORDED_ROOT}" /usr/local /usr)
  foreach(root IN LISTS roots)
    if(EXISTS "${root}/include/mujoco/mujoco.h")
      file(GLOB libraries "${root}/libmujoco.so*" "${root}/lib/libmujoco.so*" "${root}/lib/*/libmujoco.so*")
      if(libraries)
        list(GET libraries 0 library)
        get_filename_component(root "${root}" REALPATH)
        get_filename_component(library "${library}" REALPATH)
        set(ONRAMP_MUJOCO_ROOT "${root}" PARENT_SCOPE)
        set(${out_include} "${root}/include" PARENT_SCOPE)
        set(${out_library} "${library}" PARENT_SCOPE)
        return()
      endif()
    endif()
  endforeach()
  list(JOIN roots "\n    " looked_in)
  message(FATAL_ERROR "MuJoCo was not found in\n    ${looked_in}\n"
    "  Call scripts/setup.sh, name yours with -DCMAKE_PREFIX_PATH=<folder>, or leave it out with -DONRAMP_MUJOCO=OFF.")
endfunction()

_onramp_find_mujoco(_include _library)
file(STRINGS "${_include}/mujoco/mujoco.h" _line REGEX "define mjVERSION_HEADER ")
string(REGEX MATCH "[0-9]+" _number "${_line}")
# Until 3.x the number had three digits (337 is 3.3.7); later headers have two digits a part (4000001 is 4.0.1).
if(_number LESS 1000)
  math(EXPR _major "${_number} / 100")
  math(EXPR _minor "${_number} / 10 % 10")
else()
  math(EXPR _major "${_number} / 1000000")
  math(EXPR _minor "${_number} / 1000 % 1000")
endif()
if("${_major}.${_minor}" VERSION_LESS 3.3)
  message(FATAL_ERROR "MuJoCo ${_major}.${_minor} in ${_include} is too old: onramp needs 3.3 or newer.\n"
    "  Call scripts/setup.sh, or name a newer one first in -DCMAKE_PREFIX_PATH.")
endif()

add_library(mujoco::mujoco SHARED IMPORTED GLOBAL)
set_target_properties(mujoco::mujoco PROPERTIES
  IMPORTED_LOCATION "${_library}"
  INTERFACE_INCLUDE_DIRECTORIES "${_include}"
  INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${_include}")
message(STATUS "MuJoCo ${_major}.${_minor}: ${_library}")
