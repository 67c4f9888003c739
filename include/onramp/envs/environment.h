// The one interface between learning and the world: simulator, robot, bridge and fake all implement it.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "onramp/data/end_reason.h"
#include "onramp/data/observation.h"
#include "onramp/data/spec.h"

namespace onramp {

/// Constant for the life of an environment.
struct EnvSpec {
  std::string name;  ///< task name, e.g. "vacuum_grasp"
  ObservationSpec observation;
  ActionSpec action;
  double control_period_s = 0.1;              ///< time between two actions
  int64_t max_steps = 0;                      ///< time limit in steps; 0: none
  bool safety_stop_is_terminal = false;       ///< see is_terminal()
  std::optional<SparseReward> sparse_reward;  ///< where it is known to be one
};

/// What one action led to.
struct Step {
  Observation obs;                          ///< after the action
  double reward = 0.0;                      ///< raw
  bool success = false;                     ///< raw flag of this step
  std::optional<EndReason> end;             ///< set on the last step
  at::Tensor executed_action;               ///< float [A], after limits, same units as the action; undefined: as asked
  std::map<std::string, double> timing_us;  ///< by name, microseconds: ages of image and state, lateness
};

/// Not thread-safe. Order: reset, then step until a Step carries an end; stepping after an end is an error.
class Environment {
 public:
  virtual ~Environment() = default;
  virtual const EnvSpec& spec() const = 0;
  /// First observation of a new episode; leaves nothing of the one before. The same seed gives the same episode.
  /// @throws ResetFailed when a person or a later try is needed: the run pauses.
  virtual Observation reset(uint64_t seed) = 0;
  /// @param action float [A] in [-1, 1]. @throws ActionError on another shape, a NaN or a value outside.
  virtual Step step(const at::Tensor& action) = 0;
  /// No command will come for a while: a robot holds still, its link kept alive by the device's own thread.
  virtual void standby() {}
};

/// What leaves an environment is looked at once, by whoever runs it or records it; all behind trusts it.
/// @throws EnvironmentError naming the environment, the entry (or the reward), what its spec promises and what came
void check_observation(const Observation& observation, const EnvSpec& spec);
void check_step(const Step& step, const EnvSpec& spec);

/// Pictures for people (videos), apart from what a policy sees.
class Renderable {
 public:
  virtual ~Renderable() = default;
  /// uint8 [height, width, 3], RGB.
  virtual at::Tensor render(int64_t width, int64_t height) = 0;
};

}  // namespace onramp
