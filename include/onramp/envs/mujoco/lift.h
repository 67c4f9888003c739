// The simulated task `lift`: a Franka lifts a cube from a table. The task is robosuite's Lift (as in robomimic and Q2RL,
// arXiv:2605.05172, V-A2): 20 Hz, 7-D action of pose deltas and gripper, 1 when the cube's middle is 4 cm above the table, the
// cube within 3 cm of the table's middle along each axis and turned at will. Arm and limits are those of the paper's robot
// (table V): stiffness and damping ratios, deltas of 15 mm, the workspace of `kitting` around the start, 5 degrees of tilt.
//
// Policies see what robosuite shows them: pose, velocity and opening of the hand (`proprio`) and, without pictures, the cube's
// state (`object`), which is then not privileged; with pictures two cameras of 84 x 84 take its place.
//
// Differences from robosuite, and why: the arm follows a moving set-point under Cartesian impedance (the paper's robot does)
// instead of re-aiming from where it is; the set-point keeps to a workspace; an attempt lasts 100 steps (robomimic: 400), twice
// what people need; the yaw may differ by 0.9 rad from the start (table V: 20 degrees), so that each cube can be gripped by its
// faces.
#pragma once

#include <memory>

#include "onramp/base/config.h"
#include "onramp/envs/environment.h"
#include "onramp/envs/mujoco/franka_table.h"

namespace onramp::mujoco {

/// Settings of the task `lift`.
struct LiftConfig : FrankaTableConfig {
  double cube_spread_m = 0.03;
  double cube_rotation_rad = 3.14;

  template <class V>
  void fields(V& v) {
    hand_fields(v);
    v("cube_spread_m", cube_spread_m, "the cube lies at most this far from the table's middle, x and y",
      in_range(0.0, 0.15));
    v("cube_rotation_rad", cube_rotation_rad, "it is turned by at most this, either way", in_range(0.0, 3.1416));
    arm_fields(v);
  }
};

/// About 30 ms. With pictures always step one environment from one thread; it makes its graphics context at its first reset.
/// Also a Renderable: the scene camera.
std::unique_ptr<Environment> make_lift(const LiftConfig& config);

}  // namespace onramp::mujoco
