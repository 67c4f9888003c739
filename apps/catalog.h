// Everything the programs are linked with, by name.
#pragma once

#include "onramp/algorithms/builtin.h"
#include "onramp/envs/gym/catalog.h"
#include "onramp/envs/mujoco/catalog.h"
#include "onramp/training/catalog.h"
#include "onramp/training/phases.h"
#include "onramp/training/policies.h"

namespace onramp {

inline Catalog builtin_catalog() {
  Catalog catalog;
  mujoco::add_environments(catalog.environments);
  gym::add_environments(catalog.environments);
  add_policies(catalog.policies);
  add_learners(catalog.learners);
  add_phases(catalog.phases);
  return catalog;
}

}  // namespace onramp
