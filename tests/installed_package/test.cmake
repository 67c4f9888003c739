# Installs the built library to a scratch folder, builds a user's project against it and runs the program: what a user's own
# main needs (headers, archives, package file) is proved from outside the source tree.
#   cmake -DBUILD=<build folder> -DPROJECT=<user's project> -DWORK=<scratch> -DCONFIG=<build type> -P test.cmake
function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT status EQUAL 0)
    list(JOIN ARGN " " command)
    message(FATAL_ERROR "${command}\nended with ${status}:\n${output}")
  endif()
endfunction()

file(REMOVE_RECURSE "${WORK}")
run("${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${WORK}/prefix" --component library)
run("${CMAKE_COMMAND}" -S "${PROJECT}" -B "${WORK}/build" -G Ninja
  "-DCMAKE_BUILD_TYPE=${CONFIG}" "-DCMAKE_PREFIX_PATH=${WORK}/prefix")
run("${CMAKE_COMMAND}" --build "${WORK}/build")
get_filename_component(name "${PROJECT}" NAME)
run("${WORK}/build/${name}" "${PROJECT}/config.yaml" --set "run.folder=${WORK}/run" --set compute.threads=1)
file(REMOVE_RECURSE "${WORK}") # 200 MB of archives; kept when something failed
