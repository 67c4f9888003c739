// Simplified Q on line: which rows it asks for, and at which rate it learns.
#include "onramp/algorithms/simplified_q.h"
#include "onramp/data/sampler.h"
#include "simplified_q_testing.h"
#include "support/episodes.h"

namespace onramp {
namespace {

using namespace onramp::test;

TEST(SimplifiedQ, AsksForHalfOfEachBatchFromEachSourceOnLine) {
  auto config = small_config();
  config.gamma = 0.95;
  config.n_step = 5;
  SimplifiedQ agent(config, state_context(3, 2));
  const auto offline = agent.sample_plan();
  ASSERT_EQ(offline.size(), 1U);
  EXPECT_EQ(offline[0].size, 32);
  EXPECT_EQ(offline[0].n_step, 5);
  EXPECT_EQ(offline[0].gamma, 0.95);
  EXPECT_EQ(offline[0].images, ImageForm::kPixels);
  EXPECT_EQ(offline[0].observations, std::vector<std::string>{"state"});
  ASSERT_EQ(offline[0].sources.size(), 1U);
  EXPECT_EQ(offline[0].sources[0].source, "offline");
  agent.begin_stage(Stage::kOnline);
  const auto online = agent.sample_plan();
  ASSERT_EQ(online[0].sources.size(), 2U);
  EXPECT_EQ(online[0].sources[0].source, "offline");
  EXPECT_EQ(online[0].sources[1].source, "online");
  EXPECT_EQ(online[0].sources[0].share, online[0].sources[1].share);
}

TEST(SimplifiedQ, OnlineShareAndSourceNamesReachThePlan) {
  auto config = small_config();
  config.online_share = 1;
  config.online_source = "attempts";
  SimplifiedQ agent(config, state_context(3, 2));
  agent.begin_stage(Stage::kOnline);
  ASSERT_EQ(agent.sample_plan()[0].sources.size(), 1U);
  EXPECT_EQ(agent.sample_plan()[0].sources[0].source, "attempts");
  EXPECT_FALSE(agent.sample_plan()[0].sources[0].optional);
  config.offline_source = "demonstrations";
  EXPECT_EQ(SimplifiedQ(config, state_context(3, 2)).sample_plan()[0].sources[0].source, "demonstrations");
}

// Of 32 rows a quarter is on line: 24 and 8, in each batch that is drawn.
TEST(SimplifiedQ, DrawsUnequalSharesFromTheSourcesTheyBelongTo) {
  auto config = small_config();
  config.online_share = 0.25;
  SimplifiedQ agent(config, state_context(3, 2));
  agent.begin_stage(Stage::kOnline);
  const auto request = agent.sample_plan().at(0);
  ASSERT_EQ(request.sources.size(), 2U);
  EXPECT_EQ(request.sources[0].source, "offline");
  EXPECT_EQ(request.sources[0].share, 0.75);
  EXPECT_FALSE(request.sources[0].optional);
  EXPECT_EQ(request.sources[1].source, "online");
  EXPECT_EQ(request.sources[1].share, 0.25);
  EXPECT_TRUE(request.sources[1].optional);  // before the first attempt all rows are offline

  const auto demonstration = make_episode(5, EndReason::kSuccess, /*number=*/1);  // the first value of its states
  Replay replay(demonstration.observation_spec, demonstration.action_spec);
  for (const char* name : {"offline", "online"}) replay.add_source(name);
  replay.add(demonstration, {"offline"});
  Sampler sampler(1);
  EXPECT_EQ(sampler.sample(request, replay).obs.at("state").select(1, 0).eq(1).sum().item<int64_t>(), 32);
  replay.add(make_episode(5, EndReason::kTimeLimit, /*number=*/2), {"online"});
  for (int k = 0; k < 3; ++k) {
    const auto number = sampler.sample(request, replay).obs.at("state").select(1, 0);
    EXPECT_EQ(number.eq(1).sum().item<int64_t>(), 24);
    EXPECT_EQ(number.eq(2).sum().item<int64_t>(), 8);
  }
}

// The first step of Adam moves each weight that has a gradient by the learning rate.
double first_step(SimplifiedQConfig config, Stage stage) {
  SimplifiedQ agent(config, state_context(3, 2));
  agent.begin_stage(stage);
  const auto before = saved(agent)["critic"].tensors.at("mlp.weight_out");
  agent.update({{"batch", random_batch(32, 3, 2)}});
  return (saved(agent)["critic"].tensors.at("mlp.weight_out") - before).abs().max().item<double>();
}

TEST(SimplifiedQ, LearnsOnLineAtItsOwnRate) {
  auto config = small_config();
  EXPECT_NEAR(first_step(config, Stage::kOffline), 3e-4, 3e-6);
  EXPECT_NEAR(first_step(config, Stage::kOnline), 3e-4, 3e-6);  // no encoder, so none that is frozen
  config.online_learning_rate = 1e-3;
  EXPECT_NEAR(first_step(config, Stage::kOnline), 1e-3, 1e-5);
}

}  // namespace
}  // namespace onramp
