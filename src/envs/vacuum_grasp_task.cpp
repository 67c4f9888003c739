#include "onramp/envs/vacuum_grasp_task.h"

#include <utility>

namespace onramp {

VacuumGraspTask::VacuumGraspTask(VacuumGraspTaskConfig config, std::unique_ptr<Scene> scene)
    : config_(config), scene_(std::move(scene)) {}

Eigen::Isometry3d VacuumGraspTask::reset(Rng& random) {
  scene_->reset(random);
  const double s = config_.start_spread_m;
  const Eigen::Vector3d offset(random.uniform(-s, s), random.uniform(-s, s),
                               config_.start_height_m + random.uniform(-s, s));
  return tool_down_at(Eigen::Vector3d(config_.bin_m[0], config_.bin_m[1], config_.bin_m[2]) + offset);
}

Evaluation VacuumGraspTask::evaluate(const Signals& signals) {
  const bool held = signals.gripper.vacuum_Pa >= config_.hold_pressure_Pa;
  const bool above = signals.arm.X_BaseTcp.translation().z() - config_.bin_m[2] >= config_.lift_height_m;
  const bool success = held && above;
  return {.reward = success ? 1.0 : 0.0, .success = success, .end = std::nullopt};
}

Eigen::Isometry3d tool_down_at(const Eigen::Vector3d& p_Base_m) {
  Eigen::Isometry3d pose = Eigen::Isometry3d::Identity();
  pose.linear() = Eigen::Vector3d(1, -1, -1).asDiagonal();
  pose.translation() = p_Base_m;
  return pose;
}

}  // namespace onramp
