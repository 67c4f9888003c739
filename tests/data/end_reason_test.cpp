// From why an episode ended to the discount a learner is given.
#include "onramp/data/end_reason.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "onramp/data/sampler.h"
#include "support/episodes.h"

namespace onramp {
namespace {

struct Case {
  EndReason end;
  bool safety_stop_is_terminal;  // what the task declares
  bool terminal;
};

// Success and failure always; a protective stop where the task says so; nothing else ever.
const std::vector<Case> kCases = {
    {EndReason::kSuccess, false, true},     {EndReason::kSuccess, true, true},
    {EndReason::kFailure, false, true},     {EndReason::kFailure, true, true},
    {EndReason::kTimeLimit, false, false},  {EndReason::kTimeLimit, true, false},
    {EndReason::kHumanStop, false, false},  {EndReason::kHumanStop, true, false},
    {EndReason::kSafetyStop, false, false}, {EndReason::kSafetyStop, true, true},
    {EndReason::kCommsLoss, false, false},  {EndReason::kCommsLoss, true, false},
};

// Rewards 1, 2, 4, 8 with gamma 1/2 and n = 3. The window from step 0 ends before the episode does.
//   t   R                  m   next   discount, cut off
//   0   1 + 1 + 1 = 3      3   3      1/8, whatever the end
//   1   2 + 2 + 2 = 6      3   4      1/8
//   2   4 + 4     = 8      2   4      1/4
//   3   8                  1   4      1/2
constexpr float kReward[] = {3, 6, 8, 8}, kCutOff[] = {0.125, 0.125, 0.25, 0.5};
constexpr int64_t kNext[] = {3, 4, 4, 4};

TEST(EndReason, DecidesWhetherABatchBootstrapsFromTheLastState) {
  for (const auto& [end, safety_stop_is_terminal, terminal] : kCases) {
    SCOPED_TRACE(testing::Message() << to_string(end) << ", safety_stop_is_terminal " << safety_stop_is_terminal);
    auto episode = test::make_episode(4, end);
    episode.reward = {1, 2, 4, 8};
    episode.safety_stop_is_terminal = safety_stop_is_terminal;
    EXPECT_EQ(episode.terminal(), terminal);
    Replay replay(episode.observation_spec, episode.action_spec);
    replay.add_source("offline");
    const auto id = replay.add(episode, {"offline"});
    EXPECT_EQ(replay.dataset().info(id).terminal, terminal);
    EXPECT_EQ(replay.dataset().info(id).end, end);

    const auto batch = Sampler(1).sample({.size = 64, .sources = {{"offline"}}, .n_step = 3, .gamma = 0.5}, replay);
    std::set<int64_t> seen;
    for (int64_t i = 0; i < batch.size(); ++i) {
      const auto t = batch.obs.at("state")[i][1].item<int64_t>();
      seen.insert(t);
      EXPECT_EQ(batch.reward[i].item<float>(), kReward[t]) << t;
      EXPECT_EQ(batch.discount[i].item<float>(), terminal && t > 0 ? 0.0F : kCutOff[t]) << t;
      EXPECT_EQ(batch.next_obs.at("state")[i][1].item<int64_t>(), kNext[t]) << t;
    }
    EXPECT_EQ(seen.size(), 4U);  // a step is missed with a probability below 4 * (3/4)^64 = 4e-8
  }
}

}  // namespace
}  // namespace onramp
