#include "onramp/envs/lift_task.h"

#include <utility>

#include "onramp/envs/vacuum_grasp_task.h"

namespace onramp {

LiftTask::LiftTask(LiftTaskConfig config, std::unique_ptr<Scene> scene, SuccessSource& success)
    : config_(config), scene_(std::move(scene)), success_(success) {}

Eigen::Isometry3d LiftTask::reset(Rng& random) {
  scene_->reset(random);
  const double s = config_.start_spread_m;
  const Eigen::Vector3d offset(random.uniform(-s, s), random.uniform(-s, s),
                               config_.start_height_m + random.uniform(-s, s));
  return tool_down_at(Eigen::Vector3d(config_.table_m[0], config_.table_m[1], config_.table_m[2]) + offset);
}

Evaluation LiftTask::evaluate(const Signals& signals) {
  if (!success_.succeeded(signals)) return {};
  return {.reward = 1.0, .success = true, .end = EndReason::kSuccess};
}

}  // namespace onramp
