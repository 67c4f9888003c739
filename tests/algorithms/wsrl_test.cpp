#include "onramp/algorithms/wsrl.h"

#include <functional>

#include "cloned_testing.h"

namespace onramp {
namespace {

using namespace onramp::test;

WsrlConfig small_wsrl() {
  auto config = small_agent<WsrlConfig>();
  config.critic.ensemble = 3;
  config.target_actions = 3;
  return config;
}

Batch with_returns_of(Batch batch, const at::Tensor& mc_return) {
  batch.columns["mc_return"] = mc_return;
  return batch;
}

// ---- numbers of one update ----

// Off line Cal-QL's: Q = 1, N = 1, a return of 3 (cal_ql_test.cpp). On line plain REDQ's: y as in redq_test.cpp, and no term.
TEST(Wsrl, IsConservativeOffLineAndPlainOnLine) {
  auto config = ensemble_by_hand<WsrlConfig>();
  config.temperature = 100.0;  // an entropy term would be seen
  config.importance = false;
  config.num_action_samples = 1;
  Wsrl agent(config, state_context(1, 1));
  value_by_hand(agent, "target_critic");
  act_by_the_sign_of_the_state(agent);
  set_weights(agent, "critic", {{"weight_out", at::zeros({2, 3, 1})}, {"bias_out", at::ones({2, 1})}});
  const auto offline = agent.update({{"batch", with_returns_of(four_ways(), at::full({4}, 3.0F))}});
  EXPECT_NEAR(metric(offline, "penalty"), 1.4337803, 1e-5);
  value_by_hand(agent, "target_critic");
  agent.begin_stage(Stage::kOnline);
  const auto online = agent.update({{"batch", four_ways()}});  // nobody asks for returns
  EXPECT_NEAR(metric(online, "target"), 1.3125, 1e-6);
  for (const auto& [name, value] : online) EXPECT_NE(name, "penalty");
  // Q = 1; y = 2, 1, 0.25, 2: the mean of 1, 0, 0.5625, 1
  EXPECT_NEAR(metric(online, "critic_loss"), 2.5625 / 4, 1e-5);
}

// At s = 1 the policy acts 1, where the members say 3 and 5; in either stage.
TEST(Wsrl, ThePolicyClimbsTheLeastMember) {
  Wsrl agent(ensemble_by_hand<WsrlConfig>(), state_context(1, 1));
  act_by_the_sign_of_the_state(agent);
  for (const auto stage : {Stage::kOffline, Stage::kOnline}) {
    agent.begin_stage(stage);
    value_by_hand(agent);
    const auto batch = with_returns_of(batch_of({1}, {0}), at::zeros({1}));
    EXPECT_NEAR(metric(agent.update({{"batch", batch}}), "q_policy"), 3.0, 1e-5);
  }
}

// ---- effects ----

// r = 1 - (a - s)^2. Off line from recorded actions around a = s - 0.1; then few updates on what the policy does itself. From
// where it was left off line it is nearer to a = s than the same agent from random weights.
TEST(WsrlEffect, StartsWarm) {
  const BanditGrid grid;
  const auto error = [&](bool pretrained, uint64_t seed) {
    auto config = bandit_agent<WsrlConfig>();
    config.alpha = 0.5;
    config.critic.ensemble = 3;
    config.num_action_samples = config.target_actions = 4;
    config.utd = 2;
    Wsrl agent(config, state_context(1, 1, seed));
    for (uint64_t i = 0; pretrained && i < 150; ++i) {
      auto batch = bandit_batch(64, 1000 * seed + i);
      batch.action = (batch.obs.at("state") - 0.1 + 0.1 * normals({64, 1}, 5000 * seed + i)).clamp(-1, 1);
      batch.reward = 1 - (batch.action - batch.obs.at("state")).square().squeeze(1);
      agent.update({{"batch", with_returns_of(batch, batch.reward)}});
    }
    agent.begin_stage(Stage::kOnline);
    for (uint64_t i = 0; i < 20; ++i) {
      auto batch = bandit_batch(64, 2000 * seed + i);
      const auto policy = agent.policy();
      auto random = RandomStream(seed, "act").at(i);
      batch.action = policy->act(batch.obs, *policy->begin(64), ActMode::kSample, random).action;
      batch.reward = 1 - (batch.action - batch.obs.at("state")).square().squeeze(1);
      agent.update({{"batch", batch}});
    }
    const auto policy = agent.policy();
    auto random = RandomStream(seed, "act").at(1000);
    const auto action = policy->act({{"state", grid.states}}, *policy->begin(11), ActMode::kMode, random).action;
    return (action - grid.states).abs().mean().item<double>();
  };
  expect_below("error, warm / cold", error(true, test_seed()) / error(false, test_seed()), 0.6);
}

// ---- state and settings ----

TEST(Wsrl, ContinuesBitForBitAfterLoadInEachStage) {
  for (const auto stage : {Stage::kOffline, Stage::kOnline}) {
    Wsrl agent(small_wsrl(), state_context(3, 2)), fresh(small_wsrl(), state_context(3, 2));
    agent.begin_stage(stage);
    fresh.begin_stage(stage);
    expect_continues_bit_for_bit(agent, fresh, {{"batch", with_returns_of(random_batch(32, 3, 2), normals({32}, 9))}});
  }
}

TEST(Wsrl, EndToEndContinuesBitForBitAfterLoad) {
  auto config = small_agent_with_pictures<WsrlConfig>(EncoderMode::kEndToEnd);
  config.critic.ensemble = 3;
  expect_continues_end_to_end<Wsrl>(config, handed_over(), with_returns_of(picture_batch(8, 2), normals({8}, 9)));
}

TEST(Wsrl, EachSettingChangesItsResult) {
  const auto run = [](const std::function<void(WsrlConfig&)>& change) {
    auto config = small_wsrl();
    change(config);
    Wsrl agent(config, state_context(3, 2));
    for (const auto stage : {Stage::kOffline, Stage::kOnline}) {
      agent.begin_stage(stage);
      for (uint64_t i = 0; i < 2; ++i) {
        agent.update({{"batch", with_returns_of(random_batch(32, 3, 2, i + 1), 1 + normals({32}, 9))}});
      }
    }
    return hash_of(agent);
  };
  const auto base = run([](auto&) {});
  for (const auto& [name, change] : changes_of_common_settings<WsrlConfig>()) EXPECT_NE(run(change), base) << name;
}

// "Need not retain offline data".
TEST(Wsrl, OnLineItAsksForNothingThatWasRecordedBefore) {
  WsrlConfig config;
  config.input.normalize = false;
  Wsrl agent(config, state_context(3, 2));
  auto request = agent.sample_plan()[0];
  EXPECT_EQ(request.sources[0].source, "offline");
  EXPECT_EQ(request.columns, std::vector<std::string>{"mc_return"});
  agent.begin_stage(Stage::kOnline);
  request = agent.sample_plan()[0];
  ASSERT_EQ(request.sources.size(), 1U);
  EXPECT_EQ(request.sources[0].source, "online");
  EXPECT_TRUE(request.columns.empty());
  EXPECT_EQ(request.size, 64);
  EXPECT_EQ(request.minibatches, 4);
  EXPECT_EQ(Wsrl::sources(config, false), std::vector<std::string>{"offline"});
  EXPECT_EQ(Wsrl::sources(config, true), std::vector<std::string>{"online"});
}

TEST(Wsrl, ItsOwnCourseWarmsUpByWhatThePretrainedPolicyDoes) {
  const auto phases = Wsrl::default_phases({}, "agent", /*environment=*/true);
  ASSERT_EQ(phases.size(), 3U);
  EXPECT_EQ(phases[0].at("updates").as<int64_t>(), 20000);
  EXPECT_EQ(phases[1].at("type").text(), "collect");
  EXPECT_EQ(phases[1].at("policy").text(), phases[0].at("name").text());
  EXPECT_EQ(phases[1].at("act").text(), "sample");
  EXPECT_EQ(phases[1].at("into").element(0).text(), "online");
  EXPECT_FALSE(phases[1].has("learner"));
  EXPECT_EQ(phases[2].at("updates_per_step").as<double>(), 1.0);
  EXPECT_EQ(Wsrl::default_phases({}, "agent", /*environment=*/false).size(), 1U);
}

TEST(Wsrl, SaysWhichPartIsMissing) {
  Wsrl agent(small_wsrl(), state_context(3, 2));
  expect_names_each_missing_part(agent);
}

}  // namespace
}  // namespace onramp
