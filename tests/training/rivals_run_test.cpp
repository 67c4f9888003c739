// The methods that Q2RL is compared with, each as a whole run that goes on bit for bit from wherever it was left.
#include <gtest/gtest.h>

#include "onramp/data/store/episode_store.h"
#include "onramp/policies/gated_policy.h"
#include "onramp/policies/residual_policy.h"
#include "onramp/training/metrics_table.h"
#include "onramp/training/policy_file.h"
#include "training/run_fixture.h"

namespace onramp {
namespace {

using namespace onramp::test;

struct RivalRun {
  const char *name, *agent, *before, *metric;  // of the learner; phases before `online`; what its updates there report
  const char* cloned = "mixture";
};
void PrintTo(const RivalRun& of, std::ostream* out) { *out << of.name; }

constexpr const char* kCloning = "  - {type: learn, name: cloning, learner: cloning, updates: 3}\n";
constexpr const char* kPretraining = "  - {type: learn, name: pretraining, learner: agent, updates: 3}\n";
constexpr const char* kWarmingUp =
    "  - {type: learn, name: pretraining, learner: agent, updates: 3}\n"
    "  - {type: collect, name: warm_up, policy: pretraining, episodes: 2, act: sample, into: [online]}\n";

const RivalRun kRuns[] = {
    {"Rlpd", "type: redq, entropy_backup: true, actor_value: mean", "", "critic_loss"},
    {"Ibrl", "type: ibrl", kCloning, "target_bc_share"},
    {"SoftIbrl", "type: ibrl, choice: soft", kCloning, "target_bc_share"},
    {"CalQl", "type: cal_ql, subset: 2", kPretraining, "penalty"},
    {"Wsrl", "type: wsrl", kWarmingUp, "critic_loss"},
    {"PolicyDecorator", "type: policy_decorator, exploration_updates: 40", kCloning, "exploration"},
    {"IbrlOfADeterministicPolicy", "type: ibrl", kCloning, "target_bc_share", "deterministic"},
    {"PolicyDecoratorOfADeterministicPolicy", "type: policy_decorator", kCloning, "exploration", "deterministic"},
};

class RivalRuns : public Runs, public ::testing::WithParamInterface<RivalRun> {
 protected:
  static std::string text(const char* checkpoint_every_s) {
    const std::string cloning = std::string("  cloning: {type: bc, policy: ") + GetParam().cloned +
                                ", batch_size: 8, input: {images: none}, actor: {mlp: {hidden: [8]}}}\n";
    const bool clones = GetParam().before == kCloning;
    return std::string("run: {seed: 3, log_every: 1, checkpoint_every_s: ") + checkpoint_every_s +
           ", keep_checkpoints: 1000}\n"
           "compute: {threads: 1}\n"
           "env: {type: point}\n"
           "policies: {expert: {type: point_expert}}\n"
           "learners:\n" +
           (clones ? cloning : "") + "  agent: {" + GetParam().agent +
           ", batch_size: 8, input: {images: none}, critic: {ensemble: 3, mlp: {hidden: [8]}}, actor: {mlp: {hidden: "
           "[8]}}}\n"
           "phases:\n"
           "  - {type: collect, name: demonstrations, policy: expert, episodes: 4, into: [offline, online]}\n" +
           GetParam().before +
           "  - {type: interleave, name: online, learner: agent, episodes: 3, updates_per_step: 1}\n"
           "  - {type: evaluate, policies: [expert, online], settings: {episodes: 3, batch: 2}}\n";
  }
};
INSTANTIATE_TEST_SUITE_P(Methods, RivalRuns, ::testing::ValuesIn(kRuns),
                         [](const auto& p) { return std::string(p.param.name); });

TEST_P(RivalRuns, LeaveAPolicyAndReportWhatTheyDid) {
  execute(folder_ / "run", text("1000"));
  const auto metrics = read_metrics(folder_ / "run" / "metrics.csv");
  const auto* reported = metrics.find("online", GetParam().metric);
  ASSERT_NE(reported, nullptr);
  EXPECT_EQ(reported->value.size(), 3U);
  const auto kept = read_policy_file(folder_ / "run" / "policies" / "online", at::kCPU);
  const bool gated = std::string(GetParam().agent).find("ibrl") != std::string::npos;
  const bool residual = std::string(GetParam().agent).find("decorator") != std::string::npos;
  EXPECT_EQ(dynamic_cast<const GatedPolicy*>(kept.policy.get()) != nullptr, gated);
  EXPECT_EQ(dynamic_cast<const ResidualPolicy*>(kept.policy.get()) != nullptr, residual);
  EXPECT_EQ(metrics.find("online", "bc_share") != nullptr, gated || residual);
  const EpisodeStore store(folder_ / "run" / "episodes");
  EXPECT_EQ(store.load(6).extra.contains("a_bc"), gated || residual);
}

TEST_P(RivalRuns, GoOnBitForBitFromWhereTheyWereLeft) {
  execute(folder_ / "whole", text("0"));
  const auto checkpoints = checkpoints_of_whole();
  const size_t all = checkpoints.size();
  ASSERT_GE(all, 8U);
  // A quarter, half, three quarters of the way, and before the end.
  expect_goes_on_bit_for_bit(
      {checkpoints[all / 4], checkpoints[all / 2], checkpoints[3 * all / 4], checkpoints[all - 2]}, text("1000"));
}

}  // namespace
}  // namespace onramp
