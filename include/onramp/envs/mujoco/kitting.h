// The simulated task `kitting`: a Franka takes a part out of each of two bins and puts it into a tray (Q2RL, arXiv:2605.05172,
// app. D): 10 Hz, 7-D action of pose deltas and gripper, 1 when one of each kind lies in the tray and is let go, 500 steps.
// `layout: original` has one part in the middle of each bin, `modified` two in each, none of them there: a policy cloned from
// the one is to be improved on the other. Deltas, workspace, stiffness and damping ratios are those of table V.
//
// Policies see pose, velocity and opening of the hand (`proprio`) and, without pictures, `object`: of each kind the part that is
// nearest to the tray. With pictures two cameras of 84 x 84 take its place.
//
// Differences from the paper, and why: deltas are along the axes of the base frame, as in `lift`; shapes, sizes and places of
// parts, bins and tray are ours; parts lie within 5 mm and 0.1 rad of their places ("approximately in the center with minimal
// rotation"); the simulator tells success (paper: a person).
#pragma once

#include <memory>

#include "onramp/base/config.h"
#include "onramp/envs/environment.h"
#include "onramp/envs/mujoco/franka_table.h"
#include "onramp/envs/mujoco/kitting_scene.h"

namespace onramp::mujoco {

/// Settings of the task `kitting`.
struct KittingConfig : FrankaTableConfig {
  KittingLayout layout = KittingLayout::kOriginal;
  double part_spread_m = 0.005;
  double part_rotation_rad = 0.1;

  KittingConfig() {
    max_steps = 500;
    delta_rad = 0.02625;
    max_tilt_rad = 0.0873;
    max_yaw_rad = 0.349;
    start_spread_m = 0.0;
  }

  template <class V>
  void fields(V& v) {
    hand_fields(v);
    v("layout", layout,
      "how the parts lie at the start: one in the middle of each bin, or two in each, none of them there");
    v("part_spread_m", part_spread_m, "a part lies at most this far from its place, x and y", in_range(0.0, 0.012));
    v("part_rotation_rad", part_rotation_rad, "and turned by at most this, either way", in_range(0.0, 0.3));
    arm_fields(v);
  }
};

/// About 30 ms. With pictures always step one environment from one thread; it makes its graphics context at its first reset.
/// Also a Renderable: the scene camera.
std::unique_ptr<Environment> make_kitting(const KittingConfig& config);

}  // namespace onramp::mujoco
