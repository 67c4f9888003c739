// Policies that were learned elsewhere and take the place of what a run's learners would learn.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "onramp/algorithms/learnable.h"
#include "onramp/training/run_config.h"

namespace onramp {

/// By name, the learners of a config that are policies from files (LearnerFactory::policy_file): read, tried, and checked against
/// the task and against every learner that will be handed them, so that what will not do is refused before anything is done.
/// @param context  of a learner by its name: what there is to see and to do
/// @throws ConfigError naming the learner, the file, and what is wrong with it
std::map<std::string, std::unique_ptr<Learnable>> bring_policies(
    const RunConfig& config, const std::function<LearnerContext(const std::string&)>& context);

/// One line about one of them: what it sees and does, its density, memory, hash.
std::string describe_brought(const Learnable& learner);

}  // namespace onramp
