// The policies without learning that onramp brings along, for a config's `policies`.
#pragma once

#include "onramp/training/catalog.h"

namespace onramp {

/// lift_expert, random, vacuum_grasp_expert.
void add_policies(Registry<Policy, const PolicyContext&>& policies);

}  // namespace onramp
