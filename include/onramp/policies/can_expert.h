// Scripted expert of `can`: around the can, close, up, over the bin it belongs to, down, open, up. Reads only `privileged`.
//
// With noise 0 it nearly always succeeds; pick_expert.h says what noise does. It also lets the can go beside the middle of its bin.
#pragma once

#include <memory>

#include "onramp/data/policy.h"
#include "onramp/policies/hand_expert.h"

namespace onramp {

/// How good the expert is.
struct CanExpertConfig : HandExpertConfig {
  double place_error_m = 0.03;

  CanExpertConfig() { aim_error_m = 0.009; }
  template <class V>
  void fields(V& v) {
    HandExpertConfig::fields(v);
    v("place_error_m", place_error_m,
      "standard deviation of where it lets go beside the middle of the bin, anew each attempt", at_least(0.0));
  }
};

/// Acts on the entry `privileged` of the observation.
/// @throws ConfigError when the environment has no such entry, or not the fields of can
std::unique_ptr<Policy> make_can_expert(const CanExpertConfig& config, const ObservationSpec& observation,
                                        const ActionSpec& action);

}  // namespace onramp
