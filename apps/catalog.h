// Everything the programs are linked with, by name.
#pragma once

#include <memory>

#include "onramp/algorithms/builtin.h"
#include "onramp/envs/mujoco/catalog.h"
#include "onramp/policies/random_policy.h"
#include "onramp/policies/vacuum_grasp_expert.h"
#include "onramp/training/catalog.h"
#include "onramp/training/phases.h"

namespace onramp {

inline Catalog builtin_catalog() {
  Catalog catalog;
  mujoco::add_environments(catalog.environments);
  catalog.policies.add<VacuumGraspExpertConfig>(
      "vacuum_grasp_expert", "scripted expert of vacuum_grasp, as good or as mediocre as asked for",
      [](const VacuumGraspExpertConfig& config, const PolicyContext& context) {
        return make_vacuum_grasp_expert(config, context.observation, context.action);
      });
  catalog.policies.add<NoConfig>("random", "uniform actions", [](const NoConfig&, const PolicyContext& context) {
    return std::make_unique<RandomPolicy>(context.action);
  });
  add_learners(catalog.learners);
  add_phases(catalog.phases);
  return catalog;
}

}  // namespace onramp
