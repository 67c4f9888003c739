// Scripted expert of `kitting`: of each kind the part nearest to the tray: above it, turned to it, down, close, up, over to its
// place in the tray, down, open. Reads only `privileged`.
//
// With noise 0 it nearly always succeeds; pick_expert.h says what noise does.
#pragma once

#include <memory>

#include "onramp/data/policy.h"
#include "onramp/policies/hand_expert.h"

namespace onramp {

/// How good the expert is. It has two parts to bring: its errors are smaller than where there is one.
struct KittingExpertConfig : HandExpertConfig {
  KittingExpertConfig() {
    aim_error_m = 0.008;
    retry = 0.7;
    delta_rad = 0.02625;
  }
};

/// Acts on the entry `privileged` of the observation.
/// @throws ConfigError when the environment has no such entry, or not the fields of kitting
std::unique_ptr<Policy> make_kitting_expert(const KittingExpertConfig& config, const ObservationSpec& observation,
                                            const ActionSpec& action);

}  // namespace onramp
