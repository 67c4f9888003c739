#include "onramp/training/phases.h"

#include <numeric>
#include <utility>

#include "onramp/data/acting.h"
#include "onramp/training/phases/factories.h"

namespace onramp {

void add_phases(Registry<Phase>& phases) {
  phases.add<CollectConfig>("collect", "a policy acts for some episodes", make_collect);
  phases.add<LearnConfig>("learn", "a learner makes updates on data that do not grow", make_learn);
  phases.add<InterleaveConfig>("interleave", "an agent acts, and learns between its episodes", make_interleave);
  phases.add<EvaluateConfig>("evaluate", "policies are scored on held-out seeds", make_evaluate);
}

std::vector<std::pair<std::string, double>> episode_metrics(const Episode& episode) {
  std::vector<std::pair<std::string, double>> metrics{
      {"success", episode.succeeded() ? 1.0 : 0.0},
      {"success_at_end", episode.success_at_end() ? 1.0 : 0.0},
      {"return", std::accumulate(episode.reward.begin(), episode.reward.end(), 0.0)},
      {"length", static_cast<double>(episode.length())}};
  // Of a policy that chooses between two (policies/gated_policy.h): how often which, and why.
  for (const auto& [column, metric] :
       {std::pair{kActingColumn, "bc_share"}, std::pair{"q_bc", "gate_q_bc"}, std::pair{"q_rl", "gate_q_rl"}}) {
    const auto found = episode.extra.find(column);
    if (found == episode.extra.end() || found->second.values.empty()) continue;
    const auto& values = found->second.values;
    metrics.emplace_back(metric,
                         std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size()));
  }
  return metrics;
}

}  // namespace onramp
