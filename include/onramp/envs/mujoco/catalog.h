// The simulated environments, by name.
#pragma once

#include "onramp/base/catalog.h"
#include "onramp/envs/environment.h"

namespace onramp::mujoco {

/// lift, vacuum_grasp.
void add_environments(Registry<Environment>& environments);

}  // namespace onramp::mujoco
