// Grasping an item from a bin with a suction cup (Simplified Q, section 4 and appendix C): +1 on each step in which an item
// is held above the bin. Judged by what a robot measures too: vacuum pressure and height of the tool.
#pragma once

#include <array>
#include <memory>
#include <string>

#include "onramp/envs/task.h"

namespace onramp {

/// What counts as lifted, and where attempts start.
struct VacuumGraspTaskConfig {
  std::array<double, 3> bin_m = {0.75, 0.0, 0.0};  ///< middle of the bin's floor, in the arm's base frame
  double hold_pressure_Pa = 25e3;                  ///< vacuum from which something is held
  double lift_height_m = 0.15;          ///< of the tool above the bin's floor, from which an item is above the bin
  double start_height_m = 0.22;         ///< of the tool above the bin's floor
  double start_spread_m = 0.02;         ///< start positions differ by at most this along each axis
  bool safety_stop_is_terminal = true;  ///< appendix C: the attempt is over; else it is cut off there
};

/// An item is sucked up and held above the bin: +1 for each step in which it is (Simplified Q, app. C).
class VacuumGraspTask final : public Task {
 public:
  VacuumGraspTask(VacuumGraspTaskConfig config, std::unique_ptr<Scene> scene);

  const std::string& name() const override { return name_; }
  bool safety_stop_is_terminal() const override { return config_.safety_stop_is_terminal; }
  std::optional<SparseReward> sparse_reward() const override { return SparseReward{.success_ends = false}; }
  Eigen::Isometry3d reset(Rng& random) override;
  Evaluation evaluate(const Signals& signals) override;
  std::vector<std::string> privileged_fields() const override { return scene_->privileged_fields(); }
  void read_privileged(std::vector<float>& values) override { scene_->read_privileged(values); }

 private:
  const std::string name_ = "vacuum_grasp";
  const VacuumGraspTaskConfig config_;
  std::unique_ptr<Scene> scene_;
};

}  // namespace onramp
