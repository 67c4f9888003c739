#include "onramp/envs/wrappers.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include "support/counting_environment.h"
#include "support/expect_throws.h"

namespace onramp {
namespace {

using test::CountingEnvironment;

at::Tensor zero() { return at::zeros({2}); }

TEST(TimeLimitTest, EndsAfterItsStepsAndWantsAReset) {
  TimeLimit environment(std::make_unique<CountingEnvironment>(), 3);
  EXPECT_EQ(environment.spec().max_steps, 3);
  EXPECT_THROW(environment.step(zero()), std::logic_error);
  for (int episode = 0; episode < 2; ++episode) {
    environment.reset(1);
    EXPECT_FALSE(environment.step(zero()).end);
    EXPECT_FALSE(environment.step(zero()).end);
    EXPECT_EQ(environment.step(zero()).end, EndReason::kTimeLimit);
    EXPECT_THROW(environment.step(zero()), std::logic_error);
  }
}

TEST(TimeLimitTest, KeepsAnEarlierEndAndItsReason) {
  TimeLimit environment(std::make_unique<CountingEnvironment>(/*end_after=*/3, EndReason::kFailure), 3);
  environment.reset(1);
  environment.step(zero());
  environment.step(zero());
  EXPECT_EQ(environment.step(zero()).end, EndReason::kFailure) << "both at the same step: the terminal reason stays";
}

TEST(ActionRepeatTest, SumsRewardsAndKeepsASuccessOnTheWay) {
  // Rewards are 1, 2, 3, ...; success on step 2 alone.
  ActionRepeat environment(
      std::make_unique<CountingEnvironment>(/*end_after=*/5, EndReason::kSuccess, /*success_at=*/2), 3);
  EXPECT_DOUBLE_EQ(environment.spec().control_period_s, 0.3);
  environment.reset(1);
  const Step first = environment.step(zero());
  EXPECT_EQ(first.reward, 1 + 2 + 3);
  EXPECT_TRUE(first.success);
  EXPECT_FALSE(first.end);
  EXPECT_EQ(first.obs.at("state")[0].item<float>(), 3.0f);
  const Step second = environment.step(zero());
  EXPECT_EQ(second.reward, 4 + 5) << "not beyond the end";
  EXPECT_EQ(second.end, EndReason::kSuccess);
}

TEST(WrapperTest, RefusesNonsense) {
  test::expect_throws<ValueError>([] { TimeLimit(std::make_unique<CountingEnvironment>(), 0); },
                                  "max_steps: want >= 1, got 0");
  test::expect_throws<ValueError>([] { ActionRepeat(std::make_unique<CountingEnvironment>(), 0); },
                                  "times: want >= 1, got 0");
}

TEST(RecorderTest, HandsOverEachFinishedEpisode) {
  std::vector<Episode> episodes;
  Recorder environment(std::make_unique<CountingEnvironment>(/*end_after=*/2, EndReason::kFailure),
                       [&](Episode episode) { episodes.push_back(std::move(episode)); }, {{"who", "test"}});
  environment.reset(7);
  environment.step(zero());
  environment.reset(8);  // the first is forgotten
  environment.step(at::full({2}, 0.5));
  environment.step(at::full({2}, -0.5));
  ASSERT_EQ(episodes.size(), 1u);
  const Episode& episode = episodes[0];
  EXPECT_EQ(episode.length(), 2);
  EXPECT_EQ(episode.end, EndReason::kFailure);
  EXPECT_EQ(episode.action, (std::vector<float>{0.5f, 0.5f, -0.5f, -0.5f}));
  EXPECT_EQ(episode.vectors.at("state"), (std::vector<float>{0, 1, 2}));
  EXPECT_EQ(episode.meta.at("seed"), "8");
  EXPECT_EQ(episode.meta.at("task"), "counting");
  EXPECT_EQ(episode.meta.at("who"), "test");
  EXPECT_EQ(episode.extra.at("late_us").values, (std::vector<float>{1, 2}));
}

TEST(RecorderTest, KeepsWhatItHasWhenTheEnvironmentFails) {
  for (const bool throws : {true, false}) {
    auto inner = std::make_unique<CountingEnvironment>();
    (throws ? inner->throw_at : inner->nan_at) = 3;
    std::vector<Episode> episodes;
    Recorder environment(std::move(inner), [&](Episode episode) { episodes.push_back(std::move(episode)); });
    environment.reset(1);
    for (int i = 0; i < 2; ++i) environment.step(at::zeros({2}));
    EXPECT_THROW(environment.step(at::zeros({2})), EnvironmentError);
    ASSERT_EQ(episodes.size(), 1u);
    EXPECT_EQ(episodes[0].length(), 2);
    EXPECT_EQ(episodes[0].end, EndReason::kCommsLoss);
  }
}

TEST(FindRenderableTest, LooksInsideWrappers) {
  TimeLimit none(std::make_unique<CountingEnvironment>(), 3);
  EXPECT_EQ(find_renderable(none), nullptr);
  ActionRepeat some(std::make_unique<TimeLimit>(std::make_unique<test::DrawableEnvironment>(), 3), 2);
  ASSERT_NE(find_renderable(some), nullptr);
  EXPECT_EQ(find_renderable(some)->render(4, 2).sizes(), (at::IntArrayRef{2, 4, 3}));
}

}  // namespace
}  // namespace onramp
