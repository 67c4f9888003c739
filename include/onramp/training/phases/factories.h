// Between the phases' sources and the list that names them.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "onramp/data/episode.h"
#include "onramp/training/phase.h"
#include "onramp/training/phases.h"

namespace onramp {

std::unique_ptr<Phase> make_collect(const CollectConfig& config);
std::unique_ptr<Phase> make_learn(const LearnConfig& config);
std::unique_ptr<Phase> make_interleave(const InterleaveConfig& config);
std::unique_ptr<Phase> make_evaluate(const EvaluateConfig& config);

/// What is logged of every episode: success (any step), success_at_end, return (raw), length (steps); of a gated policy also
/// bc_share, the share of steps that the cloned one made, and the means of both values, gate_q_bc and gate_q_rl.
std::vector<std::pair<std::string, double>> episode_metrics(const Episode& episode);

}  // namespace onramp
