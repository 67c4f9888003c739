#include "onramp/data/sampler.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "onramp/base/error.h"
#include "sampler_testing.h"
#include "support/episodes.h"
#include "support/expect_throws.h"

namespace onramp {
namespace {

using namespace onramp::test;

TEST(Sampler, DrawsEveryStepEquallyOftenAndNoLastState) {
  const auto replay = make_replay();
  Sampler sampler(1);
  std::map<std::pair<int64_t, int64_t>, int> count;
  constexpr int kDraws = 50, kSize = 1024;
  for (int k = 0; k < kDraws; ++k) {
    const auto batch = sampler.sample(request_of({{"offline"}}, kSize), replay);
    for (int64_t i = 0; i < kSize; ++i) ++count[{number(batch.obs, i), step(batch.obs, i)}];
  }
  ASSERT_EQ(count.size(), 12U);  // 3 + 5 + 4 steps; a thirteenth would be a last state
  const double n = kDraws * kSize;
  const double error = std::sqrt(n / 12.0 * (1.0 - 1.0 / 12.0));  // 63 of 4267 expected
  for (const auto& [key, times] : count) EXPECT_NEAR(times, n / 12.0, 5.0 * error) << key.first << ", " << key.second;
}

TEST(Sampler, NextObservationStaysInTheEpisodeAndWindowsAgreeWithTheEpisode) {
  const auto replay = make_replay();
  Sampler sampler(1);
  auto request = request_of({{"offline"}, {"online"}}, 500);
  request.n_step = 3;
  request.gamma = 0.9;
  request.columns = {"step", "success", "episode_success", "executed_action", "value"};
  const auto batch = sampler.sample(request, replay);
  for (int64_t i = 0; i < batch.size(); ++i) {
    const int64_t e = number(batch.obs, i), t = step(batch.obs, i);
    const auto& info = replay.dataset().info(e);
    const auto window = n_step_return(replay.dataset().rewards(e), t, 3, 0.9, info.terminal,
                                      i % 2 == 0 ? RewardTransform{} : RewardTransform{10.0, -1.0});  // rows alternate
    EXPECT_EQ(number(batch.next_obs, i), e);
    EXPECT_EQ(step(batch.next_obs, i), window.next);
    EXPECT_FLOAT_EQ(batch.reward[i].item<float>(), static_cast<float>(window.reward));
    EXPECT_FLOAT_EQ(batch.discount[i].item<float>(), static_cast<float>(window.discount));
    EXPECT_EQ(batch.columns.at("step")[i].item<int64_t>(), t);
    EXPECT_EQ(batch.columns.at("value")[i].item<double>(), static_cast<double>(t) + 0.25);
    EXPECT_EQ(batch.columns.at("episode_success")[i].item<int64_t>(), e == 2);
    EXPECT_EQ(batch.columns.at("success")[i].item<int64_t>(), e == 2 && t == 3);
    EXPECT_TRUE(at::equal(batch.columns.at("executed_action")[i], batch.action[i].mul(0.5)));
    EXPECT_EQ(batch.obs.at("wrist")[i][0][0][0].item<int64_t>(), (31 * e + 7 * t) % 256);
    EXPECT_EQ(batch.next_obs.at("wrist")[i][3][4][2].item<int64_t>(), (31 * e + 7 * window.next + 59) % 256);
  }
}

TEST(Sampler, SharesAreExactOverACycle) {
  EXPECT_EQ(share_cycle({1.0, 1.0}), (std::vector<uint16_t>{0, 1}));
  EXPECT_EQ(share_cycle({2.0, 1.0}), (std::vector<uint16_t>{0, 1, 0}));
  EXPECT_EQ(share_cycle({0.3333333333, 0.6666666667}).size(), 3U);
  EXPECT_EQ(share_cycle({0.1, 0.2, 0.7}).size(), 10U);
  EXPECT_EQ(share_cycle({1e-7, 1.0}).size(), 65537U);  // below one row of the longest cycle: still one

  // 1/3 of 256 is no whole number: three batches hold exactly 256 rows of it, each of them 85 or 86.
  const auto replay = make_replay();
  Sampler sampler(1);
  auto request = request_of({{"offline", 1.0, EpisodeFilter::kFailed}, {"online", 2.0, EpisodeFilter::kSuccessful}});
  int64_t total = 0;
  for (int k = 0; k < 3; ++k) {
    const auto batch = sampler.sample(request, replay);
    const int64_t from_offline = 256 - batch.obs.at("state").select(1, 0).eq(2).sum().item<int64_t>();
    EXPECT_TRUE(from_offline == 85 || from_offline == 86) << from_offline;
    total += from_offline;
  }
  EXPECT_EQ(total, 256);
}

TEST(Sampler, EachMinibatchHasItsShare) {
  const auto replay = make_replay();
  Sampler sampler(1);
  auto request =
      request_of({{"offline", 1.0, EpisodeFilter::kFailed}, {"online", 1.0, EpisodeFilter::kSuccessful}}, 64);
  request.minibatches = 4;
  const auto batch = sampler.sample(request, replay);
  ASSERT_EQ(batch.size(), 256);
  for (int64_t m = 0; m < 4; ++m) {
    EXPECT_EQ(batch.slice(64 * m, 64 * (m + 1)).obs.at("state").select(1, 0).eq(2).sum().item<int64_t>(), 32);
  }
}

TEST(Sampler, FilterKeepsToItsEpisodes) {
  const auto replay = make_replay();
  Sampler sampler(1);
  const auto won = sampler.sample(request_of({{"offline", 1.0, EpisodeFilter::kSuccessful}}), replay);
  EXPECT_TRUE(won.obs.at("state").select(1, 0).eq(2).all().item<bool>());
  const auto lost = sampler.sample(request_of({{"offline", 1.0, EpisodeFilter::kFailed}}), replay);
  EXPECT_FALSE(lost.obs.at("state").select(1, 0).eq(2).any().item<bool>());
}

TEST(Sampler, ShareOfAnEmptyOptionalSourceGoesToTheOthers) {
  auto replay = make_replay();
  Sampler sampler(1);
  const auto request = request_of({{"offline"}, {"empty", 1.0, EpisodeFilter::kAll, /*optional=*/true}});
  check_plan({request}, replay);
  EXPECT_EQ(sampler.sample(request, replay).size(), 256);
  replay.source("empty").add(3);
  const auto batch = sampler.sample(request, replay);  // no longer empty
  EXPECT_EQ(batch.obs.at("state").select(1, 0).eq(3).sum().item<int64_t>(), 128);
}

TEST(Sampler, DrawIsAFunctionOfSeedNameAndNumber) {
  const auto replay = make_replay();
  const auto request = request_of({{"offline"}});
  Sampler sampler(7), same(7), other(8);
  const auto first = sampler.sample(request, replay);
  const auto second = sampler.sample(request, replay);
  EXPECT_FALSE(at::equal(first.obs.at("state"), second.obs.at("state")));
  EXPECT_TRUE(at::equal(second.obs.at("state"), same.draw(request, replay, 1).obs.at("state")));
  EXPECT_FALSE(at::equal(first.obs.at("state"), other.draw(request, replay, 0).obs.at("state")));
  auto renamed = request;
  renamed.name = "other";
  EXPECT_FALSE(at::equal(first.obs.at("state"), same.draw(renamed, replay, 0).obs.at("state")));
}

TEST(Sampler, ContinuesFromItsSavedState) {
  const auto replay = make_replay();
  const auto request = request_of({{"offline"}});
  Sampler sampler(7), resumed(7);
  sampler.sample(request, replay);
  resumed.load(nlohmann::json::parse(sampler.save().dump()));
  EXPECT_EQ(resumed.counter("batch"), 1U);
  EXPECT_TRUE(at::equal(sampler.sample(request, replay).action, resumed.sample(request, replay).action));
  expect_throws<CheckpointError>([&] { Sampler(8).load(sampler.save()); }, "was written with seed 7, this run has 8");
}

TEST(Sampler, GoalsComeFromWhereTheSharesSay) {
  const auto replay = make_replay();
  Sampler sampler(5);
  BatchRequest request{.size = 20000, .kind = SampleKind::kGoal, .sources = {{"offline"}}, .gamma = 0.6};
  request.goal_future = 0.5;
  request.goal_self = 0.2;
  const auto batch = sampler.sample(request, replay);
  int64_t self = 0, first_steps = 0;
  std::map<int64_t, int> ahead;  // of episode 1, from its state 0: 5 later states
  for (int64_t i = 0; i < batch.size(); ++i) {
    const int64_t e = number(batch.obs, i), t = step(batch.obs, i);
    const bool reached = number(batch.goal, i) == e && step(batch.goal, i) == t;
    EXPECT_EQ(number(batch.next_obs, i), e);
    EXPECT_EQ(step(batch.next_obs, i), t + 1);
    EXPECT_EQ(batch.columns.at("reached")[i].item<bool>(), reached);
    EXPECT_EQ(batch.reward[i].item<float>(), reached ? 0.0F : -1.0F);
    EXPECT_EQ(batch.discount[i].item<float>(), reached ? 0.0F : 0.6F);
    self += reached;
    if (e == 1 && t == 0) {
      ++first_steps;
      if (number(batch.goal, i) == 1) ++ahead[step(batch.goal, i)];
    }
  }
  // The state itself: 0.2, and of the 0.3 random ones 1 in 15 states (12 steps + 3 last). s.e. sqrt(.22 .78 / 20000) =
  // 0.0029
  EXPECT_NEAR(static_cast<double>(self) / 20000.0, 0.2 + 0.3 / 15.0, 5 * 0.0029);
  // d steps ahead: 0.5 * 0.4 * 0.6^(d-1), the last state takes the rest 0.6^4, and each random state 0.3 / 15. n about
  // 1667.
  const double n = static_cast<double>(first_steps);
  for (int64_t d = 1; d <= 5; ++d) {
    const double p = 0.5 * (d < 5 ? 0.4 * std::pow(0.6, d - 1) : std::pow(0.6, 4)) + 0.3 / 15.0;
    EXPECT_NEAR(ahead[d] / n, p, 5.0 * std::sqrt(p * (1.0 - p) / n)) << d;
  }
}

TEST(Sampler, FrameIdsLeadToThePixels) {
  const auto replay = make_replay();
  auto request = request_of({{"offline"}});
  request.kind = SampleKind::kGoal;
  const Sampler sampler(3);
  const auto pixels = sampler.draw(request, replay, 0);
  request.images = ImageForm::kFrameIds;
  const auto ids = sampler.draw(request, replay, 0);
  const auto& frames = replay.dataset().frames("wrist");
  for (const auto& [with_ids, with_pixels] :
       {std::pair{&ids.obs, &pixels.obs}, {&ids.next_obs, &pixels.next_obs}, {&ids.goal, &pixels.goal}}) {
    const auto& id = with_ids->at("wrist");
    ASSERT_EQ(id.scalar_type(), at::kLong);
    EXPECT_TRUE(at::equal(frames.gather({id.const_data_ptr<int64_t>(), 256}), with_pixels->at("wrist")));
  }
}

TEST(Sampler, MonteCarloReturnsFollowTheSourceTheyAreDrawnFrom) {
  auto replay = make_replay();
  Sampler sampler(1);
  auto request = request_of({{"online"}});
  request.gamma = 0.9;
  request.columns = {"mc_return"};
  for (int round = 0; round < 2; ++round) {
    const auto batch = sampler.sample(request, replay);
    for (int64_t i = 0; i < batch.size(); ++i) {
      const int64_t e = number(batch.obs, i), t = step(batch.obs, i);
      const auto& info = replay.dataset().info(e);
      const auto want = monte_carlo_returns(replay.dataset().rewards(e), 0.9, !info.terminal && !info.succeeded,
                                            McTail::kAuto, {10.0, -1.0});
      EXPECT_FLOAT_EQ(batch.columns.at("mc_return")[i].item<float>(), static_cast<float>(want[static_cast<size_t>(t)]));
    }
    replay.add(make_episode(7, EndReason::kHumanStop, 4), {"online"});  // the second round sees it as well
  }
}

/// A row of a batch over one episode that a protective stop ended, as a source with that setting gives it.
struct StopRow {
  double reward, discount, mc_return;
};
StopRow last_step_before_a_stop(StopMeaning meaning, bool terminal, bool success = false) {
  auto episode = make_episode(2, EndReason::kSafetyStop, 0);
  episode.reward = {1, 2};  // not constant: mc_tail: auto adds nothing
  episode.success.back() = success;
  episode.safety_stop_is_terminal = terminal;
  Replay replay(episode.observation_spec, episode.action_spec);
  replay.add_source("online", {.reward = {.scale = 1.0, .bias = -5.0}, .safety_stop = meaning});
  replay.add(episode, {"online"});
  auto request = request_of({{"online"}}, 64);
  request.gamma = 0.5;
  request.columns = {"mc_return"};
  const auto batch = Sampler(1).sample(request, replay);
  for (int64_t i = 0; i < batch.size(); ++i) {
    if (step(batch.obs, i) != 1) continue;
    return {batch.reward[i].item<double>(), batch.discount[i].item<double>(),
            batch.columns.at("mc_return")[i].item<double>()};
  }
  ADD_FAILURE() << "the last step was not drawn";
  return {};
}

// r~ = 2 - 5 = -3 in the last step; for ever after it 0.5 * -3 / (1 - 0.5) = -3 more.
TEST(Sampler, AProtectiveStopMeansWhatTheSourceSays) {
  for (const bool terminal : {false, true}) {
    const auto declared = last_step_before_a_stop(StopMeaning::kAsDeclared, terminal);
    EXPECT_EQ(declared.reward, -3.0);
    EXPECT_EQ(declared.discount, terminal ? 0.0 : 0.5);
    EXPECT_EQ(declared.mc_return, -3.0);
    const auto lasting = last_step_before_a_stop(StopMeaning::kLasting, terminal);
    EXPECT_EQ(lasting.reward, -6.0);
    EXPECT_EQ(lasting.discount, 0.0);
    EXPECT_EQ(lasting.mc_return, -6.0);
  }
  const auto succeeded = last_step_before_a_stop(StopMeaning::kLasting, /*terminal=*/false, /*success=*/true);
  EXPECT_EQ(succeeded.reward, -3.0);
  EXPECT_EQ(succeeded.discount, 0.5);
}

}  // namespace
}  // namespace onramp
