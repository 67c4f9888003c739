#include "onramp/algorithms/policy_decorator.h"

#include <cmath>
#include <functional>

#include "cloned_testing.h"
#include "onramp/base/error.h"
#include "support/expect_throws.h"

namespace onramp {
namespace {

using namespace onramp::test;

PolicyDecoratorConfig small_decorator() {
  auto config = small_agent<PolicyDecoratorConfig>();
  config.critic.ensemble = 3;
  return config;
}

Metrics decorated_by_hand(const Batch& batch, const std::function<void(PolicyDecoratorConfig&)>& change) {
  const auto given = cloned(1, {std::atanh(0.5F)}, {-1.5F});  // the base says 0.5
  auto config = ensemble_by_hand<PolicyDecoratorConfig>();
  config.entropy_backup = false;
  change(config);
  PolicyDecorator agent(config, context_of(given, 1, 1));
  value_by_hand(agent, "target_critic");
  value_by_hand(agent);
  act_by_the_sign_of_the_state(agent);  // of the correction
  return agent.update({{"batch", batch}});
}

// ---- numbers of one update ----

// a' = 0.5 +- 0.2 = 0.7, 0.3, 0.7, 0.3 at s' = 1, -1, 3, -2: the least members' values are min(2.7, 3.8), min(0.3, 2.2),
// min(6.7, 3.8), -: 2.7, 0.3, 3.8.
//   y = 0.5 + 0.5 * 2.7, 1 + 0.5 * 0.3, -1 + 0.25 * 3.8, 2 (terminal) = 1.85, 1.15, -0.05, 2
TEST(PolicyDecorator, TheTargetIsOfTheCorrectedAction) {
  EXPECT_NEAR(metric(decorated_by_hand(four_ways(), [](auto&) {}), "target"), 1.2375, 1e-6);  // 4.95 / 4
}

// At s = 1: 0.5 + 0.2 = 0.7, of value min(2.7, 3.8); with a scale of 1 it were 1.5, clipped to 1, of value 3. The data's action is 0.
TEST(PolicyDecorator, TheCriticJudgesWhatIsDone) {
  const auto metrics = decorated_by_hand(batch_of({1}, {0}), [](auto&) {});
  EXPECT_NEAR(metric(metrics, "q_policy"), 2.7, 1e-5);
  EXPECT_NEAR(metric(metrics, "action_distance"), 0.7, 1e-5);
  const auto clipped = decorated_by_hand(batch_of({1}, {0}), [](auto& c) { c.scale = 1.0; });
  EXPECT_NEAR(metric(clipped, "q_policy"), 3.0, 1e-5);
}

// A density of 48.16 - z^2 / 2, as in redq_test.cpp.
TEST(PolicyDecorator, TheCorrectionsEntropyEntersTheTargetWhereAskedFor) {
  auto batch = batch_of({1}, {0});
  batch.discount = at::full({1}, 0.5F);
  const auto target = [&](bool entropy_backup) {
    return metric(decorated_by_hand(batch,
                                    [&](auto& c) {
                                      c.temperature = 1.0;
                                      c.entropy_backup = entropy_backup;
                                    }),
                  "target");
  };
  const auto bonus = target(true) - target(false);
  EXPECT_GE(bonus, -0.5 * 48.17);
  EXPECT_LE(bonus, -0.5 * (48.16 - 16.0 / 2));  // |z| < 4
}

// ---- progressive exploration ----

TEST(PolicyDecorator, CorrectionsJoinMoreAndMoreOften) {
  const auto given = cloned(3, {0.5F, 0.0F}, {0.0F, -1.5F});
  auto config = small_decorator();
  config.exploration_updates = 4;
  PolicyDecorator agent(config, context_of(given, 3, 2));
  const auto share = [](const PolicyDecorator& of) {
    const auto policy = of.policy();
    return dynamic_cast<const ResidualPolicy&>(*policy).share();
  };
  const Batches batches{{"batch", random_batch(32, 3, 2)}};
  agent.update(batches);
  EXPECT_EQ(share(agent), 0.0);  // nothing was done on line yet
  agent.begin_stage(Stage::kOnline);
  for (const double want : {0.25, 0.5, 0.75, 1.0, 1.0}) {
    EXPECT_NEAR(metric(agent.update(batches), "exploration"), want, 1e-6);
    EXPECT_EQ(share(agent), want);
  }
  PolicyDecorator fresh(config, context_of(given, 3, 2));
  fresh.load(saved(agent));
  EXPECT_EQ(share(fresh), 1.0);
  config.exploration_updates = 0;
  EXPECT_EQ(share(PolicyDecorator(config, context_of(given, 3, 2))), 1.0);
}

// ---- known answers ----

// r = 1 - (a - s)^2 and a base that always says 0: a = s where |s| <= scale, else the bound on that side. With a scale of 1 the
// bound is not in the way.
TEST(PolicyDecoratorEffect, TheCorrectionIsTheBestThatItsBoundAllows) {
  const auto given = cloned(1, {0.0F}, {-1.0F});
  const BanditGrid grid;
  const auto actions = [&](double scale) {
    auto config = bandit_agent<PolicyDecoratorConfig>();
    config.critic.ensemble = 3;
    config.utd = 2;
    config.scale = scale;
    PolicyDecorator agent(config, context_of(given, 1, 1, test_seed()));
    for (uint64_t i = 0; i < 400; ++i) agent.update({{"batch", bandit_batch(64, 1000 * test_seed() + i)}});
    const auto policy = agent.policy();
    auto random = RandomStream(1, "act").next();
    return policy->act({{"state", grid.states}}, *policy->begin(11), ActMode::kMode, random).action;
  };
  const auto bounded = actions(0.2);
  EXPECT_LE(bounded.abs().max().item<double>(), 0.2);
  expect_below("bounded: error", (bounded - grid.states.clamp(-0.2, 0.2)).abs().mean().item<double>(), 0.06);
  expect_below("wide: error", (actions(1.0) - grid.states).abs().mean().item<double>(), 0.12);
}

// ---- state and settings ----

TEST(PolicyDecorator, ContinuesBitForBitAfterLoad) {
  const auto given = cloned(3, {0.5F, 0.0F}, {0.0F, -1.5F});
  auto config = small_decorator();
  config.bc_action = ActSetting::kSample;
  PolicyDecorator agent(config, context_of(given, 3, 2)), fresh(config, context_of(given, 3, 2));
  agent.begin_stage(Stage::kOnline);
  fresh.begin_stage(Stage::kOnline);
  expect_continues_bit_for_bit(agent, fresh, {{"batch", random_batch(32, 3, 2)}});
}

TEST(PolicyDecorator, EndToEndContinuesBitForBitAfterLoad) {
  auto given = handed_over();
  given.merge(cloned(3, {0.5F, 0.0F}, {0.0F, -1.5F}));
  auto config = small_agent_with_pictures<PolicyDecoratorConfig>(EncoderMode::kEndToEnd);
  config.critic.ensemble = 3;
  expect_continues_end_to_end<PolicyDecorator>(config, given, picture_batch(8, 2));
}

TEST(PolicyDecorator, EachSettingChangesItsResult) {
  const auto given = cloned(3, {0.5F, 0.0F}, {0.0F, -1.5F});
  const auto run = [&](const std::function<void(PolicyDecoratorConfig&)>& change) {
    auto config = small_decorator();
    change(config);
    PolicyDecorator agent(config, context_of(given, 3, 2));
    agent.begin_stage(Stage::kOnline);
    for (uint64_t i = 0; i < 3; ++i) agent.update({{"batch", random_batch(32, 3, 2, i + 1)}});
    return hash_of(agent) + agent.policy()->content_hash();
  };
  const auto base = run([](auto&) {});
  auto changes = changes_of_common_settings<PolicyDecoratorConfig>();
  changes.emplace_back("scale", [](auto& c) { c.scale = 0.5; });
  changes.emplace_back("bc_action", [](auto& c) { c.bc_action = ActSetting::kSample; });
  changes.emplace_back("exploration_updates", [](auto& c) { c.exploration_updates = 5; });
  changes.emplace_back("entropy_backup", [](auto& c) { c.entropy_backup = false; });
  for (const auto& [name, change] : changes) EXPECT_NE(run(change), base) << name;
}

TEST(PolicyDecorator, RefusesABasePolicyThatDoesNotFit) {
  expect_throws<ConfigError>([] { PolicyDecorator(small_decorator(), state_context(3, 2)); },
                             "policy_decorator needs the part 'cloned_policy'");
  const auto given = cloned(3, {0.5F, 0.0F}, {0.0F, -1.5F}), other = cloned(3, {0.4F, 0.0F}, {0.0F, -1.5F});
  PolicyDecorator agent(small_decorator(), context_of(given, 3, 2)),
      from_other(small_decorator(), context_of(other, 3, 2));
  expect_throws<CheckpointError>([&] { from_other.load(saved(agent)); }, "another cloned policy");
  expect_names_each_missing_part(agent);
  EXPECT_EQ(PolicyDecorator::sources(PolicyDecoratorConfig(), true), std::vector<std::string>{"online"});
  EXPECT_EQ(PolicyDecorator::default_phases({}, "agent", true).front().at("type").text(), "interleave");
}

}  // namespace
}  // namespace onramp
