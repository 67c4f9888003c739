// Lifting a cube from a table (robosuite's Lift, the first robomimic task of Q2RL): 1 in the step in which the cube is up, and
// with it the attempt ends.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "onramp/envs/task.h"

namespace onramp {

/// Where attempts start.
struct LiftTaskConfig {
  std::array<double, 3> table_m = {0.45, 0.0, 0.0};  ///< middle of the table's top, in the arm's base frame
  double start_height_m = 0.2;                       ///< of the tool above the table
  double start_spread_m = 0.02;                      ///< start positions differ by at most this along each axis
};

/// Success as `success` tells it: the height of the cube in simulation, a key or a classifier on a robot.
class LiftTask final : public Task {
 public:
  /// `success` must outlive the task; it may be the scene itself.
  LiftTask(LiftTaskConfig config, std::unique_ptr<Scene> scene, SuccessSource& success);

  const std::string& name() const override { return name_; }
  /// Cut off. Where each step costs something (Q2RL: -1), a terminal stop would be a way out.
  bool safety_stop_is_terminal() const override { return false; }
  Eigen::Isometry3d reset(Rng& random) override;
  Evaluation evaluate(const Signals& signals) override;
  std::vector<std::string> privileged_fields() const override { return scene_->privileged_fields(); }
  void read_privileged(std::vector<float>& values) override { scene_->read_privileged(values); }
  std::vector<std::string> object_fields() const override { return scene_->object_fields(); }
  void read_objects(const Signals& signals, std::vector<float>& values) override {
    scene_->read_objects(signals, values);
  }

 private:
  const std::string name_ = "lift";
  const LiftTaskConfig config_;
  std::unique_ptr<Scene> scene_;
  SuccessSource& success_;
};

}  // namespace onramp
