#include "onramp/algorithms/redq.h"

#include <cmath>
#include <functional>
#include <vector>

#include "cloned_testing.h"
#include "onramp/base/error.h"
#include "support/expect_throws.h"

namespace onramp {
namespace {

using namespace onramp::test;

RedqConfig small_redq() {
  auto config = small_agent<RedqConfig>();
  config.critic.ensemble = 3;
  return config;
}

RedqConfig redq_by_hand(int64_t units, int64_t ensemble, int64_t utd = 1) {
  auto config = by_hand<RedqConfig>(units, ensemble);
  config.critic.mlp.layer_norm = false;
  config.actor.mlp.activation = Activation::kTanh;
  config.utd = utd;
  return config;
}

// ---- numbers of one update ----

// Q'_0 = 3, 3, 7, 3 and Q'_1 = 5, 0, 5, 0, of which the least are 3, 0, 5, 0:
//   y = 0.5 + 0.5 * 3, 1 + 0.5 * 0, -1 + 0.25 * 5, 2 (terminal) = 2, 1, 0.25, 2
TEST(Redq, TargetIsTheLeastOfTheSubsetWithoutEntropy) {
  auto config = redq_by_hand(/*units=*/3, /*ensemble=*/2);
  config.temperature = 100.0;  // an entropy term would be seen
  Redq agent(config, state_context(1, 1));
  value_by_hand(agent, "target_critic");
  act_by_the_sign_of_the_state(agent);
  EXPECT_NEAR(metric(agent.update({{"batch", four_ways()}}), "target"), 1.3125, 1e-6);  // 5.25 / 4
}

// The same y = 2, 1, 0.25, 2 in [0.5, 1.75]: 1.75, 1, 0.5, 1.75.
TEST(Redq, TargetsAreCutToWhatCanBeEarned) {
  auto config = redq_by_hand(/*units=*/3, /*ensemble=*/2);
  config.value_range = {0.5, 1.75};
  Redq agent(config, state_context(1, 1));
  value_by_hand(agent, "target_critic");
  act_by_the_sign_of_the_state(agent);
  EXPECT_NEAR(metric(agent.update({{"batch", four_ways()}}), "target"), 1.25, 1e-6);  // 5 / 4
}

TEST(Redq, ARangeOfValuesThatIsNoneIsRefused) {
  auto config = small_redq();
  config.value_range = {4.0, -100.0};
  expect_throws<ConfigError>([&] { Redq agent(config, state_context(3, 2)); },
                             "value_range = [4, -100]: want the least first, then the most");
}

TEST(Redq, ARangeOfRewardsDoesNotGoWithEntropyInTheTarget) {
  auto config = small_redq();
  config.value_range = {-100.0, 4.0};
  config.entropy_backup = true;
  expect_throws<ConfigError>([&] { config.validate(); },
                             "targets hold the policy's entropy too; set value_range: null");
}

// Density of tanh(u), u = 20 tanh(1) = 15.232 with a deviation of e^-20: 20 - 0.919 - z^2 / 2 - 2 (log 2 - 15.232) = 48.16 - z^2 / 2.
TEST(Redq, EntropyEntersTheTargetWhereAskedFor) {
  const auto target = [](bool entropy_backup) {
    auto config = redq_by_hand(/*units=*/3, /*ensemble=*/2);
    config.temperature = 1.0;
    config.entropy_backup = entropy_backup;
    Redq agent(config, state_context(1, 1));
    value_by_hand(agent, "target_critic");
    act_by_the_sign_of_the_state(agent);
    auto batch = batch_of({1}, {0});
    batch.discount = at::full({1}, 0.5F);
    return metric(agent.update({{"batch", batch}}), "target");
  };
  const auto bonus = target(true) - target(false);
  EXPECT_GE(bonus, -0.5 * 48.17);
  EXPECT_LE(bonus, -0.5 * (48.16 - 16.0 / 2));  // |z| < 4
}

// Q'_e = e: the least of two of three is 0 in two draws of three, else 1, and never 2.
TEST(Redq, EachStepDrawsAFreshSubsetWithoutReplacement) {
  constexpr int kDraws = 900;  // s.e. of the mean: sqrt(2 / 9) / 30 = 0.0157
  auto config = redq_by_hand(/*units=*/1, /*ensemble=*/3);
  config.subset = 2;
  Redq agent(config, state_context(1, 1));
  for (const auto* part : {"critic", "target_critic"}) {
    set_weights(agent, part, {{"weight_out", at::zeros({3, 1, 1})}, {"bias_out", rows({{0}, {1}, {2}})}});
  }
  auto batch = batch_of({1}, {0});
  batch.discount = at::ones({1});
  double sum = 0.0;
  for (int i = 0; i < kDraws; ++i) {
    const auto y = metric(agent.update({{"batch", batch}}), "target");
    EXPECT_TRUE(std::abs(y) < 1e-6 || std::abs(y - 1) < 1e-6) << y;
    sum += y;
  }
  EXPECT_NEAR(sum / kDraws, 1.0 / 3, 5 * 0.0157);
}

// Four rows, four steps: the last sees the last row alone, whose y is its reward.
TEST(Redq, EachStepOfTheCriticHasItsPartOfTheBatch) {
  Redq agent(redq_by_hand(/*units=*/3, /*ensemble=*/2, /*utd=*/4), state_context(1, 1));
  EXPECT_NEAR(metric(agent.update({{"batch", four_ways()}}), "target"), 2.0, 1e-6);
  EXPECT_EQ(saved(agent).at("target_critic").host.at("members"), 4);
}

// At s = 1 the policy acts 1: Q_0 = 3, Q_1 = 5.
TEST(Redq, ThePolicyClimbsTheLeastMemberOrTheMean) {
  for (const auto& [value, want] : {std::pair{EnsembleValue::kMin, 3.0}, std::pair{EnsembleValue::kMean, 4.0}}) {
    auto config = redq_by_hand(/*units=*/3, /*ensemble=*/2);
    config.actor_value = value;
    Redq agent(config, state_context(1, 1));
    value_by_hand(agent);
    act_by_the_sign_of_the_state(agent);
    EXPECT_NEAR(metric(agent.update({{"batch", batch_of({1}, {0})}}), "q_policy"), want, 1e-5);
  }
}

// Rows s = -1 and 1; there the least of Q(s, sign s) are 0 and 3.
TEST(Redq, ThePolicysStepSeesTheWholeBatchOrItsLastPart) {
  for (const auto& [rows, want] : {std::pair{ActorBatch::kAll, 1.5}, std::pair{ActorBatch::kLast, 3.0}}) {
    auto config = redq_by_hand(/*units=*/3, /*ensemble=*/2, /*utd=*/2);
    config.actor_batch = rows;
    Redq agent(config, state_context(1, 1));
    value_by_hand(agent);
    act_by_the_sign_of_the_state(agent);
    EXPECT_NEAR(metric(agent.update({{"batch", batch_of({-1, 1}, {0, 0})}}), "q_policy"), want, 1e-5);
  }
}

TEST(Redq, TheTargetStartsAsTheCriticAndFollowsItByItsRate) {
  auto config = small_redq();
  config.utd = 1;
  config.target_rate = 0.25;
  Redq agent(config, state_context(3, 2));
  const auto before = saved(agent);
  agent.update({{"batch", random_batch(32, 3, 2)}});
  const auto after = saved(agent);
  for (const auto& [name, old] : before.at("target_critic").tensors) {
    expect_equal(old, before.at("critic").tensors.at(name));
    const auto want = 0.75 * old + 0.25 * after.at("critic").tensors.at(name);
    EXPECT_LE((after.at("target_critic").tensors.at(name) - want).abs().max().item<double>(), 1e-7) << name;
  }
}

// ---- known answers ----

TEST(Redq, LearnsTheValueAndActsOnIt) {
  const BanditGrid grid;
  auto config = bandit_agent<RedqConfig>();
  config.critic.ensemble = 3;
  config.utd = 2;
  Redq agent(config, state_context(1, 1, test_seed()));
  for (uint64_t i = 0; i < 400; ++i) agent.update({{"batch", bandit_batch(64, 1000 * test_seed() + i)}});
  const auto q = agent.evaluate({{"state", grid.states}}, grid.actions).q;  // [E, 11, 9]
  expect_below("bandit value error", (q - grid.reward).abs().mean().item<double>(), 0.06);
  const auto policy = agent.policy();
  auto random = RandomStream(1, "act").next();
  const auto action = policy->act({{"state", grid.states}}, *policy->begin(11), ActMode::kMode, random).action;
  expect_below("bandit action error", (action - grid.states).abs().mean().item<double>(), 0.12);
}

TEST(Redq, LearnsAChainByBootstrapping) {
  auto config = bandit_agent<RedqConfig>();
  config.critic.ensemble = 3;
  config.gamma = kChainGamma;
  config.utd = 2;
  config.target_rate = 0.05;  // its lag in so few updates is not the point
  Redq agent(config, state_context(kChainStates, 1, test_seed()));
  for (uint64_t k = 0; k < 600; ++k) agent.update({{"batch", chain_batch(64, 10000 * test_seed() + 2 * k)}});
  expect_chain_learned(agent, 0.1);
}

// RLPD (Ball et al., section 4.1): half of each batch from the demonstrations, from the first on-line step. On line nobody gets
// to the chain's end, since nothing that was tried goes right; of demonstrations that do, half of the batch is enough.
TEST(RlpdEffect, HalfOfTheBatchShowsWhatOnLineStepsDoNot) {
  const auto value_of_right = [](double online_share) {
    auto config = bandit_agent<RedqConfig>();
    config.critic.ensemble = 3;
    config.gamma = kChainGamma;
    config.utd = 2;
    config.target_rate = 0.05;
    config.entropy_backup = true;
    config.actor_value = EnsembleValue::kMean;
    config.online_share = online_share;
    Redq agent(config, state_context(kChainStates, 1, test_seed()));
    agent.begin_stage(Stage::kOnline);
    const auto plan = agent.sample_plan();
    for (uint64_t k = 0; k < 400; ++k) {
      const auto some = chain_batch(512, 10000 * test_seed() + 2 * k);
      const auto right = some.action.squeeze(1) > 0;
      std::vector<at::Tensor> rows;
      for (const auto& share : plan[0].sources) {
        const auto fitting = (share.source == "offline" ? right : right.logical_not()).nonzero().squeeze(1);
        rows.push_back(fitting.slice(0, 0, std::lround(share.share * 64)));
      }
      // In turns, so that each step of the critic sees both sources.
      agent.update({{"batch", rows_at(some, at::stack(rows, 1).flatten())}});
    }
    return agent.evaluate({{"state", at::eye(kChainStates).slice(0, 0, 1)}}, rows({{0.5F}})).q.mean().item<double>();
  };
  expect_below("half and half: distance from 0.656", std::abs(value_of_right(0.5) - 0.6561), 0.15);
  expect_below("on-line steps alone", std::abs(value_of_right(1.0)), 0.3);
}

// ---- state and settings ----

TEST(Redq, ContinuesBitForBitAfterLoad) {
  Redq agent(small_redq(), state_context(3, 2)), fresh(small_redq(), state_context(3, 2));
  expect_continues_bit_for_bit(agent, fresh, {{"batch", random_batch(32, 3, 2)}});
}

TEST(Redq, EndToEndContinuesBitForBitAfterLoad) {
  auto config = small_agent_with_pictures<RedqConfig>(EncoderMode::kEndToEnd);
  config.critic.ensemble = 3;
  expect_continues_end_to_end<Redq>(config, handed_over(), picture_batch(8, 2));
}

TEST(Redq, EachSettingOfTheUpdateChangesItsResult) {
  const auto run = networks_after<Redq, RedqConfig>;
  const auto base = run([](auto&) {});
  auto changes = changes_of_common_settings<RedqConfig>();
  changes.emplace_back("entropy_backup", [](auto& c) { c.entropy_backup = true; });
  changes.emplace_back("actor_value", [](auto& c) { c.actor_value = EnsembleValue::kMean; });
  changes.emplace_back("actor_batch", [](auto& c) { c.actor_batch = ActorBatch::kLast; });
  for (const auto& [name, change] : changes) EXPECT_NE(run(change), base) << name;
}

TEST(Redq, PlanCutsTheBatchOrAsksForSeveral) {
  RedqConfig config;
  config.input.normalize = false;
  const auto request = [&] {
    const auto plan = Redq(config, state_context(3, 2)).sample_plan();
    return std::pair{plan[0].size, plan[0].minibatches};
  };
  EXPECT_EQ(request(), (std::pair<int64_t, int64_t>{64, 4}));  // 256 = 4 x 64
  config.utd_form = UtdForm::kEach;
  EXPECT_EQ(request(), (std::pair<int64_t, int64_t>{256, 4}));  // 4 x 256
}

TEST(Redq, ItsOwnCourseIsOnLineAtOneUpdateAStep) {
  const auto phases = Redq::default_phases({}, "agent", /*environment=*/true);
  ASSERT_EQ(phases.size(), 1U);
  EXPECT_EQ(phases[0].at("type").text(), "interleave");
  EXPECT_EQ(phases[0].at("updates_per_step").as<double>(), 1.0);
  EXPECT_EQ(Redq::default_phases({}, "agent", /*environment=*/false).front().at("type").text(), "learn");
}

TEST(Redq, RefusesWhatDoesNotFitTogether) {
  RedqConfig config;
  config.batch_size = 258;
  expect_throws<ConfigError>([&] { config.validate(); }, "batch_size = 258 cannot be cut into utd = 4 equal parts");
  config.utd_form = UtdForm::kEach;
  config.validate();
  config.subset = 11;
  expect_throws<ConfigError>([&] { config.validate(); }, "subset = 11, want at most critic.ensemble = 10");
}

TEST(Redq, SaysWhichPartIsMissing) {
  Redq agent(small_redq(), state_context(3, 2));
  expect_names_each_missing_part(agent);
}

}  // namespace
}  // namespace onramp
