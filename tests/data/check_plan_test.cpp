// What a plan asks of the data, refused before a phase starts.
#include <gtest/gtest.h>

#include "onramp/base/error.h"
#include "onramp/data/sampler.h"
#include "sampler_testing.h"
#include "support/episodes.h"
#include "support/expect_throws.h"

namespace onramp {
namespace {

using test::expect_throws;
using test::make_episode;
using test::make_replay;
using test::request_of;
using test::sequences_of;

/// Rewards of 0, and of 1 on a successful episode's last step.
Episode sparse_episode(EndReason end, int64_t number) {
  auto episode = make_episode(5, end, number);
  for (auto& reward : episode.reward) reward = 0.0F;
  if (end == EndReason::kSuccess) episode.reward.back() = 1.0F;
  return episode;
}

struct PlanOverTwoSources : ::testing::Test {
  Replay replay{sparse_episode(EndReason::kSuccess, 0).observation_spec,
                sparse_episode(EndReason::kSuccess, 0).action_spec};
  std::vector<BatchRequest> plan{
      {.name = "batch", .size = 4, .sources = {{.source = "offline"}, {.source = "online"}}, .gamma = 0.99}};

  void fill(const RewardTransform& offline, const RewardTransform& online) {
    replay.add_source("offline", {.reward = offline});
    replay.add_source("online", {.reward = online});
    replay.add(sparse_episode(EndReason::kSuccess, 0), {"offline", "online"});
    replay.add(sparse_episode(EndReason::kTimeLimit, 1), {"offline", "online"});
  }
};

TEST_F(PlanOverTwoSources, IsSoundWithoutATransform) {
  fill({}, {});
  EXPECT_NO_THROW(check_plan(plan, replay));
}

TEST_F(PlanOverTwoSources, TakesATransformUnderWhichSuccessPays) {
  fill({10.0, -1.0}, {10.0, -1.0});  // failing for ever: -100; success: 9
  EXPECT_NO_THROW(check_plan(plan, replay));
}

TEST_F(PlanOverTwoSources, RefusesATransformUnderWhichFailingForEverPays) {
  fill({1.0, 0.5}, {1.0, 0.5});
  expect_throws<ConfigError>([&] { check_plan(plan, replay); },
                             "failing for ever is worth 50, more than success (1.5)");
}

// What targets are cut to must leave room for what there is to earn: 9 at success, -100 in all for failing for ever.
TEST_F(PlanOverTwoSources, RefusesARangeThatLeavesOutWhatIsEarned) {
  fill({10.0, -1.0}, {10.0, -1.0});
  plan[0].value_range = {{-100.0, 9.0}};
  EXPECT_NO_THROW(check_plan(plan, replay));
  plan[0].value_range = {{-100.0, 4.0}};
  expect_throws<ConfigError>([&] { check_plan(plan, replay); },
                             "source 'offline': value_range = [-100, 4]: success is worth 9 there");
  plan[0].value_range = {{-99.0, 9.0}};
  expect_throws<ConfigError>([&] { check_plan(plan, replay); },
                             "value_range = [-99, 9]: failing for ever is worth -100 there");
}

// Success ends an attempt even where clock or protective stop come in the same step: it is not one that may be held for ever.
TEST_F(PlanOverTwoSources, TakesSuccessInTheStepThatEndsAnyhowForAnEnd) {
  fill({10.0, -1.0}, {10.0, -1.0});
  plan[0].value_range = {{-100.0, 9.0}};
  for (const auto end : {EndReason::kTimeLimit, EndReason::kSafetyStop}) {
    auto episode = sparse_episode(end, 2 + int64_t(end));
    episode.reward.back() = 1.0F;
    episode.success.back() = 1;
    replay.add(episode, {"offline", "online"});
  }
  EXPECT_NO_THROW(check_plan(plan, replay));
  const auto two_steps_of_success = [](EndReason end, int64_t number) {
    auto episode = sparse_episode(end, number);
    episode.reward[3] = episode.reward[4] = 1.0F;
    episode.success[3] = episode.success[4] = 1;
    return episode;
  };
  replay.add(two_steps_of_success(EndReason::kSuccess, 8),
             {"offline"});  // a task that wants it for some steps, and ends
  EXPECT_NO_THROW(check_plan(plan, replay));
  replay.add(two_steps_of_success(EndReason::kTimeLimit, 9), {"offline"});
  expect_throws<ConfigError>([&] { check_plan(plan, replay); }, "value_range = [-100, 9]: success is worth 900 there");
}

TEST_F(PlanOverTwoSources, RefusesARangeWithoutATransformToo) {
  fill({}, {});
  plan[0].value_range = {{0.0, 0.5}};
  expect_throws<ConfigError>([&] { check_plan(plan, replay); }, "success is worth 1 there");
}

TEST_F(PlanOverTwoSources, RefusesTwoScalesOfRewardInOneBatch) {
  fill({10.0, -1.0}, {});
  expect_throws<ConfigError>([&] { check_plan(plan, replay); },
                             "sources 'offline' and 'online' transform rewards differently");
}

TEST_F(PlanOverTwoSources, WantsOneSuccessWhereAskedTo) {
  replay.add_source("offline");
  replay.add_source("online");
  replay.add(sparse_episode(EndReason::kTimeLimit, 0), {"offline", "online"});
  replay.add(sparse_episode(EndReason::kTimeLimit, 1), {"offline"});
  EXPECT_NO_THROW(check_plan(plan, replay));
  plan[0].wants_success = true;
  expect_throws<DataError>(
      [&] { check_plan(plan, replay); },
      "none of the 3 episodes of source 'offline', 'online' succeeded, so that all returns are alike, and a gate that "
      "compares values of them says nothing; collect more of them, or from a better policy, or go on all the same by "
      "without_success: true");
  replay.add(sparse_episode(EndReason::kSuccess, 2), {"online"});
  EXPECT_NO_THROW(check_plan(plan, replay));
}

// Rewards without the flag, as of a file whose success nobody marked.
TEST_F(PlanOverTwoSources, SaysThatSuccessIsNotMarkedWhereStepsEarn) {
  replay.add_source("offline");
  replay.add_source("online");
  auto episode = sparse_episode(EndReason::kTimeLimit, 0);
  episode.reward.back() = 0.5F;
  replay.add(episode, {"offline", "online"});
  plan[0].wants_success = true;
  expect_throws<DataError>([&] { check_plan(plan, replay); },
                           "has its success flag set, although steps earn up to 0.5: mark what success is");
}

TEST(CheckPlan, NamesWhatCannotBeFulfilled) {
  const auto replay = make_replay();
  const auto refuses = [&](auto change, const std::string& text) {
    auto request = request_of({{"offline"}});
    change(request);
    expect_throws<Error>([&] { check_plan({request}, replay); }, "request 'batch': " + text);
  };
  refuses([](auto& r) { r.sources = {{"ofline"}}; }, "there is no source 'ofline'; did you mean 'offline'?");
  refuses([](auto& r) { r.sources = {{"empty"}}; }, "source 'empty' has no episodes");
  refuses([](auto& r) { r.sources = {{"empty", 1.0, EpisodeFilter::kAll, true}}; }, "all of its sources are empty");
  refuses([](auto& r) { r.sources = {}; }, "names no source");
  refuses([](auto& r) { r.sources[0].share = 0.0; }, "source 'offline': share: want > 0, got 0");
  refuses([](auto& r) { r.size = 0; }, "size: want >= 1, got 0");
  refuses([](auto& r) { r.n_step = 0; }, "n_step: want >= 1, got 0");
  refuses([](auto& r) { r.gamma = 1.5; }, "gamma: want in [0, 1], got 1.5");
  refuses([](auto& r) { r.observations = {"stat"}; }, "observation 'stat' does not exist; did you mean 'state'?");
  refuses([](auto& r) { r.columns = {"teacher_action"}; }, "column 'teacher_action' is not stored with episode 0");
  refuses(
      [](auto& r) {
        r.kind = SampleKind::kGoal;
        r.goal_self = 0.5;
      },
      "goal_future 0.625 and goal_self 0.5");
  refuses(
      [](auto& r) {
        r.kind = SampleKind::kSequence;
        r.steps = 0;
      },
      "steps: want >= 1, got 0");
  refuses([](auto& r) { r.columns = {"mask"}; }, "column 'mask' is not stored with episode 0");
  const auto request = request_of({{"offline"}});
  expect_throws<ConfigError>([&] { check_plan({request, request}, replay); }, "two requests of this name");
  auto good = request;
  good.columns = {"mc_return", "value"};
  check_plan({good}, replay);
  auto sequences = sequences_of({{"offline"}}, 100);  // longer than any episode
  sequences.columns = {"mask", "value"};
  check_plan({sequences}, replay);
}

TEST(CheckPlan, KeepsPrivilegedStateFromNetworks) {
  auto episode = make_episode(3, EndReason::kTimeLimit);
  episode.observation_spec.entries[0].privileged = true;
  Replay replay(episode.observation_spec, episode.action_spec);
  replay.add_source("offline");
  replay.add(episode, {"offline"});
  auto request = request_of({{"offline"}});
  EXPECT_FALSE(Sampler(1).sample(request, replay).obs.contains("state"));
  request.observations = {"state"};
  expect_throws<ConfigError>([&] { check_plan({request}, replay); }, "'state' is privileged simulator state");
}

}  // namespace
}  // namespace onramp
