// What is to be done, apart from the devices that do it.
#pragma once

#include <Eigen/Geometry>

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "onramp/base/random.h"
#include "onramp/data/end_reason.h"
#include "onramp/data/spec.h"
#include "onramp/envs/devices.h"

namespace onramp {

/// What a task may judge from: device signals, on the robot and in simulation alike.
struct Signals {
  ArmState arm;
  GripperState gripper;
};

/// A task's judgement of one step.
struct Evaluation {
  double reward = 0.0;
  bool success = false;
  std::optional<EndReason> end;  ///< success or failure; limits of time and safety are the environment's business
};

/// Where the things to be handled are. In simulation it places them; on a robot it asks a person or a machine to.
class Scene {
 public:
  virtual ~Scene() = default;
  /// Puts everything where an episode starts, leaving nothing of the one before. @throws ResetFailed
  virtual void reset(Rng& random) = 0;
  /// Told after each reset(), before the tool goes there: what it holds from the start is put into it.
  virtual void tool_starts_at(const Eigen::Isometry3d& X_BaseTcp) { (void)X_BaseTcp; }
  /// Names and units of what is known beyond the devices' signals; empty on a robot.
  virtual std::vector<std::string> privileged_fields() const { return {}; }
  /// Their values, appended.
  virtual void read_privileged(std::vector<float>& values) { (void)values; }
  /// Names of what policies may see of the objects, each scaled to about 1; empty where nothing but cameras sees them.
  virtual std::vector<std::string> object_fields() const { return {}; }
  virtual void read_objects(const Signals& signals, std::vector<float>& values) { (void)signals, (void)values; }
};

/// Who says whether an attempt succeeded, where no device signal tells: the simulator's state, a person's key, a classifier.
class SuccessSource {
 public:
  virtual ~SuccessSource() = default;
  /// Asked once after each step.
  virtual bool succeeded(const Signals& signals) = 0;
};

/// What is to be done: where an episode starts, what earns a reward, what ends it.
class Task {
 public:
  virtual ~Task() = default;
  virtual const std::string& name() const = 0;
  virtual bool safety_stop_is_terminal() const = 0;
  /// Where evaluate() pays success and nothing else.
  virtual std::optional<SparseReward> sparse_reward() const { return {}; }
  /// Resets the scene and whatever evaluate() remembers. @return where the tool starts.
  virtual Eigen::Isometry3d reset(Rng& random) = 0;
  /// Called once after each step.
  virtual Evaluation evaluate(const Signals& signals) = 0;
  virtual std::vector<std::string> privileged_fields() const { return {}; }
  virtual void read_privileged(std::vector<float>& values) { (void)values; }
  virtual std::vector<std::string> object_fields() const { return {}; }
  virtual void read_objects(const Signals& signals, std::vector<float>& values) { (void)signals, (void)values; }
};

/// The tool pointing straight down at a point of the base frame, its x axis along the base's.
Eigen::Isometry3d tool_down_at(const Eigen::Vector3d& p_Base_m);
/// Where an attempt starts: straight down, above a place in the base frame, at most `spread_m` aside along each axis.
Eigen::Isometry3d tool_down_above(const std::array<double, 3>& p_Base_m, double height_m, double spread_m, Rng& random);

}  // namespace onramp
