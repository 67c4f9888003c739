// Batches of sequences: SampleKind::kSequence.
#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <vector>

#include "sampler_testing.h"

namespace onramp {
namespace {

using namespace onramp::test;

// Episodes of 3, 5 and 4 steps: T = 4 is longer than one of them, and most sequences of the others end early.
TEST(Sampler, SequencesAreStepsOfOneEpisodeInTheirOrder) {
  const auto replay = make_replay();
  Sampler sampler(1);
  auto request = sequences_of({{"offline"}, {"online"}}, 4, 500);
  request.n_step = 2;
  request.gamma = 0.9;
  request.columns = {"step", "executed_action", "value", "mask"};
  const auto batch = sampler.sample(request, replay);
  EXPECT_EQ(batch.size(), 500);
  EXPECT_EQ(batch.obs.at("wrist").sizes(), (std::vector<int64_t>{500, 4, 4, 5, 3}));
  EXPECT_EQ(batch.columns.at("executed_action").sizes(), batch.action.sizes());
  const auto& mask = batch.columns.at("mask");
  ASSERT_EQ(mask.sizes(), (std::vector<int64_t>{500, 4}));
  std::map<int64_t, int> there;  // sequences by how many steps of them are there
  for (int64_t i = 0; i < batch.size(); ++i) {
    const auto obs = [&](const Observation& of) { return Observation{{"state", of.at("state")[i]}}; };
    const auto e = number(obs(batch.obs), 0), first = step(obs(batch.obs), 0);
    const auto& info = replay.dataset().info(e);
    const int64_t length = std::min<int64_t>(4, info.length - first);
    ++there[length];
    for (int64_t t = 0; t < 4; ++t) {
      SCOPED_TRACE(concat("episode ", e, " from ", first, ", step ", t));
      const int64_t at = first + std::min(t, length - 1);  // the last one is repeated
      EXPECT_EQ(mask[i][t].item<double>(), t < length ? 1.0 : 0.0);
      EXPECT_EQ(number(obs(batch.obs), t), e);
      EXPECT_EQ(step(obs(batch.obs), t), at);
      EXPECT_EQ(batch.columns.at("step")[i][t].item<int64_t>(), at);
      EXPECT_EQ(batch.columns.at("value")[i][t].item<double>(), static_cast<double>(at) + 0.25);
      EXPECT_EQ(batch.obs.at("wrist")[i][t][0][0][0].item<int64_t>(), (31 * e + 7 * at) % 256);
      const auto window = n_step_return(replay.dataset().rewards(e), at, 2, 0.9, info.terminal,
                                        i % 2 == 0 ? RewardTransform{} : RewardTransform{10.0, -1.0});
      EXPECT_FLOAT_EQ(batch.reward[i][t].item<float>(), static_cast<float>(window.reward));
      EXPECT_FLOAT_EQ(batch.discount[i][t].item<float>(), static_cast<float>(window.discount));
      EXPECT_EQ(step(obs(batch.next_obs), t), window.next);
    }
  }
  EXPECT_EQ(there.size(), 4U);
}

// A transition is a sequence of one step, drawn by the same numbers; and every step begins as many sequences as any other.
TEST(Sampler, ASequenceBeginsAtTheStepThatATransitionWouldBe) {
  const auto replay = make_replay();
  const Sampler sampler(3);
  const auto one = sampler.draw(request_of({{"offline"}}), replay, 5);
  for (const int64_t T : {1, 3}) {
    const auto many = sampler.draw(sequences_of({{"offline"}}, T), replay, 5);
    EXPECT_TRUE(at::equal(many.action.select(1, 0), one.action));
    EXPECT_TRUE(at::equal(many.obs.at("state").select(1, 0), one.obs.at("state")));
    EXPECT_TRUE(at::equal(many.reward.select(1, 0), one.reward));
  }
}

TEST(Sampler, SequencesAreAFunctionOfSeedNameAndNumber) {
  const auto replay = make_replay();
  const auto request = sequences_of({{"offline"}}, 3);
  Sampler sampler(7);
  const auto first = sampler.sample(request, replay), second = sampler.sample(request, replay);
  EXPECT_FALSE(at::equal(first.action, second.action));
  EXPECT_TRUE(at::equal(second.action, Sampler(7).draw(request, replay, 1).action));
  EXPECT_FALSE(at::equal(first.action, Sampler(8).draw(request, replay, 0).action));
  const auto part = second.slice(10, 20);
  EXPECT_TRUE(at::equal(part.columns.at("mask"), second.columns.at("mask").slice(0, 10, 20)));
  EXPECT_TRUE(at::equal(part.obs.at("state"), second.obs.at("state").slice(0, 10, 20)));
}

TEST(Sampler, FrameIdsOfSequencesLeadToTheirPixels) {
  const auto replay = make_replay();
  auto request = sequences_of({{"offline"}}, 3, 16);
  const Sampler sampler(3);
  const auto pixels = sampler.draw(request, replay, 0).obs.at("wrist");
  request.images = ImageForm::kFrameIds;
  const auto ids = sampler.draw(request, replay, 0).obs.at("wrist");
  ASSERT_EQ(ids.sizes(), (std::vector<int64_t>{16, 3}));
  const auto& frames = replay.dataset().frames("wrist");
  EXPECT_TRUE(at::equal(frames.gather({ids.const_data_ptr<int64_t>(), 48}), pixels.flatten(0, 1)));
}

}  // namespace
}  // namespace onramp
