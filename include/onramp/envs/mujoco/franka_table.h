// What simulated tasks of a Franka at a table share: settings of what is seen, of the hand's limits, of arm and physics.
// A task's settings derive from these, change defaults where it differs, and say its own between the two halves of the fields:
//
//     struct LiftConfig : FrankaTableConfig {
//       double cube_spread_m = 0.03;
//       template <class V> void fields(V& v) { hand_fields(v); v("cube_spread_m", cube_spread_m, ...); arm_fields(v); }
//     };
#pragma once

#include <cstdint>

#include "onramp/base/config.h"

namespace onramp::mujoco {

/// Defaults: Q2RL's robot (arXiv:2605.05172, table V), and ours where lift.h says so.
struct FrankaTableConfig {
  bool images = false;
  int64_t image_size = 84;
  int64_t max_steps = 100;
  double delta_m = 0.015;
  double delta_rad = 0.05;
  double max_tilt_rad = 0.087;
  double max_yaw_rad = 0.9;
  double max_force_N = 60.0;
  double start_spread_m = 0.02;
  double stiffness_N_m = 1024.0;
  double stiffness_Nm_rad = 100.0;
  double damping_ratio = 1.0;
  double rotation_damping_ratio = 0.5;
  double grasp_N = 30.0;
  double latency_s = 0.0;
  double timestep_s = 0.002;

  /// What is seen, how long it lasts, how far the hand may go.
  template <class V>
  void hand_fields(V& v) {
    v("images", images, "two cameras instead of the objects' state; without them no EGL is needed");
    v("image_size", image_size, "pixels along each side", in_range(8, 1024));
    v("max_steps", max_steps, "time limit in steps", at_least(1));
    v("delta_m", delta_m, "how far a step at action 1 moves the set-point along each axis", in_range(0.0005, 0.025));
    v("delta_rad", delta_rad, "how far a step at action 1 turns it about each axis", in_range(0.0005, 0.05));
    v("max_tilt_rad", max_tilt_rad, "of the hand away from straight down, about x and about y", greater_than(0.0),
      at_most(0.5));
    v("max_yaw_rad", max_yaw_rad, "of the hand about the vertical, either way", greater_than(0.0), at_most(1.2));
    v("max_force_N", max_force_N, "protective stop above this force on the hand", in_range(1.0, 150.0));
  }

  /// Where it starts, how it follows, and the physics.
  template <class V>
  void arm_fields(V& v) {
    v("start_spread_m", start_spread_m, "start positions of the hand differ by at most this along each axis",
      in_range(0.0, 0.05));
    v("stiffness_N_m", stiffness_N_m, "of the hand along each axis", in_range(50.0, 3000.0));
    v("stiffness_Nm_rad", stiffness_Nm_rad, "of the hand about each axis", in_range(5.0, 300.0));
    v("damping_ratio", damping_ratio, "along each axis; 1: critical", in_range(0.1, 2.0));
    v("rotation_damping_ratio", rotation_damping_ratio, "about each axis; 1: critical", in_range(0.1, 2.0));
    v("grasp_N", grasp_N, "most that each finger presses with", in_range(1.0, 70.0));
    v("latency_s", latency_s, "from a command until the arm follows it", in_range(0.0, 1.0));
    v("timestep_s", timestep_s, "step of the physics", in_range(0.0005, 0.0025));
  }
};

}  // namespace onramp::mujoco
