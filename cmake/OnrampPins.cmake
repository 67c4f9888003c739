# Versions of the libraries that scripts/setup.sh unpacks, read from the one place where they are pinned.
function(onramp_pinned_version name out)
  file(STRINGS "${PROJECT_SOURCE_DIR}/scripts/wheels.txt" line REGEX "^${name}==")
  string(REGEX REPLACE "^${name}==([^ ]+).*" "\\1" version "${line}")
  set(${out} "${version}" PARENT_SCOPE)
endfunction()
set_property(DIRECTORY "${PROJECT_SOURCE_DIR}" APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS scripts/wheels.txt)
