#include "onramp/envs/sparse_task.h"

#include <utility>

namespace onramp {

SparseTask::SparseTask(SparseTaskConfig config, std::unique_ptr<Scene> scene, SuccessSource& success)
    : config_(std::move(config)), scene_(std::move(scene)), success_(success) {}

Eigen::Isometry3d SparseTask::reset(Rng& random) {
  scene_->reset(random);
  return tool_down_above(config_.start_m, config_.start_height_m, config_.start_spread_m, random);
}

Evaluation SparseTask::evaluate(const Signals& signals) {
  if (!success_.succeeded(signals)) return {};
  return {.reward = 1.0, .success = true, .end = EndReason::kSuccess};
}

}  // namespace onramp
