// The simulated task `peg_insertion`: a Franka brings a peg that it holds into a hole of a board (Q2RL, arXiv:2605.05172,
// app. D): 10 Hz, 6-D action of pose deltas (the gripper is off), 1 when the peg is 50 mm deep, 200 steps. The board is fixed;
// the start is the reset pose and a random delta, executed three times: +-0.045 m and +-0.07875 rad, clipped to the workspace.
// Deltas, workspace, stiffness and damping ratios are those of table V.
//
// Policies see pose, velocity and opening of the hand (`proprio`, as the paper's do) and, without pictures, `object`: where the
// peg is against the hole. With pictures two cameras of 84 x 84 take its place.
//
// Differences from the paper, and why: deltas are along the axes of the base frame, not the tool's, as in `lift`; the peg and
// the hole are square (FMB's have several shapes) and of our own size, the hole wider by 1.5 mm (paper: 1 to 2); fingers press
// with 60 N, since the paper's gripper is stronger than this one; the simulator tells success (paper: a person).
#pragma once

#include <memory>

#include "onramp/base/config.h"
#include "onramp/envs/environment.h"
#include "onramp/envs/mujoco/franka_table.h"

namespace onramp::mujoco {

/// Settings of the task `peg_insertion`.
struct PegInsertionConfig : FrankaTableConfig {
  double start_turn_rad = 0.07875;
  double board_spread_m = 0.0;
  double clearance_m = 0.0015;

  PegInsertionConfig() {
    max_steps = 200;
    delta_rad = 0.02625;
    max_tilt_rad = 0.0873;
    max_yaw_rad = 0.349;
    start_spread_m = 0.045;
    grasp_N = 60.0;
  }

  template <class V>
  void fields(V& v) {
    hand_fields(v);
    v("start_turn_rad", start_turn_rad, "start turns of the hand differ by at most this about each axis",
      in_range(0.0, 0.08));
    v("board_spread_m", board_spread_m, "the board lies at most this far from its place, x and y", in_range(0.0, 0.02));
    v("clearance_m", clearance_m, "the hole is so much wider than the peg", in_range(0.0005, 0.005));
    arm_fields(v);
  }
};

/// About 30 ms. With pictures always step one environment from one thread; it makes its graphics context at its first reset.
/// Also a Renderable: the scene camera.
std::unique_ptr<Environment> make_peg_insertion(const PegInsertionConfig& config);

}  // namespace onramp::mujoco
