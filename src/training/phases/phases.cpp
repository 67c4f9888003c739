#include "onramp/training/phases.h"

#include <numeric>

#include "onramp/training/phases/factories.h"

namespace onramp {

void add_phases(Registry<Phase>& phases) {
  phases.add<CollectConfig>("collect", "a policy acts for some episodes", make_collect);
  phases.add<LearnConfig>("learn", "a learner makes updates on data that do not grow", make_learn);
  phases.add<InterleaveConfig>("interleave", "an agent acts, and learns between its episodes", make_interleave);
  phases.add<EvaluateConfig>("evaluate", "policies are scored on held-out seeds", make_evaluate);
}

std::vector<std::pair<std::string, double>> episode_metrics(const Episode& episode) {
  return {{"success", episode.succeeded() ? 1.0 : 0.0},
          {"success_at_end", episode.success_at_end() ? 1.0 : 0.0},
          {"return", std::accumulate(episode.reward.begin(), episode.reward.end(), 0.0)},
          {"length", static_cast<double>(episode.length())}};
}

}  // namespace onramp
