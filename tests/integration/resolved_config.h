// A config of the repository as a run would use it: inherited keys and all defaults filled in.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "apps/catalog.h"
#include "onramp/training/run_config.h"

namespace onramp::test {

inline ConfigNode resolved_config(const std::filesystem::path& file) {
  // Recorded data are the user's own: any file will do where nobody opens it.
  std::vector<std::string> overrides;
  if (load_config(file).has("data")) overrides.push_back("data.path=" + file.string());
  return dump_run_config(read_run_config(load_config(file, overrides), builtin_catalog()));
}

}  // namespace onramp::test
