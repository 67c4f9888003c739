// The bridge over the environments of tiny.py, by the machine's own Python.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "onramp/envs/gym/gym_environment.h"
#include "test_paths.h"

namespace onramp::test {

/// {id: Point, file: tiny.py}, and arguments as YAML: "{does: raise, at: 2}".
inline gym::GymConfig tiny(const std::string& id = "Point", const std::string& kwargs = "{}") {
  gym::GymConfig config;
  config.id = id;
  config.file = ONRAMP_TESTS_DIR "/envs/gym/tiny.py";
  config.python = "/usr/bin/python3";
  config.kwargs = parse_config_text("kwargs: " + kwargs, "test").at("kwargs");
  return config;
}

inline const char* const kGymnasiumPython = ONRAMP_SOURCE_DIR "/.deps/gym/bin/python";
/// That Python, which scripts/setup.sh --gym makes; "" where it did not, which fails a test where .ci/run asked for it
/// (ONRAMP_WANT_GYM).
inline std::string python_with_gymnasium() {
  if (std::filesystem::exists(kGymnasiumPython)) return kGymnasiumPython;
  if (std::getenv("ONRAMP_WANT_GYM") != nullptr) ADD_FAILURE() << kGymnasiumPython << " is not there";
  return "";
}
inline const char* const kNoGymnasium = "no .deps/gym: scripts/setup.sh --gym makes it";

/// Environments that the contract test runs over beside those of tiny.py, by name; none where what they want is not set up.
using NamedEnvironments = std::vector<std::pair<std::string, std::function<std::unique_ptr<Environment>()>>>;
NamedEnvironments adroit_environments();   // adroit_test.cpp
NamedEnvironments package_environments();  // packages_test.cpp

}  // namespace onramp::test
