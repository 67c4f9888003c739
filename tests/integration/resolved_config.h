// A config of the repository as a run would use it: inherited keys and all defaults filled in.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "onramp/algorithms/builtin.h"
#include "onramp/envs/gym/catalog.h"
#include "onramp/envs/mujoco/catalog.h"
#include "onramp/training/phases.h"
#include "onramp/training/policies.h"
#include "onramp/training/run_config.h"

namespace onramp::test {

inline ConfigNode resolved_config(const std::filesystem::path& file) {
  Catalog catalog;
  mujoco::add_environments(catalog.environments);
  gym::add_environments(catalog.environments);
  add_policies(catalog.policies);
  add_learners(catalog.learners);
  add_phases(catalog.phases);
  // Recorded data are the user's own: any file will do where nobody opens it.
  std::vector<std::string> overrides;
  if (load_config(file).has("data")) overrides.push_back("data.path=" + file.string());
  return dump_run_config(read_run_config(load_config(file, overrides), catalog));
}

}  // namespace onramp::test
