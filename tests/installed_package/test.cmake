# The installed package in other people's hands: installs it, moves it elsewhere, hides the checkout, and from there builds
# and runs the examples and the programs.
#   cmake -DSOURCE=<checkout> -DBUILD=<build folder> -DCONFIG=<build type> -P test.cmake
cmake_minimum_required(VERSION 3.25)

# run(command...): stops when it fails. expect_refused(text command...): stops unless it fails and says the text.
function(run)
  execute_process(COMMAND ${HIDDEN} ${ARGN} WORKING_DIRECTORY "${WORK}"
    RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT status EQUAL 0)
    list(JOIN ARGN " " command)
    message(FATAL_ERROR "${command}\nended with ${status}:\n${output}\nkept: ${WORK}")
  endif()
endfunction()

function(expect_refused text)
  execute_process(COMMAND ${HIDDEN} ${ARGN} WORKING_DIRECTORY "${WORK}"
    RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
  string(REGEX REPLACE "[ \n]+" " " said "${output}") # CMake breaks lines
  string(FIND "${said}" "${text}" found)
  if(status EQUAL 0 OR found EQUAL -1)
    message(FATAL_ERROR "should be refused with '${text}', ended with ${status}:\n${output}\nkept: ${WORK}")
  endif()
endfunction()

set(HIDDEN)
set(ENV{OMP_NUM_THREADS} 1)
execute_process(COMMAND mktemp -d OUTPUT_VARIABLE WORK OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)

# ---- Installed, then moved. ----
run("${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${WORK}/first")
file(RENAME "${WORK}/first" "${WORK}/prefix")
file(GLOB_RECURSE texts "${WORK}/prefix/include/*" "${WORK}/prefix/share/*" "${WORK}/prefix/lib/*.cmake")
list(LENGTH texts count)
if(count LESS 100)
  message(FATAL_ERROR "only ${count} headers and package files were installed")
endif()
foreach(file IN LISTS texts)
  file(READ "${file}" text)
  foreach(gone "${SOURCE}" "${BUILD}" "${WORK}/first")
    string(FIND "${text}" "${gone}" found)
    if(NOT found EQUAL -1)
      message(FATAL_ERROR "${file} names ${gone}, which may go away")
    endif()
  endforeach()
endforeach()

# ---- From here on the checkout is an empty folder, where the system allows that. ----
set(hide unshare --mount --map-root-user sh -c "mount -t tmpfs none \"$0\" && exec \"$@\"" "${SOURCE}")
execute_process(COMMAND ${hide} test ! -e "${SOURCE}/CMakeLists.txt" RESULT_VARIABLE status OUTPUT_QUIET ERROR_QUIET)
if(status EQUAL 0)
  set(HIDDEN ${hide})
else()
  message(STATUS "the checkout cannot be hidden here (no user namespaces): only searched for its path")
endif()

find_program(ccache ccache)
if(ccache) # paths below the scratch folder are made relative: a second run finds what the first one compiled
  set(ENV{CMAKE_CXX_COMPILER_LAUNCHER} "${ccache}")
  set(ENV{CCACHE_SLOPPINESS} pch_defines,time_macros)
  set(ENV{CCACHE_BASEDIR} "${WORK}")
endif()

# ---- The examples, as installed: each has tests of its own. ----
foreach(example own_environment custom_experiment custom_critic)
  run("${CMAKE_COMMAND}" -S "${WORK}/prefix/share/onramp/examples/${example}" -B "${WORK}/${example}"
    -G Ninja "-DCMAKE_BUILD_TYPE=${CONFIG}" "-DCMAKE_PREFIX_PATH=${WORK}/prefix")
  run("${CMAKE_COMMAND}" --build "${WORK}/${example}" --parallel 2)
  run("${CMAKE_CTEST_COMMAND}" --test-dir "${WORK}/${example}" --output-on-failure --no-tests=error)
endforeach()

# ---- Components. ----
function(write_project component libraries has)
  file(REMOVE_RECURSE "${WORK}/project" "${WORK}/project_build")
  file(WRITE "${WORK}/project/CMakeLists.txt" "cmake_minimum_required(VERSION 3.25)\nproject(other LANGUAGES CXX)\n"
    "find_package(onramp REQUIRED COMPONENTS ${component})\n"
    "add_executable(other main.cpp)\ntarget_link_libraries(other PRIVATE ${libraries})\n")
  file(WRITE "${WORK}/project/main.cpp" "#include <onramp/envs/${component}/catalog.h>\n"
    "int main() {\n  onramp::Registry<onramp::Environment> environments(\"environment\");\n"
    "  onramp::${component}::add_environments(environments);\n  return environments.has(\"${has}\") ? 0 : 1;\n}\n")
endfunction()
set(configure_project "${CMAKE_COMMAND}" -S "${WORK}/project" -B "${WORK}/project_build" -G Ninja
  "-DCMAKE_BUILD_TYPE=${CONFIG}" "-DCMAKE_PREFIX_PATH=${WORK}/prefix")
write_project("nonsense" "onramp::onramp" "")
expect_refused("onramp has no component 'nonsense' (there are: mujoco, gym)" ${configure_project})
foreach(component mujoco gym)
  set(has_mujoco vacuum_grasp)
  set(has_gym gym)
  write_project("${component}" "onramp::onramp_${component}" "${has_${component}}")
  if(EXISTS "${WORK}/prefix/lib/libonramp_${component}.a")
    run(${configure_project})
    run("${CMAKE_COMMAND}" --build "${WORK}/project_build")
    run("${WORK}/project_build/other")
  else()
    expect_refused("component '${component}' was not built into the onramp in ${WORK}/prefix" ${configure_project})
  endif()
endforeach()

# ---- Another LibTorch than the one it was built with. ----
foreach(part MAJOR MINOR PATCH)
  string(APPEND version_header "#define TORCH_VERSION_${part} 1\n")
endforeach()
file(WRITE "${WORK}/other_torch/include/torch/headeronly/version.h" "${version_header}")
file(WRITE "${WORK}/other_torch/include/ATen/ATen.h" "")
file(WRITE "${WORK}/other_torch/lib/libtorch_cpu.so" "")
file(MAKE_DIRECTORY "${WORK}/other_torch/share/cmake/Torch")
write_project("" "onramp::onramp" "")
file(STRINGS "${WORK}/prefix/lib/cmake/onramp/onrampConfig.cmake" recorded REGEX "ONRAMP_TORCH_RECORDED_VERSION \"")
string(REGEX REPLACE ".*\"(.*)\".*" "\\1" recorded "${recorded}")
expect_refused("onramp was built with LibTorch ${recorded}, but found is 1.1.1 in" ${configure_project}
  "-DTorch_DIR=${WORK}/other_torch/share/cmake/Torch")

# ---- The programs. ----
if(EXISTS "${WORK}/prefix/bin/onramp-train" AND EXISTS "${WORK}/prefix/lib/libonramp_mujoco.a")
  set(bin "${WORK}/prefix/bin")
  file(WRITE "${WORK}/tiny.yaml" [[
compute: {threads: 1}
env: {type: vacuum_grasp, image_size: 16, max_steps: 10}
policies: {expert: {type: vacuum_grasp_expert}}
learners: {cloning: {type: bc, batch_size: 8, input: {images: end_to_end, encoder: {channels: [4], feature_dim: 8}}}}
phases:
  - {type: collect, name: demonstrations, policy: expert, episodes: 2}
  - {type: learn, name: cloning, learner: cloning, updates: 5}
  - {type: evaluate, policies: [expert, cloning], settings: {episodes: 1}}
]])
  run("${bin}/onramp-train" "${WORK}/prefix/share/onramp/configs/quickstart.yaml" --dry-run)
  run("${bin}/onramp-train" "${WORK}/tiny.yaml" --set run.folder=run)
  run("${bin}/onramp-eval" run --episodes 1)
  run("${bin}/onramp-export" run --out policy.pt)
  run("${bin}/onramp-data" check run)
  run("${bin}/onramp-sim" list)
endif()
file(REMOVE_RECURSE "${WORK}") # 500 MB of archives; kept when something failed
