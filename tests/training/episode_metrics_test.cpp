#include <gtest/gtest.h>

#include <map>

#include "onramp/training/phases/factories.h"
#include "support/episodes.h"

namespace onramp {
namespace {

TEST(EpisodeMetrics, OfAGatedPolicySayHowOftenTheClonedOneActed) {
  auto episode = test::make_episode(4, EndReason::kTimeLimit, 0);
  const auto plain = episode_metrics(episode);
  episode.extra["gate"] = {1, {1, 0, 0, 0}};
  episode.extra["q_bc"] = {1, {1, 2, 3, 4}};
  episode.extra["q_rl"] = {1, {0, 0, 5, 5}};
  const auto gated = episode_metrics(episode);
  EXPECT_EQ(gated.size(), plain.size() + 3);
  const std::map<std::string, double> values(gated.begin(), gated.end());
  EXPECT_EQ(values.at("bc_share"), 0.25);
  EXPECT_EQ(values.at("gate_q_bc"), 2.5);
  EXPECT_EQ(values.at("gate_q_rl"), 2.5);
}

}  // namespace
}  // namespace onramp
