// What a learner has become in another run.
#pragma once

#include <filesystem>
#include <string>

#include "onramp/base/config_node.h"
#include "onramp/core/checkpoint.h"

namespace onramp {

/// The parts that Learnable::save() gave, as the run's newest checkpoint holds them.
/// @param run       a run's folder, finished or at least beyond the last phase in which that learner learns
/// @param resolved  the whole config that asks: the learner's settings must be the same there
/// @throws ConfigError when there is no run, no such learner, one of other settings, or one that still learns
/// @throws CheckpointError when the checkpoint is damaged
Parts read_learner(const std::filesystem::path& run, const std::string& name, const ConfigNode& resolved);

}  // namespace onramp
