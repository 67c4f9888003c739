#include "onramp/envs/vacuum_grasp_task.h"

#include <utility>

namespace onramp {

VacuumGraspTask::VacuumGraspTask(VacuumGraspTaskConfig config, std::unique_ptr<Scene> scene)
    : config_(config), scene_(std::move(scene)) {}

Eigen::Isometry3d VacuumGraspTask::reset(Rng& random) {
  scene_->reset(random);
  return tool_down_above(config_.bin_m, config_.start_height_m, config_.start_spread_m, random);
}

Evaluation VacuumGraspTask::evaluate(const Signals& signals) {
  const bool held = signals.gripper.vacuum_Pa >= config_.hold_pressure_Pa;
  const bool above = signals.arm.X_BaseTcp.translation().z() - config_.bin_m[2] >= config_.lift_height_m;
  const bool success = held && above;
  return {.reward = success ? 1.0 : 0.0, .success = success, .end = std::nullopt};
}

}  // namespace onramp
