// Scripted expert of `peg_insertion`: above the hole, upright and turned to it, down. Reads only `privileged`.
//
// With noise 0 it nearly always succeeds. Noise makes it mediocre the way people are: it aims beside the hole and holds the peg
// askew (another error each attempt), its hand shakes, some attempts are slow, and when the peg comes down on the board it
// does not always lift it and try again.
#pragma once

#include <memory>

#include "onramp/data/policy.h"
#include "onramp/policies/hand_expert.h"

namespace onramp {

/// How good the expert is: it aims beside the hole, and turns the peg askew about each axis.
struct PegInsertionExpertConfig : HandExpertConfig {
  PegInsertionExpertConfig() {
    aim_error_m = 0.0005;
    turn_error_rad = 0.01;
    action_noise = 0.03;
    retry = 0.6;
    delta_rad = 0.02625;
  }
};

/// Acts on the entry `privileged` of the observation.
/// @throws ConfigError when the environment has no such entry, or not the fields of peg_insertion
std::unique_ptr<Policy> make_peg_insertion_expert(const PegInsertionExpertConfig& config,
                                                  const ObservationSpec& observation, const ActionSpec& action);

}  // namespace onramp
