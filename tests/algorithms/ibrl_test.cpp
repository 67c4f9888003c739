#include "onramp/algorithms/ibrl.h"

#include <cmath>
#include <functional>

#include "cloned_testing.h"
#include "onramp/base/error.h"
#include "support/expect_throws.h"

namespace onramp {
namespace {

using namespace onramp::test;

IbrlConfig small_ibrl() {
  auto config = small_agent<IbrlConfig>();
  config.critic.ensemble = 3;
  return config;
}

/// Says 0.5, whatever the state.
Parts says_a_half() { return cloned(1, {std::atanh(0.5F)}, {-1.5F}); }

/// One update, whose target critic and whose critic are those of value_by_hand().
Metrics updated_by_hand(const Batch& batch, const std::function<void(IbrlConfig&)>& change) {
  const auto given = says_a_half();
  auto config = ensemble_by_hand<IbrlConfig>();
  config.temperature = 100.0;  // an entropy term would be seen
  change(config);
  Ibrl agent(config, context_of(given, 1, 1));
  value_by_hand(agent, "target_critic");
  value_by_hand(agent);
  act_by_the_sign_of_the_state(agent);
  return agent.update({{"batch", batch}});
}

// ---- numbers of one update ----

// The least members' values at s' = 1, -1, 3, -2 are 3, 0, 5, 0 of the learned policy's actions, and of 0.5
// min(2.5, 3), min(0.5, 3), min(6.5, 3), min(0.5, 3) = 2.5, 0.5, 3, 0.5. The larger of both are 3, 0.5, 5, 0.5:
//   y = 0.5 + 0.5 * 3, 1 + 0.5 * 0.5, -1 + 0.25 * 5, 2 (terminal) = 2, 1.25, 0.25, 2
TEST(Ibrl, TheTargetTakesTheProposalThatIsWorthMore) {
  const auto metrics = updated_by_hand(four_ways(), [](auto&) {});
  EXPECT_NEAR(metric(metrics, "target"), 1.375, 1e-6);  // 5.5 / 4
  EXPECT_EQ(metric(metrics, "target_bc_share"), 0.5);
}

// Without it the learned policy's alone: 2, 1, 0.25, 2.
TEST(Ibrl, WithoutBootstrapTheTargetIsTheLearnedPolicys) {
  const auto metrics = updated_by_hand(four_ways(), [](auto& c) { c.bootstrap = false; });
  EXPECT_NEAR(metric(metrics, "target"), 1.3125, 1e-6);
  for (const auto& [name, value] : metrics) EXPECT_NE(name, "target_bc_share");
}

// At s' = 1 both are worth 2.5 and 3: with beta = 2 log 3 the odds are 1 to 3, and y is 0.25 * 2.5 + 0.75 * 3 = 2.875 on average.
TEST(Ibrl, TheSoftTargetDrawsBySoftmax) {
  constexpr int64_t kRows = 40000;  // s.e. of the share: sqrt(3 / 16) / 200 = 0.0022; of y half of that
  auto batch = batch_of(std::vector<float>(kRows, 1.0F), std::vector<float>(kRows, 0.0F));
  batch.discount = at::ones({kRows});
  const auto metrics = updated_by_hand(batch, [](auto& c) {
    c.choice = GateChoice::kSoft;
    c.beta = 2 * std::log(3.0);
  });
  EXPECT_NEAR(metric(metrics, "target_bc_share"), 0.25, 5 * 0.0022);
  EXPECT_NEAR(metric(metrics, "target"), 2.875, 5 * 0.0011);
}

// At s = 1 the policy acts 1, where the members say 3 and 5.
TEST(Ibrl, ThePolicyClimbsTheLeastMember) {
  EXPECT_NEAR(metric(updated_by_hand(batch_of({1}, {0}), [](auto&) {}), "q_policy"), 3.0, 1e-5);
}

// ---- acting ----

// The critic says 3 and 2.5 at s = 1 of the learned and the cloned policy's actions, 0 and 0.5 at s = -1.
TEST(Ibrl, ActsAsTheCriticJudges) {
  const auto given = says_a_half();
  Ibrl agent(ensemble_by_hand<IbrlConfig>(), context_of(given, 1, 1));
  value_by_hand(agent);
  act_by_the_sign_of_the_state(agent);
  const auto policy = agent.policy();
  auto random = RandomStream(1, "act").next();
  const auto acted = policy->act({{"state", rows({{1}, {-1}})}}, *policy->begin(2), ActMode::kMode, random);
  EXPECT_TRUE(at::allclose(acted.action, rows({{1}, {0.5F}})));
  EXPECT_EQ(acted.info.at(1).name, "gate");
  expect_equal(acted.info.at(1).value, rows({{0}, {1}}));
  EXPECT_EQ(load_policy(save_policy(*policy))->content_hash(), policy->content_hash());
}

// ---- known answers ----

// The learned policy is held at random by its temperature, so that what its own actions bootstrap is worth little. A cloned
// policy that goes right carries the reward to the chain's first state: Q(0, right) = 0.9^4 = 0.656.
TEST(IbrlEffect, TheClonedPolicysProposalsCarryTheRewardBack) {
  const auto given = cloned(kChainStates, {1.0F}, {-1.0F});
  const auto value_of_the_first_step = [&](bool bootstrap, GateChoice choice) {
    auto config = bandit_agent<IbrlConfig>();
    config.critic.ensemble = 3;
    config.gamma = kChainGamma;
    config.temperature = 1.0;
    config.utd = 2;
    config.target_rate = 0.05;
    config.bootstrap = bootstrap;
    config.choice = choice;
    config.beta = 100;
    Ibrl agent(config, context_of(given, kChainStates, 1, test_seed()));
    for (uint64_t k = 0; k < 250; ++k) agent.update({{"batch", chain_batch(64, 10000 * test_seed() + 2 * k)}});
    return agent.evaluate({{"state", at::eye(kChainStates).slice(0, 0, 1)}}, rows({{0.5F}})).q.mean().item<double>();
  };
  for (const auto choice : {GateChoice::kHard, GateChoice::kSoft}) {
    expect_below("distance from 0.656", std::abs(value_of_the_first_step(true, choice) - 0.6561), 0.15);
  }
  expect_below("alone", value_of_the_first_step(false, GateChoice::kHard), 0.4);
}

// r = 1 - (a - s)^2, and the cloned policy always says 0: with cloning alone the policy says 0, without it a = s.
TEST(Ibrl, ThePolicyClonesAsWeighted) {
  const auto given = cloned(1, {0.0F}, {-1.0F});
  const BanditGrid grid;
  const auto modes = [&](double bc_weight) {
    auto config = bandit_agent<IbrlConfig>();
    config.critic.ensemble = 3;
    config.utd = 2;
    config.bc_weight = bc_weight;
    Ibrl agent(config, context_of(given, 1, 1, test_seed()));
    for (uint64_t i = 0; i < 300; ++i) agent.update({{"batch", bandit_batch(64, 1000 * test_seed() + i)}});
    const auto policy = agent.policy();
    return dynamic_cast<GatedPolicy&>(*policy).networks().actor->mode({{"state", grid.states}});
  };
  expect_below("without cloning: distance from s", (modes(0.0) - grid.states).abs().mean().item<double>(), 0.12);
  expect_below("cloning alone: distance from 0", modes(1.0).abs().mean().item<double>(), 0.05);
}

// ---- state and settings ----

TEST(Ibrl, ContinuesBitForBitAfterLoad) {
  const auto given = cloned(3, {0.5F, 0.0F}, {0.0F, -1.5F});
  for (const auto choice : {GateChoice::kHard, GateChoice::kSoft}) {
    auto config = small_ibrl();
    config.choice = choice;
    config.bc_action = ActSetting::kSample;
    Ibrl agent(config, context_of(given, 3, 2)), fresh(config, context_of(given, 3, 2));
    expect_continues_bit_for_bit(agent, fresh, {{"batch", random_batch(32, 3, 2)}});
  }
}

TEST(Ibrl, EndToEndContinuesBitForBitAfterLoad) {
  auto given = handed_over();
  given.merge(cloned(3, {0.5F, 0.0F}, {0.0F, -1.5F}));
  auto config = small_agent_with_pictures<IbrlConfig>(EncoderMode::kEndToEnd);
  config.critic.ensemble = 3;
  expect_continues_end_to_end<Ibrl>(config, given, picture_batch(8, 2));
}

TEST(Ibrl, EachSettingChangesItsResult) {
  const auto given = cloned(3, {0.5F, 0.0F}, {0.0F, -1.5F});
  const auto run = [&](const std::function<void(IbrlConfig&)>& change) {
    auto config = small_ibrl();
    change(config);
    Ibrl agent(config, context_of(given, 3, 2));
    for (uint64_t i = 0; i < 3; ++i) agent.update({{"batch", random_batch(32, 3, 2, i + 1)}});
    return hash_of(agent) + agent.policy()->content_hash();
  };
  const auto base = run([](auto&) {});
  auto changes = changes_of_common_settings<IbrlConfig>();
  changes.emplace_back("choice", [](auto& c) { c.choice = GateChoice::kSoft; });
  changes.emplace_back("bootstrap", [](auto& c) { c.bootstrap = false; });
  changes.emplace_back("bc_action", [](auto& c) { c.bc_action = ActSetting::kSample; });
  changes.emplace_back("rl_action", [](auto& c) { c.rl_action = ActSetting::kSample; });
  changes.emplace_back("bc_weight", [](auto& c) { c.bc_weight = 0.3; });
  for (const auto& [name, change] : changes) EXPECT_NE(run(change), base) << name;
  const auto soft = [](IbrlConfig& c) { c.choice = GateChoice::kSoft; };
  EXPECT_NE(run([&](auto& c) { soft(c), c.beta = 1.0; }), run(soft));
}

TEST(Ibrl, DrawsFromWhatTheDemonstrationsSeed) {
  const auto given = cloned(3, {0.5F, 0.0F}, {0.0F, -1.5F});
  IbrlConfig config;
  config.input.normalize = false;
  Ibrl agent(config, context_of(given, 3, 2));
  agent.begin_stage(Stage::kOnline);
  const auto request = agent.sample_plan()[0];
  ASSERT_EQ(request.sources.size(), 1U);
  EXPECT_EQ(request.sources[0].source, "online");
  EXPECT_EQ(request.size, 64);
  EXPECT_EQ(request.minibatches, 4);
  EXPECT_EQ(Ibrl::sources(config, true), std::vector<std::string>{"online"});
  config.online_share = 0.5;
  EXPECT_EQ(Ibrl::sources(config, true), (std::vector<std::string>{"offline", "online"}));
  EXPECT_EQ(Ibrl::default_phases({}, "agent", /*environment=*/true).front().at("type").text(), "interleave");
}

TEST(Ibrl, RefusesAClonedPolicyThatDoesNotFit) {
  expect_throws<ConfigError>([] { Ibrl(small_ibrl(), state_context(3, 2)); }, "ibrl needs the part 'cloned_policy'");
  const auto given = cloned(3, {0.5F, 0.0F}, {0.0F, -1.5F}), other = cloned(3, {0.4F, 0.0F}, {0.0F, -1.5F});
  Ibrl agent(small_ibrl(), context_of(given, 3, 2)), from_other(small_ibrl(), context_of(other, 3, 2));
  expect_throws<CheckpointError>([&] { from_other.load(saved(agent)); }, "another cloned policy");
  expect_names_each_missing_part(agent);
}

}  // namespace
}  // namespace onramp
