// A cloned policy that remembers, in whole runs: `policy: mixture_rnn` of bc, its rollouts, Q2RL on top of it.
#include <gtest/gtest.h>

#include <cmath>

#include "onramp/base/error.h"
#include "onramp/data/store/episode_store.h"
#include "onramp/policies/gated_policy.h"
#include "onramp/policies/recurrent_policy.h"
#include "onramp/training/metrics_table.h"
#include "onramp/training/policy_file.h"
#include "training/run_fixture.h"

namespace onramp {
namespace {

namespace fs = std::filesystem;
using namespace onramp::test;

/// Episodes 0 to 3 are demonstrations, 4 to 7 rollouts, 8 to 10 attempts on line.
constexpr const char* kRecurrentRun = R"(
run: {seed: 3, log_every: 1, checkpoint_every_s: 0, keep_checkpoints: 1000}
compute: {threads: 1}
env: {type: point, pictures: false}
policies: {expert: {type: point_expert}}
learners:
  cloning:
    type: bc
    policy: mixture_rnn
    batch_size: 8
    input: {images: none}
    recurrent: {units: 8, horizon: 3}
    sequence_length: 3
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
  - {type: collect, name: rollouts, policy: cloning, episodes: 4, act: auto, into: [rollouts]}
  - {type: learn, name: estimation, learner: agent, updates: 3}
  - {type: interleave, name: online, learner: agent, episodes: 3, updates_per_step: 1}
  - {type: evaluate, policies: [cloning, estimation, online], settings: {episodes: 3, batch: 2}}
)";
const std::string kRecurrentSeldom = replaced(kRecurrentRun, "checkpoint_every_s: 0", "checkpoint_every_s: 1000");

class RecurrentRun : public Runs {
 protected:
  /// Expects one line, and nothing on disk.
  void refuse(const std::string& config, const std::string& why) const {
    SCOPED_TRACE(why);
    expect_throws<ConfigError>([&] { execute(folder_ / "run", config); }, why);
    EXPECT_FALSE(fs::exists(folder_ / "run"));
  }
  /// Another learner than q2rl, which learns on line at once.
  static std::string online_alone(const std::string& agent) {
    auto changed = replaced(kRecurrentSeldom, "type: q2rl", "type: " + agent);
    changed = replaced(changed, "    without_success: true\n", "");
    changed = replaced(changed, "into: [rollouts]", "into: [online]");
    changed = replaced(changed, "  - {type: learn, name: estimation, learner: agent, updates: 3}\n", "");
    return replaced(changed, "cloning, estimation, online", "cloning, online");
  }
};

// What the rollouts say of themselves is what the policy says when it is shown them again, step by step.
TEST_F(RecurrentRun, LeavesRolloutsWithTheirDensitiesAndAGatedPolicy) {
  execute(folder_ / "run", kRecurrentSeldom);
  const auto cloned = read_policy_file(folder_ / "run" / "policies" / "cloning", at::kCPU);
  const auto* recurrent = dynamic_cast<const RecurrentPolicy*>(cloned.policy.get());
  ASSERT_NE(recurrent, nullptr);
  const auto actor = recurrent->actor().copy();
  const EpisodeStore store(folder_ / "run" / "episodes");
  int64_t steps = 0, longest = 0;
  for (int64_t i = 4; i < 11; ++i) {
    const auto episode = store.load(i);
    const bool rollout = i < 8;
    EXPECT_EQ(episode.extra.contains(kActedLogProb), rollout);
    EXPECT_EQ(episode.extra.contains("gate"), !rollout);
    if (!rollout) continue;
    auto state = actor->initial_state(1);
    for (int64_t t = 0; t < episode.length(); ++t, ++steps) {
      const auto at = static_cast<size_t>(t);
      const auto& vectors = episode.vectors;
      const Observation obs{
          {"state", at::tensor({vectors.at("state")[2 * at], vectors.at("state")[2 * at + 1]}).view({1, 2})},
          {"goal", at::tensor({vectors.at("goal")[at]}).view({1, 1})}};
      const auto pi = actor->step(obs, state);
      const auto action = at::full({1, 1}, episode.action[at]);
      if (std::abs(episode.action[at]) <
          1) {  // else it was clipped, and the density is that of what it was before: the same
        EXPECT_NEAR(pi.log_prob(action).item<double>(), episode.extra.at(kActedLogProb).values[at], 1e-3)
            << i << " " << t;
      }
      EXPECT_NEAR(pi.entropy_bound().item<double>(), episode.extra.at(kActedEntropy).values[at], 1e-4) << i << " " << t;
    }
    longest = std::max(longest, episode.length());
  }
  EXPECT_GT(longest, 3) << "no rollout was longer than the horizon";
  const auto metrics = read_metrics(folder_ / "run" / "metrics.csv");
  EXPECT_NE(metrics.find("cloning", "bc_loss"), nullptr);
  for (const char* metric : {"value_loss", "critic_loss", "actor_nll"}) {
    EXPECT_NE(metrics.find("estimation", metric), nullptr) << metric;
  }
  const auto last = read_policy_file(folder_ / "run", at::kCPU);
  const auto* gated = dynamic_cast<const GatedPolicy*>(last.policy.get());
  ASSERT_NE(gated, nullptr);
  EXPECT_EQ(gated->networks().cloned->content_hash(), cloned.hash);
}

TEST_F(RecurrentRun, GoesOnBitForBitFromEveryCheckpoint) {
  execute(folder_ / "whole", kRecurrentRun);
  expect_goes_on_bit_for_bit(checkpoints_of_whole(), kRecurrentSeldom);
}

// Each picture is encoded once, and a sequence has the features of its steps.
TEST_F(RecurrentRun, SeesThroughAFrozenEncoder) {
  execute(folder_ / "run", R"(
run: {seed: 3, log_every: 1}
compute: {threads: 1}
env: {type: point}
policies: {expert: {type: point_expert}}
learners:
  encoder: {type: hilbert, batch_size: 8, latent_dim: 4, encoder: {channels: [4], feature_dim: 8}}
  cloning: {type: bc, policy: mixture_rnn, batch_size: 8, input: {images: frozen}, recurrent: {units: 8}}
phases:
  - {type: collect, name: demonstrations, policy: expert, episodes: 4}
  - {type: learn, name: encoder, learner: encoder, updates: 2}
  - {type: learn, name: cloning, learner: cloning, updates: 3}
  - {type: evaluate, policies: [cloning], settings: {episodes: 3, batch: 2}}
)");
  EXPECT_NE(read_metrics(folder_ / "run" / "metrics.csv").find("cloning", "bc_loss"), nullptr);
}

// Its rollouts may be learned from on line: what it did there is what it proposed. Other policies' steps hold no such column.
TEST_F(RecurrentRun, StoresWhatItDidAsItsProposal) {
  execute(folder_ / "run", replaced(kRecurrentSeldom, "into: [rollouts]", "into: [rollouts, online]"));
  const EpisodeStore store(folder_ / "run" / "episodes");
  for (int64_t number = 4; number < 8; ++number) {
    const Episode rollout = store.load(number);
    EXPECT_EQ(rollout.extra.at("a_bc").values, rollout.action) << number;
    EXPECT_EQ(rollout.extra.at("a_bc").width, rollout.action_spec.dim);
  }
  EXPECT_FALSE(store.load(0).extra.contains("a_bc")) << "a demonstration";
}

// Before anything is done, not when the agent's phase comes.
TEST_F(RecurrentRun, IsRefusedWhereItWouldBeAskedInTheMiddleOfAnEpisode) {
  const std::string remembers =
      "the cloned policy remembers what came before, so that it cannot be asked at the states";
  const auto fresh = replaced(kRecurrentSeldom, "    without_success: true\n",
                              "    without_success: true\n    cloned_action: fresh\n");
  refuse(fresh, "learner 'cloning' and learner 'agent': q2rl: " + remembers);
  refuse(online_alone("ibrl"), "ibrl: " + remembers);
  refuse(online_alone("policy_decorator"), "policy_decorator: " + remembers);
  refuse(replaced(kRecurrentSeldom, "policy: expert, episodes: 4}",
                  "policy: expert, episodes: 4, into: [offline, online]}"),
         "wants its own attempts alone in replay source");
  execute(folder_ / "run", replaced(fresh, "cloned_action: fresh", "cloned_action: fresh\n    bc_weight: 0"));
  // Outside its target IBRL asks it while it acts alone.
  execute(folder_ / "ibrl", online_alone("ibrl\n    bootstrap: false"));
}

}  // namespace
}  // namespace onramp
