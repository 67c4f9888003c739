// A task that is done or not: 1 in the step in which it is, and with it the attempt ends (robosuite's sparse reward, as robomimic
// and Q2RL use it).
#pragma once

#include <array>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "onramp/envs/task.h"

namespace onramp {

/// What it is called, and where attempts start.
struct SparseTaskConfig {
  std::string name;
  std::array<double, 3> start_m = {0.45, 0.0, 0.0};  ///< a place in the arm's base frame ...
  double start_height_m = 0.2;                       ///< ... and of the tool above it
  double start_spread_m = 0.02;                      ///< start positions differ by at most this along each axis
  double start_turn_rad = 0.0;                       ///< and turns away from straight down by this about each axis
  /// Starts beyond these, in the arm's base frame, are moved to them.
  std::array<double, 3> start_min_m = {-kAnywhere, -kAnywhere, -kAnywhere};
  std::array<double, 3> start_max_m = {kAnywhere, kAnywhere, kAnywhere};

  static constexpr double kAnywhere = std::numeric_limits<double>::infinity();
};

/// Success as `success` tells it: the state of the scene in simulation, a key or a classifier on a robot.
class SparseTask final : public Task {
 public:
  /// `success` must outlive the task; it may be the scene itself.
  SparseTask(SparseTaskConfig config, std::unique_ptr<Scene> scene, SuccessSource& success);

  const std::string& name() const override { return config_.name; }
  /// Cut off. Where each step costs something (Q2RL: -1), a terminal stop would be a way out.
  bool safety_stop_is_terminal() const override { return false; }
  std::optional<SparseReward> sparse_reward() const override { return SparseReward{}; }
  Eigen::Isometry3d reset(Rng& random) override;
  Evaluation evaluate(const Signals& signals) override;
  std::vector<std::string> privileged_fields() const override { return scene_->privileged_fields(); }
  void read_privileged(std::vector<float>& values) override { scene_->read_privileged(values); }
  std::vector<std::string> object_fields() const override { return scene_->object_fields(); }
  void read_objects(const Signals& signals, std::vector<float>& values) override {
    scene_->read_objects(signals, values);
  }

 private:
  const SparseTaskConfig config_;
  std::unique_ptr<Scene> scene_;
  SuccessSource& success_;
};

}  // namespace onramp
