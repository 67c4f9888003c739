// What a program may name of Gymnasium's environments.
#pragma once

#include "onramp/base/catalog.h"
#include "onramp/envs/environment.h"

namespace onramp::gym {

/// Adds the environment `gym`.
void add_environments(Registry<Environment>& environments);

}  // namespace onramp::gym
