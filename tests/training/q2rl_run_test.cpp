// Q2RL as a whole run: demonstrations, a cloned policy, its rollouts, Q-estimation, on-line learning gated by Q.
#include <gtest/gtest.h>

#include "onramp/base/error.h"
#include "onramp/data/store/episode_store.h"
#include "onramp/policies/gated_policy.h"
#include "onramp/training/metrics_table.h"
#include "onramp/training/policy_file.h"
#include "training/run_fixture.h"

namespace onramp {
namespace {

using namespace onramp::test;

class Q2rlRun : public Runs {};

/// Episodes 0 to 3 are demonstrations, 4 to 6 rollouts, 7 to 9 attempts on line.
constexpr const char* kRun = R"(
run: {seed: 3, log_every: 1, checkpoint_every_s: 0, keep_checkpoints: 1000}
compute: {threads: 1}
env: {type: point}
policies: {expert: {type: point_expert}}
learners:
  cloning: {type: bc, policy: mixture, batch_size: 8, input: {images: none}, actor: {mlp: {hidden: [8]}}}
  agent:
    type: q2rl
    batch_size: 8
    without_success: true
    input: {images: none}
    critic: {ensemble: 3, mlp: {hidden: [8]}}
    actor: {mlp: {hidden: [8]}}
phases:
  - {type: collect, name: demonstrations, policy: expert, episodes: 4}
  - {type: learn, name: cloning, learner: cloning, updates: 3}
  - {type: collect, name: rollouts, policy: cloning, episodes: 3, act: auto, into: [rollouts]}
  - {type: learn, name: estimation, learner: agent, updates: 3}
  - {type: interleave, name: online, learner: agent, episodes: 3, updates_per_step: 1}
  - {type: evaluate, policies: [cloning, estimation, online], settings: {episodes: 3, batch: 2}}
)";
const std::string kSeldom = replaced(kRun, "checkpoint_every_s: 0", "checkpoint_every_s: 1000");

TEST_F(Q2rlRun, LeavesAGatedPolicyAndSaysWhoActed) {
  execute(folder_ / "run", kSeldom);
  const EpisodeStore store(folder_ / "run" / "episodes");
  EXPECT_FALSE(store.load(4).extra.contains("gate"));
  const auto metrics = read_metrics(folder_ / "run" / "metrics.csv");
  const auto* share = metrics.find("online", "bc_share");
  ASSERT_NE(share, nullptr);
  ASSERT_EQ(share->value.size(), 3U);
  for (int64_t i = 7; i < 10; ++i) {
    const auto episode = store.load(i);
    const auto& gate = episode.extra.at("gate").values;
    double acted = 0.0;
    for (const auto value : gate) acted += static_cast<double>(value);
    EXPECT_NEAR(share->value[static_cast<size_t>(i - 7)], acted / static_cast<double>(gate.size()), 1e-6);
    for (const char* column : {"a_bc", "q_bc", "q_rl"}) EXPECT_TRUE(episode.extra.contains(column)) << column;
  }
  for (const char* metric : {"value_loss", "critic_loss", "actor_nll"}) {
    EXPECT_NE(metrics.find("estimation", metric), nullptr) << metric;
  }
  const auto kept = read_policy_file(folder_ / "run" / "policies" / "online", at::kCPU);
  EXPECT_NE(dynamic_cast<const GatedPolicy*>(kept.policy.get()), nullptr);
}

// What a comparison rests on: with one seed all methods start from one cloned policy, whatever else they do with demonstrations.
TEST_F(Q2rlRun, ARivalWithTheSameSeedStartsFromTheSameClonedPolicy) {
  execute(folder_ / "q2rl", kSeldom);
  auto rival = replaced(kSeldom, "    type: q2rl\n", "    type: ibrl\n");
  rival = replaced(rival, "    without_success: true\n", "");
  rival = replaced(rival, "policy: expert, episodes: 4}", "policy: expert, episodes: 4, into: [offline, online]}");
  rival = replaced(rival,
                   "  - {type: collect, name: rollouts, policy: cloning, episodes: 3, act: auto, into: [rollouts]}\n"
                   "  - {type: learn, name: estimation, learner: agent, updates: 3}\n",
                   "");
  execute(folder_ / "ibrl", replaced(rival, "[cloning, estimation, online]", "[cloning, online]"));
  const auto hash = [&](const std::string& run) {
    return read_policy_file(folder_ / run / "policies" / "cloning", at::kCPU).hash;
  };
  EXPECT_EQ(hash("ibrl"), hash("q2rl"));
  execute(folder_ / "other", replaced(kSeldom, "seed: 3", "seed: 4"));
  EXPECT_NE(hash("other"), hash("q2rl"));
}

TEST_F(Q2rlRun, GoesOnBitForBitFromEveryCheckpoint) {
  execute(folder_ / "whole", kRun);
  expect_goes_on_bit_for_bit(checkpoints_of_whole(), kSeldom);
}

// Nothing within reach but by chance: three rollouts of a policy that learned next to nothing arrive nowhere.
TEST_F(Q2rlRun, IsRefusedWhereNoRolloutSucceeded) {
  auto text = replaced(kSeldom, "    without_success: true\n", "");
  text = replaced(text, "env: {type: point}", "env: {type: point, reach: 1e-9}");
  expect_throws<DataError>([&] { execute(folder_ / "run", text); },
                           "none of the 3 episodes of source 'rollouts' succeeded, so that all returns are alike");
}

class RedqRun : public Runs {};

// Nothing but what it does itself: no demonstrations, and no normaliser fitted on them.
TEST_F(RedqRun, LearnsOnLineAlone) {
  execute(folder_ / "run", R"(
run: {seed: 3, log_every: 1}
compute: {threads: 1}
env: {type: point, pictures: false}
learners:
  agent:
    type: redq
    online_share: 1
    batch_size: 8
    input: {normalize: false}
    critic: {ensemble: 3, mlp: {hidden: [8]}}
    actor: {mlp: {hidden: [8]}}
phases:
  - {type: interleave, learner: agent, episodes: 2, updates_per_step: 1}
)");
  EXPECT_NE(read_metrics(folder_ / "run" / "metrics.csv").find("online", "critic_loss"), nullptr);
}

}  // namespace
}  // namespace onramp
