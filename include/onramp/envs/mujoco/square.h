// The simulated task `square`: a Franka takes a square nut by its handle and puts it onto a square peg. The task is robosuite's
// NutAssemblySquare (as in robomimic and Q2RL, arXiv:2605.05172, V-A2): 20 Hz, 7-D action of pose deltas and gripper, 1 when the
// nut's middle is within 3 cm of the peg's along x and y and lower than 5 cm: around the peg, that is. Nut and peg have robosuite's
// sizes: a hole of 45.5 mm, a peg of 32 mm, 13 cm high. Arm, limits and what policies see are those of `lift` (lift.h): without
// pictures the nut's state (`object`), with pictures two cameras of 84 x 84.
//
// Differences from robosuite, and why: the nut is 3 cm thick (2), so that fingers which keep 11 mm off the table hold it, and
// weighs 0.2 kg (16 g); the peg stands 15 cm nearer and the nut lies 21 cm farther to the right, so that an upright hand reaches
// both; the nut lies within 2 cm of its place along x (2.5 mm) and its handle points away from the robot, turned by at most 0.8 rad
// (any way), since the hand's yaw keeps to 0.9 rad; no second, round peg stands beside; the gripper need not be 4.2 cm from the
// nut's middle, as it is on the handle anyway; an attempt lasts 200 steps (robomimic: 400); and as in lift.h the arm follows a
// set-point under Cartesian impedance, which keeps to a workspace.
#pragma once

#include <array>
#include <memory>

#include "onramp/base/config.h"
#include "onramp/envs/environment.h"
#include "onramp/envs/mujoco/franka_table.h"

namespace onramp::mujoco {

/// Settings of the task `square`.
struct SquareConfig : FrankaTableConfig {
  std::array<double, 2> nut_spread_m = {0.02, 0.0575};
  double nut_rotation_rad = 0.8;

  SquareConfig() { max_steps = 200; }
  template <class V>
  void fields(V& v) {
    hand_fields(v);
    v("nut_spread_m", nut_spread_m, "the nut lies at most this far from the middle of its region, x and y",
      in_range(0.0, 0.06));
    v("nut_rotation_rad", nut_rotation_rad, "its handle is turned by at most this away from straight ahead, either way",
      in_range(0.0, 0.9));
    arm_fields(v);
  }
};

/// About 30 ms. With pictures always step one environment from one thread; it makes its graphics context at its first reset.
/// Also a Renderable: the scene camera.
std::unique_ptr<Environment> make_square(const SquareConfig& config);

}  // namespace onramp::mujoco
