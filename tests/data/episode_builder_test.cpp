#include "onramp/data/episode_builder.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include "support/episodes.h"

namespace onramp {
namespace {

using test::make_episode;

const Episode& model() {
  static const Episode episode = make_episode(3, EndReason::kSuccess, 2);
  return episode;
}
EpisodeBuilder builder() { return {model().observation_spec, model().action_spec}; }
at::Tensor action(int64_t t) { return at::tensor({model().action[2 * t], model().action[2 * t + 1]}); }

TEST(EpisodeBuilder, RebuildsAnEpisodeStepByStep) {
  auto build = builder();
  build.start(observation_at(model(), 0));
  for (int64_t t = 0; t < 3; ++t) {
    build.add(action(t), action(t).mul(0.5), model().reward[t], model().success[t] != 0, observation_at(model(), t + 1),
              {{"value", at::full({}, float(t) + 0.25F)}});
  }
  const auto episode = build.finish(EndReason::kSuccess, true, {{"number", "2"}});
  EXPECT_EQ(episode.length(), 3);
  EXPECT_EQ(episode.vectors, model().vectors);
  EXPECT_EQ(episode.images, model().images);
  EXPECT_EQ(episode.action, model().action);
  EXPECT_EQ(episode.executed_action, model().executed_action);
  EXPECT_EQ(episode.reward, model().reward);
  EXPECT_EQ(episode.success, model().success);
  EXPECT_EQ(episode.extra.at("value").values, (std::vector<float>{0.25F, 1.25F, 2.25F}));
  EXPECT_EQ(episode.end, EndReason::kSuccess);
  EXPECT_TRUE(episode.safety_stop_is_terminal);
  EXPECT_EQ(episode.meta.at("number"), "2");
}

TEST(EpisodeBuilder, TakesTheActionForTheExecutedOneWhereNothingElseIsSaid) {
  auto build = builder();
  build.start(observation_at(model(), 0));
  build.add(action(0), {}, 0.0, false, observation_at(model(), 1));
  const auto episode = build.finish(EndReason::kCommsLoss, false, {});
  EXPECT_EQ(episode.length(), 1);
  EXPECT_EQ(episode.executed_action, episode.action);
}

TEST(EpisodeBuilder, ForgetsWhatWasThereWhenItStarts) {
  auto build = builder();
  build.start(observation_at(model(), 0));
  build.add(action(0), {}, 0.0, false, observation_at(model(), 1));
  build.start(observation_at(model(), 2));
  EXPECT_EQ(build.length(), 0);
  EXPECT_EQ(build.finish(EndReason::kTimeLimit, false, {}).vectors.at("state").size(), 3u);
}

}  // namespace
}  // namespace onramp
