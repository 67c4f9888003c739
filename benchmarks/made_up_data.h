// Episodes of random numbers in the shapes of a task, and a learner over them as a run would set it up.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "onramp/algorithms/learnable.h"
#include "onramp/base/config_node.h"
#include "onramp/data/replay_source.h"
#include "onramp/data/sampler.h"
#include "onramp/training/catalog.h"
#include "onramp/training/feature_cache.h"

namespace onramp::bench {

/// vacuum_grasp's: a picture of 64x64x3 and 7 values; 7 actions.
ObservationSpec picture_observation();
ActionSpec picture_action();
/// D4RL's door: 39 values; 28 actions.
ObservationSpec state_observation();
ActionSpec state_action();

/// `length` steps of random numbers.
Episode make_episode(const ObservationSpec& observation, const ActionSpec& action, int64_t length, uint64_t seed);

/// A learner with a replay of its own: normaliser and frozen encoder (small_conv) handed over, features cached, batches drawn beforehand.
class LearnerOnData {
 public:
  /// @param settings {type: ..., ...}. @throws ConfigError
  LearnerOnData(const Catalog& catalog, const ConfigNode& settings, const ObservationSpec& observation,
                const ActionSpec& action);
  void update();
  Agent& agent();
  /// A batch of observations as the environment gives them (pictures as pixels), one row.
  Observation observation() const;

 private:
  std::optional<Replay> replay_;
  std::unique_ptr<Learnable> learner_;
  std::vector<Batches> batches_;
  size_t next_ = 0;
};

}  // namespace onramp::bench
