// The target network of CQL on soft actor-critic.
#include "onramp/algorithms/cql_sac.h"

#include "agent_testing.h"

namespace onramp {
namespace {

using namespace onramp::test;

// s_n = 1, -1, 3, -2 and a' = its sign: Q'_0 = 3, 3, 7, 3 and Q'_1 = 5, 0, 5, 0, of which the least are 3, 0, 5, 0.
//   y = 0.5 + 0.5 * 3, 1 + 0.5 * 0, -1 + 0.25 * 5, 2 (terminal) = 2, 1, 0.25, 2
TEST(CqlSac, TargetIsTheLeastMembersValueOfTheTargetNetwork) {
  auto config = by_hand<CqlSacConfig>(/*units=*/3, /*ensemble=*/2);
  config.temperature = 100.0;  // an entropy term would be seen
  CqlSac agent(config, state_context(1, 1));
  value_by_hand(agent, "target_critic");
  act_by_the_sign_of_the_state(agent);
  auto batch = batch_of({-1, -1, -1, -1}, {0, 0, 0, 0});
  batch.next_obs = {{"state", rows({{1}, {-1}, {3}, {-2}})}};
  batch.reward = at::tensor({0.5F, 1.0F, -1.0F, 2.0F});
  batch.discount = at::tensor({0.5F, 0.5F, 0.25F, 0.0F});
  EXPECT_NEAR(metric(agent.update({{"batch", batch}}), "target"), 1.3125, 1e-6);  // 5.25 / 4
}

TEST(CqlSac, TheTargetStartsAsTheCriticAndFollowsItByItsRate) {
  auto config = small_agent<CqlSacConfig>();
  config.target_rate = 0.25;
  CqlSac agent(config, state_context(3, 2));
  const auto before = saved(agent);
  EXPECT_EQ(content_hash(before.at("critic")), content_hash(before.at("target_critic")));
  agent.update({{"batch", random_batch(32, 3, 2)}});
  const auto after = saved(agent);
  for (const auto& [name, old] : before.at("target_critic").tensors) {
    const auto want = 0.75 * old + 0.25 * after.at("critic").tensors.at(name);
    EXPECT_LE((after.at("target_critic").tensors.at(name) - want).abs().max().item<double>(), 1e-7) << name;
  }
}

TEST(CqlSac, EndToEndTheTargetHasAnEncoderOfItsOwnAndAFrozenOneIsShared) {
  const auto given = handed_over();
  for (const bool share : {false, true}) {
    auto config = small_agent_with_pictures<CqlSacConfig>(EncoderMode::kEndToEnd);
    config.input.share_encoder = share;
    CqlSac agent(config, picture_context(&given));
    agent.update({{"batch", picture_batch(8, 2)}});
    const auto parts = saved(agent);
    int differ = 0;
    for (const auto& [name, tensor] : parts.at("target_critic").tensors) {
      if (name.find("images") != std::string::npos) differ += !at::equal(tensor, parts.at("critic").tensors.at(name));
    }
    EXPECT_GE(differ, 4);
  }
  CqlSac frozen(small_agent_with_pictures<CqlSacConfig>(EncoderMode::kFrozen), picture_context(&given));
  const auto parts = saved(frozen);
  for (const auto& [name, tensor] : parts.at("target_critic").tensors) {
    EXPECT_EQ(name.find("images"), std::string::npos) << name;
  }
}

// What a target network is for: bootstrapping from itself the same critic overestimates at once, from a slow copy later.
TEST(CqlSacEffect, ASlowTargetKeepsValuesLowerThanBootstrappingFromItself) {
  const auto largest_value = [](double target_rate, uint64_t seed) {
    CqlSacConfig config;
    config.alpha = 0.0;
    config.target_rate = target_rate;
    config.temperature = 0.0;
    config.critic.mlp.hidden = {64, 64};
    config.actor.mlp.hidden = {32, 32};
    config.optimizer.learning_rate = 1e-3;
    config.input.normalize = false;
    CqlSac agent(config, state_context(2, 2, seed));
    const auto data = circle_demonstrations(seed);
    for (uint64_t k = 0; k < 300; ++k) agent.update({{"batch", rows_of(data, 64, 1000 * seed + k)}});
    return agent.evaluate(data.obs, data.action).q.max().item<double>();
  };
  for (uint64_t seed = test_seed(); seed < test_seed() + 3; ++seed) {
    expect_below("largest value, slow / at once", largest_value(0.005, seed) / largest_value(1.0, seed), 0.5);
  }
}

}  // namespace
}  // namespace onramp
