// Cal-QL and CQL, and WSRL's first stage with them.
#include "onramp/algorithms/cal_ql.h"

#include <cmath>
#include <functional>

#include "cloned_testing.h"
#include "onramp/base/error.h"
#include "support/expect_throws.h"

namespace onramp {
namespace {

using namespace onramp::test;

Batch with_returns(Batch batch, double low = -1.0, double high = 1.0) {
  batch.columns["mc_return"] = low + (high - low) * at::arange(batch.size()) / static_cast<double>(batch.size());
  return batch;
}

/// The policy draws from nearly the whole box, mostly its ends, whatever the state.
void act_at_random(Learnable& agent) {
  set_weights(agent, "actor",
              {{"weight_0", rows({{0}})},
               {"bias_0", at::zeros({1})},
               {"weight_out", rows({{0}, {0}})},
               {"bias_out", at::tensor({0.0F, 100.0F})}});  // log std 2
}

// ---- numbers of one update ----

// At s' = -1 the least member is a for a > 0, and min(-3 a, 1 + a) <= 0.75 else. Of many actions the best is worth 1, close to
// a = 1; of one it is 1 or 0 with near certainty, half of the time each.
TEST(CalQl, TheTargetIsTheLargestOfTheLeast) {
  constexpr int64_t kRows = 1000;
  const auto target = [](int64_t actions) {
    auto config = ensemble_by_hand<CalQlConfig>();
    config.temperature = 100.0;  // an entropy term would be seen
    config.target_actions = actions;
    CalQl agent(config, state_context(1, 1));
    value_by_hand(agent, "target_critic");
    act_at_random(agent);
    auto batch = with_returns(batch_of(std::vector<float>(kRows, -1.0F), std::vector<float>(kRows, 0.0F)));
    batch.reward = at::full({kRows}, 0.25F);
    batch.discount = at::full({kRows}, 0.5F);
    return metric(agent.update({{"batch", batch}}), "target");
  };
  EXPECT_NEAR(target(10), 0.75, 0.5 * 0.01);  // 0.25 + 0.5 * 1; none of ten above 0.99: 1 row in 90
  EXPECT_NEAR(target(1), 0.5, 0.5 * 0.1);     // 0.25 + 0.5 * 0.5
}

// Q(s, a) = 1 everywhere, one row, N = 1. Without a bound C = log(2 e + e S) - 1, S what the densities of both actions come to;
// with one of 3 the same actions are worth 3: C = log(2 e + e^3 S) - 1.
TEST(CalQl, BoundsWhatTheDensitiesWeigh) {
  const auto penalty = [](bool calibrate) {
    auto config = ensemble_by_hand<CalQlConfig>();
    config.num_action_samples = 1;
    config.calibrate = calibrate;
    CalQl agent(config, state_context(1, 1));
    act_at_random(agent);
    set_weights(agent, "critic", {{"weight_out", at::zeros({2, 3, 1})}, {"bias_out", at::ones({2, 1})}});
    auto batch = batch_of({1}, {1});
    batch.columns["mc_return"] = at::full({1}, 3.0F);
    return metric(agent.update({{"batch", batch}}), "penalty");
  };
  const double e = std::exp(1.0);
  const double S = std::exp(penalty(false)) - 2;
  EXPECT_GT(S, 0.0);
  EXPECT_NEAR(penalty(true), std::log(2 * e + std::exp(3.0) * S) - 1, 1e-4);
}

// Q(s, a) = 1 everywhere. N = 1, a return of 3: log((e + 2 e^3 + e) / 4) - 1 = 1.4337803; of 0.5: nothing to bound.
TEST(CalQl, PolicysValuesCountAsAtLeastTheReturn) {
  const auto update = [](bool calibrate, float mc_return) {
    auto config = ensemble_by_hand<CalQlConfig>();
    config.importance = false;
    config.num_action_samples = 1;
    config.calibrate = calibrate;
    CalQl agent(config, state_context(1, 1));
    set_weights(agent, "critic", {{"weight_out", at::zeros({2, 3, 1})}, {"bias_out", at::ones({2, 1})}});
    auto batch = batch_of({1, -1}, {1, 1});
    batch.columns["mc_return"] = at::full({2}, mc_return);
    return agent.update({{"batch", batch}});
  };
  const auto raised = update(true, 3.0F);
  EXPECT_NEAR(metric(raised, "penalty"), 1.4337803, 1e-5);
  EXPECT_NEAR(metric(raised, "critic_loss"), 1 + 5 * 1.4337803, 1e-5);  // (1 - 0)^2, alpha 5
  EXPECT_NEAR(metric(update(true, 0.5F), "penalty"), 0.0, 1e-5);
  EXPECT_NEAR(metric(update(false, 3.0F), "penalty"), 0.0, 1e-5);
}

// Four rows, four steps: the last sees the last row alone, its own return and its own actions. Q = 1, returns 0, 0, 0, 3.
TEST(CalQl, EachStepOfTheCriticHasItsPartOfAll) {
  auto config = ensemble_by_hand<CalQlConfig>();
  config.utd = 4;
  config.importance = false;
  config.num_action_samples = 1;
  CalQl agent(config, state_context(1, 1));
  set_weights(agent, "critic", {{"weight_out", at::zeros({2, 3, 1})}, {"bias_out", at::ones({2, 1})}});
  auto batch = four_ways();
  batch.columns["mc_return"] = at::tensor({0.0F, 0.0F, 0.0F, 3.0F});
  const auto metrics = agent.update({{"batch", batch}});
  EXPECT_NEAR(metric(metrics, "penalty"), 1.4337803, 1e-5);
  EXPECT_NEAR(metric(metrics, "target"), 2.0, 1e-6);
}

// ---- effects ----

/// Mean least value of the policy's actions at the demonstrations' states, after learning from these alone.
struct Believed {
  double policy, data, random;
};
Believed believed_after(const std::function<void(CalQlConfig&)>& change, uint64_t seed) {
  auto config = small_agent<CalQlConfig>();
  config.num_action_samples = config.target_actions = 4;
  config.critic.mlp.hidden = {64, 64};
  config.actor.mlp.hidden = {32, 32};
  config.optimizer.learning_rate = 1e-3;
  config.temperature = 0.1;
  change(config);
  CalQl agent(config, state_context(2, 2, seed));
  const auto data = circle_demonstrations(seed);
  for (uint64_t k = 0; k < 250; ++k) agent.update({{"batch", rows_of(data, 32, 1000 * seed + k)}});
  const auto policy = agent.policy();
  auto random = RandomStream(seed, "act").next();
  const auto acted = policy->act(data.obs, *policy->begin(data.size()), ActMode::kSample, random).action;
  const auto value = [&](const at::Tensor& action) {
    return agent.evaluate(data.obs, action).q.amin(0).mean().item<double>();
  };
  return {value(acted), value(data.action), value(uniforms(data.action.sizes(), 77 + seed))};
}

// What the demonstrations come to is (1 + 0.99 + ... + 0.99^19) / 20 = 0.910 on average. CQL lowers what it believes of its own
// policy far below that; calibrated it stops there.
TEST(CalQlEffect, ValuesOfThePolicyKeepToTheScaleOfReturns) {
  const auto with = believed_after([](auto&) {}, test_seed());
  const auto without = believed_after([](auto& c) { c.calibrate = false; }, test_seed());
  expect_below("calibrated: below the returns by", 0.91 - with.policy, 0.1);
  expect_below("CQL: value of the policy", without.policy, with.policy - 0.5);
}

// Without the term, actions that nobody took are worth as much as those of the data, or more.
TEST(CalQlEffect, ActionsThatTheDataDoNotHoldAreWorthLess) {
  const auto with = believed_after([](auto&) {}, test_seed()),
             without = believed_after([](auto&c) { c.alpha = 0; }, test_seed());
  expect_below("random actions below the data's by", with.random - with.data, -3.0);
  expect_below("without the term: data below random by", without.data - without.random, 0.25);
}

TEST(CalQl, WithoutTheTermItLearnsAChainByBootstrapping) {
  auto config = bandit_agent<CalQlConfig>();
  config.gamma = kChainGamma;
  config.target_actions = 2;
  config.target_rate = 0.05;
  CalQl agent(config, state_context(kChainStates, 1, test_seed()));
  for (uint64_t k = 0; k < 500; ++k) {
    agent.update({{"batch", with_returns(chain_batch(64, 10000 * test_seed() + 2 * k))}});
  }
  expect_chain_learned(agent, 0.1);
}

// ---- state and settings ----

TEST(CalQl, ContinuesBitForBitAfterLoad) {
  for (const bool calibrate : {false, true}) {
    auto config = small_agent<CalQlConfig>();
    config.calibrate = calibrate;
    CalQl agent(config, state_context(3, 2)), fresh(config, state_context(3, 2));
    expect_continues_bit_for_bit(agent, fresh, {{"batch", with_returns(random_batch(32, 3, 2))}});
  }
}

TEST(CalQl, EndToEndContinuesBitForBitAfterLoad) {
  const auto config = small_agent_with_pictures<CalQlConfig>(EncoderMode::kEndToEnd);
  expect_continues_end_to_end<CalQl>(config, handed_over(), with_returns(picture_batch(8, 2)));
}

TEST(CalQl, EachSettingOfTheUpdateChangesItsResult) {
  const auto run = [](const std::function<void(CalQlConfig&)>& change) {
    auto config = small_agent<CalQlConfig>();
    config.critic.ensemble = 3;
    change(config);
    CalQl agent(config, state_context(3, 2));
    for (uint64_t i = 0; i < 3; ++i) agent.update({{"batch", with_returns(random_batch(32, 3, 2, i + 1), 0, 2)}});
    return hash_of(agent);
  };
  const auto base = run([](auto&) {});
  for (const auto& [name, change] : changes_of_common_settings<CalQlConfig>()) EXPECT_NE(run(change), base) << name;
}

TEST(CalQl, AsksForReturnsWhereTheyBound) {
  CalQlConfig config;
  config.input.normalize = false;
  const auto columns = [&](Stage stage) {
    CalQl agent(config, state_context(3, 2));
    agent.begin_stage(stage);
    return agent.sample_plan()[0].columns;
  };
  for (const auto stage : {Stage::kOffline, Stage::kOnline}) {
    config.calibrate = true;
    EXPECT_EQ(columns(stage), std::vector<std::string>{"mc_return"});
    config.calibrate = false;
    EXPECT_TRUE(columns(stage).empty());
  }
  EXPECT_EQ(CalQl::sources(config, false), std::vector<std::string>{"offline"});
  EXPECT_EQ(CalQl::sources(config, true), (std::vector<std::string>{"offline", "online"}));
}

TEST(CalQl, ItsOwnCourseIsOffLineThenOnLine) {
  const auto phases = CalQl::default_phases({}, "agent", /*environment=*/true);
  ASSERT_EQ(phases.size(), 2U);
  EXPECT_EQ(phases[0].at("updates").as<int64_t>(), 20000);
  EXPECT_EQ(phases[1].at("updates_per_step").as<double>(), 1.0);
  EXPECT_EQ(CalQl::default_phases({}, "agent", /*environment=*/false).size(), 1U);
}

TEST(CalQl, SaysWhatDoesNotFitAndWhichPartIsMissing) {
  CalQlConfig config;
  config.validate();
  config.subset = 3;
  expect_throws<ConfigError>([&] { config.validate(); }, "subset = 3, want at most critic.ensemble = 2");
  CalQl agent(small_agent<CalQlConfig>(), state_context(3, 2));
  expect_names_each_missing_part(agent);
}

}  // namespace
}  // namespace onramp
