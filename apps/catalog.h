// Everything the programs are linked with, by name.
#pragma once

#include "onramp/envs/mujoco/catalog.h"
#include "onramp/policies/vacuum_grasp_expert.h"
#include "onramp/training/catalog.h"

namespace onramp {

inline Catalog builtin_catalog() {
  Catalog catalog = basic_catalog();
  mujoco::add_environments(catalog.environments);
  catalog.policies.add<VacuumGraspExpertConfig>(
      "vacuum_grasp_expert", "scripted expert of vacuum_grasp, as good or as mediocre as asked for",
      [](const VacuumGraspExpertConfig& config, const PolicyContext& context) {
        return make_vacuum_grasp_expert(config, context.observation, context.action);
      });
  return catalog;
}

}  // namespace onramp
