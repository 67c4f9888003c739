#include "onramp/envs/sparse_task.h"

#include <algorithm>
#include <utility>

namespace onramp {

SparseTask::SparseTask(SparseTaskConfig config, std::unique_ptr<Scene> scene, SuccessSource& success)
    : config_(std::move(config)), scene_(std::move(scene)), success_(success) {}

Eigen::Isometry3d SparseTask::reset(Rng& random) {
  scene_->reset(random);
  Eigen::Isometry3d X = tool_down_above(config_.start_m, config_.start_height_m, config_.start_spread_m, random);
  for (int i = 0; i < 3; ++i) {
    X.translation()[i] = std::clamp(X.translation()[i], config_.start_min_m[i], config_.start_max_m[i]);
  }
  if (const double most = config_.start_turn_rad; most > 0) {
    Eigen::Vector3d turn;
    for (int i = 0; i < 3; ++i) turn[i] = random.uniform(-most, most);
    X.linear() = Eigen::AngleAxisd(turn.norm(), turn.normalized()).matrix() * X.linear();
  }
  scene_->tool_starts_at(X);
  return X;
}

Evaluation SparseTask::evaluate(const Signals& signals) {
  if (!success_.succeeded(signals)) return {};
  return {.reward = 1.0, .success = true, .end = EndReason::kSuccess};
}

}  // namespace onramp
