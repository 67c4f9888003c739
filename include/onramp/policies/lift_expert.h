// Scripted expert of `lift`: above the cube, turned to its faces, down, close, up. Reads only `privileged`.
//
// With noise 0 it nearly always succeeds; pick_expert.h says what noise does.
#pragma once

#include <memory>

#include "onramp/data/policy.h"
#include "onramp/policies/hand_expert.h"

namespace onramp {

/// How good the expert is.
using LiftExpertConfig = HandExpertConfig;

/// Acts on the entry `privileged` of the observation.
/// @throws ConfigError when the environment has no such entry, or not the fields of lift
std::unique_ptr<Policy> make_lift_expert(const LiftExpertConfig& config, const ObservationSpec& observation,
                                         const ActionSpec& action);

}  // namespace onramp
