// configs/q2rl: each file is read whole, and an ablation changes its one setting.
#include <gtest/gtest.h>

#include <filesystem>

#include "onramp/algorithms/builtin.h"
#include "onramp/envs/mujoco/catalog.h"
#include "onramp/training/phases.h"
#include "onramp/training/policies.h"
#include "onramp/training/run_config.h"
#include "test_paths.h"

namespace onramp {
namespace {

ConfigNode resolved(const std::string& name) {
  Catalog catalog;
  mujoco::add_environments(catalog.environments);
  add_policies(catalog.policies);
  add_learners(catalog.learners);
  add_phases(catalog.phases);
  const auto file = std::filesystem::path(ONRAMP_SOURCE_DIR "/configs/q2rl") / (name + ".yaml");
  return dump_run_config(read_run_config(load_config(file), catalog));
}

TEST(Q2rlConfigs, AnAblationChangesItsOneSetting) {
  struct Ablation {
    const char *name, *learner, *key;
  };
  const auto base = resolved("vacuum_grasp_state");
  for (const auto& [name, learner, key] :
       {Ablation{"no_gate", "agent", "gate"}, Ablation{"no_initialization", "agent", "init_critic"},
        Ablation{"no_bc_term", "agent", "bc_weight"}, Ablation{"mixture", "cloning", "policy"}}) {
    const auto changed = resolved(name).at("learners").at(learner), as_before = base.at("learners").at(learner);
    EXPECT_NE(to_yaml(changed.at(key)), to_yaml(as_before.at(key))) << name;
    EXPECT_EQ(to_yaml(changed.without(key)), to_yaml(as_before.without(key))) << name;
    EXPECT_EQ(to_yaml(resolved(name).without("learners")), to_yaml(base.without("learners"))) << name;
  }
}

}  // namespace
}  // namespace onramp
