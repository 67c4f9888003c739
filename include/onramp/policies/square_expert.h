// Scripted expert of `square`: around the nut's handle, close, up, turned straight and over the peg, down. Reads only `privileged`.
//
// With noise 0 it nearly always succeeds; pick_expert.h says what noise does. It also misjudges where the peg stands and how the
// nut must be turned; one that does not go down over the peg is lifted and tried again.
#pragma once

#include <memory>

#include "onramp/data/policy.h"
#include "onramp/policies/hand_expert.h"

namespace onramp {

/// How good the expert is.
struct SquareExpertConfig : HandExpertConfig {
  double place_error_m = 0.003;
  double place_turn_error_rad = 0.1;

  SquareExpertConfig() {
    aim_error_m = 0.007;
    turn_error_rad = 0.1;
  }
  template <class V>
  void fields(V& v) {
    HandExpertConfig::fields(v);
    v("place_error_m", place_error_m, "standard deviation of where it holds the nut beside the peg, anew each attempt",
      at_least(0.0));
    v("place_turn_error_rad", place_turn_error_rad, "standard deviation of how it turns the nut, anew each attempt",
      at_least(0.0));
  }
};

/// Acts on the entry `privileged` of the observation.
/// @throws ConfigError when the environment has no such entry, or not the fields of square
std::unique_ptr<Policy> make_square_expert(const SquareExpertConfig& config, const ObservationSpec& observation,
                                           const ActionSpec& action);

}  // namespace onramp
