// The policies without learning that onramp brings along, for a config's `policies`.
#pragma once

#include "onramp/training/catalog.h"

namespace onramp {

/// can_expert, kitting_expert, lift_expert, peg_insertion_expert, pipe_assembly_expert, random, square_expert, vacuum_grasp_expert.
void add_policies(Registry<Policy, const PolicyContext&>& policies);

}  // namespace onramp
