#include "onramp/envs/lift_task.h"

#include <utility>

namespace onramp {

LiftTask::LiftTask(LiftTaskConfig config, std::unique_ptr<Scene> scene, SuccessSource& success)
    : config_(config), scene_(std::move(scene)), success_(success) {}

Eigen::Isometry3d LiftTask::reset(Rng& random) {
  scene_->reset(random);
  return tool_down_above(config_.table_m, config_.start_height_m, config_.start_spread_m, random);
}

Evaluation LiftTask::evaluate(const Signals& signals) {
  if (!success_.succeeded(signals)) return {};
  return {.reward = 1.0, .success = true, .end = EndReason::kSuccess};
}

}  // namespace onramp
