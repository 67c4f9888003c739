// The simulated task `can`: a Franka takes a can out of a bin and puts it into the one of four bins that it belongs to. The task is
// robosuite's PickPlaceCan (as in robomimic and Q2RL, arXiv:2605.05172, V-A2): 20 Hz, 7-D action of pose deltas and gripper, at
// most 300 steps, 1 when the can is inside its bin, the far and outer one, and let go: the hand more than 4.2 cm from its middle.
// The can, 5 cm thick and 10 cm high, stands anywhere in its bin but 5 cm along the walls. Arm, limits and what policies see are
// those of `lift` (lift.h): without pictures the can's state (`object`), with pictures two cameras of 84 x 84.
//
// Differences from robosuite, and why: bins of 38 x 36 cm inside (38 x 48), in front of the arm on the table of `lift`, and walls
// of 5 cm (8), so that an upright hand reaches all of them and the camera sees into them; their floor is the table's top, and the
// can's own is marked; the can is a cylinder of 0.2 kg, as if full (20 g: it would fall when touched); let go means also that no
// finger touches it, so that a can held by its end is not yet put down; the yaw may differ by 20 degrees from the start (table V);
// and as in lift.h the arm follows a set-point under Cartesian impedance, which keeps to a workspace.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "onramp/base/config.h"
#include "onramp/envs/environment.h"
#include "onramp/envs/mujoco/franka_table.h"

namespace onramp::mujoco {

/// Settings of the task `can`.
struct CanConfig : FrankaTableConfig {
  std::array<double, 2> can_spread_m = {0.14, 0.13};
  int64_t target_bin = 3;

  CanConfig() {
    max_steps = 300;
    max_yaw_rad = 0.35;
  }
  template <class V>
  void fields(V& v) {
    hand_fields(v);
    v("can_spread_m", can_spread_m, "the can stands at most this far from the middle of its bin, x and y",
      in_range(0.0, 0.14));
    v("target_bin", target_bin,
      "where it belongs. 0: near and inner, 1: far and inner, 2: near and outer, 3: far and outer", in_range(0, 3));
    arm_fields(v);
  }
};

/// About 30 ms. With pictures always step one environment from one thread; it makes its graphics context at its first reset.
/// Also a Renderable: the scene camera.
std::unique_ptr<Environment> make_can(const CanConfig& config);

}  // namespace onramp::mujoco
