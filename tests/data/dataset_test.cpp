#include "onramp/data/dataset.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include <limits>

#include "onramp/base/error.h"
#include "onramp/data/replay_source.h"
#include "support/episodes.h"
#include "support/expect_throws.h"

namespace onramp {
namespace {

using test::expect_throws;
using test::make_episode;

TEST(Dataset, KeepsFramesOnceAndGivesThemTheSameIdsEachTime) {
  const auto spec = make_episode(1, EndReason::kFailure);
  Dataset a(spec.observation_spec, spec.action_spec), b(spec.observation_spec, spec.action_spec);
  for (int64_t number = 0; number < 5; ++number) {
    const auto episode = make_episode(number + 1, EndReason::kTimeLimit, number);
    a.add(episode);
    b.add(episode);
  }
  EXPECT_EQ(a.rows(), 2 + 3 + 4 + 5 + 6);
  EXPECT_EQ(a.steps(), 1 + 2 + 3 + 4 + 5);
  EXPECT_EQ(a.frames("wrist").size(), a.rows());
  std::vector<int64_t> rows(static_cast<size_t>(a.rows()));
  for (size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<int64_t>(i);
  EXPECT_TRUE(at::equal(a.observations(rows, {"wrist"}, ImageForm::kFrameIds).at("wrist"),
                        b.observations(rows, {"wrist"}, ImageForm::kFrameIds).at("wrist")));
  const auto unique = a.rows() * 4 * 5 * 3;
  EXPECT_EQ(a.frames("wrist").resident_bytes(), unique);
  EXPECT_EQ(memory_bill_bytes(spec.observation_spec, spec.action_spec, a.steps(), a.episodes()) / a.rows(),
            60 + 8 + 12 + 16 + 13);
}

TEST(Dataset, GathersWhatWasAdded) {
  const auto episode = make_episode(6, EndReason::kSuccess, 3);
  Dataset data(episode.observation_spec, episode.action_spec);
  data.add(make_episode(2, EndReason::kFailure, 1));
  const auto id = data.add(episode);
  const auto& info = data.info(id);
  EXPECT_TRUE(info.terminal);
  EXPECT_TRUE(info.succeeded);
  const std::vector<int64_t> rows{info.first_row, info.last_row()};
  const auto obs = data.observations(rows);
  EXPECT_EQ(obs.at("state")[1][1].item<int64_t>(), 6);
  EXPECT_EQ(obs.at("wrist")[1][0][0][0].item<int64_t>(), 31 * 3 + 7 * 6);
  EXPECT_EQ(data.actions(std::vector<int64_t>{info.first_row + 5})[0][1].item<float>(), episode.action[11]);
  EXPECT_EQ(data.column("value", std::vector<int64_t>{info.first_row + 5})[0].item<float>(), 5.25F);
}

TEST(Dataset, LeavesOutEntriesThatItsSpecLacks) {
  const auto with_image = make_episode(3, EndReason::kFailure);
  Dataset data(make_episode(1, EndReason::kFailure, 0, /*with_image=*/false).observation_spec, with_image.action_spec);
  data.add(with_image);
  EXPECT_FALSE(data.observations(std::vector<int64_t>{0}).contains("wrist"));
}

TEST(Dataset, ColumnsBelongToTheEpisodesThatHaveThem) {
  auto plain = make_episode(3, EndReason::kFailure);
  plain.extra.clear();
  Dataset data(plain.observation_spec, plain.action_spec);
  data.add(plain);
  data.add(make_episode(2, EndReason::kFailure));
  data.add(plain);
  data.add(make_episode(4, EndReason::kFailure));
  EXPECT_FALSE(data.has_column("value", 0));
  EXPECT_TRUE(data.has_column("value", 1));
  EXPECT_FALSE(data.has_column("value", 2));
  const std::vector<int64_t> rows{data.info(1).first_row + 1, data.info(3).first_row + 3};
  const auto column = data.column("value", rows);
  EXPECT_EQ(column[0].item<float>(), 1.25F);
  EXPECT_EQ(column[1].item<float>(), 3.25F);
}

TEST(Dataset, RefusesWhatDoesNotFitAndStaysAsItWas) {
  const auto good = make_episode(3, EndReason::kTimeLimit);
  Dataset data(good.observation_spec, good.action_spec);
  const auto refuses = [&](auto change, const std::string& text) {
    auto episode = good;
    change(episode);
    expect_throws<DataError>([&] { data.add(episode); }, text);
    EXPECT_EQ(data.rows(), 0);
    EXPECT_EQ(data.frames("wrist").size(), 0);
  };
  refuses([](Episode& e) { e = Episode{}; }, "has no steps");
  refuses([](Episode& e) { e.action.pop_back(); }, "action has 5 values, want 6");
  refuses([](Episode& e) { e.images["wrist"].pop_back(); }, "wrist has 239 values, want 240");
  refuses([](Episode& e) { e.vectors.clear(); }, "state has 0 values, want 12");
  refuses([](Episode& e) { e.vectors["state"][7] = std::numeric_limits<float>::quiet_NaN(); },
          "state holds nan at step 2, value 1");
  refuses([](Episode& e) { e.reward[1] = std::numeric_limits<float>::infinity(); }, "reward holds inf at step 1");
  refuses(
      [](Episode& e) {
        e.observation_spec.entries[1].shape = {5, 4, 3};
      },
      "'wrist' has shape [5, 4, 3], the data set wants [4, 5, 3]");
  refuses([](Episode& e) { e.extra["value"].width = 2; }, "value has 3 values, want 6");
  refuses([](Episode& e) { e.action_spec.dim = 3; }, "actions have 3 values, the data set wants 2");
}

TEST(ReplaySources, ShareAnEpisodeWithoutStoringItTwice) {
  const auto episode = make_episode(5, EndReason::kSuccess);
  Replay replay(episode.observation_spec, episode.action_spec);
  replay.add_source("offline");
  replay.add_source("online");
  replay.add(episode, {"offline", "online"});
  EXPECT_EQ(replay.dataset().frames("wrist").size(), 6);
  EXPECT_EQ(replay.source("offline").steps(), 5);
  EXPECT_EQ(replay.source("online").state_rows().size(), 6U);
  expect_throws<ValueError>([&] { replay.source("online").add(0); }, "source 'online': holds episode 0 already");
  expect_throws<ValueError>([&] { replay.add(episode, {"nowhere"}); },
                            "there is no replay source 'nowhere' (known: offline, online)");
  EXPECT_EQ(replay.dataset().episodes(), 1);
  expect_throws<ValueError>([&] { replay.add_source("online", {.reward = {2.0, 0.0}}); }, "another reward transform");
}

std::string why_not(const RewardTransform& transform, const SparseReward& raw, double gamma = 0.99) {
  return why_not_transform(transform, sparse_worth(transform, raw, gamma));
}

TEST(RewardTransformCheck, RefusesWhereFailingForEverPays) {
  const SparseReward zero_or_one{0.0, 1.0, /*success_ends=*/true};
  EXPECT_EQ(why_not({10.0, 5.0}, {-1.0, 0.0, true}), "");  // -500 against 5
  EXPECT_EQ(why_not({1.0, 0.0}, zero_or_one), "");         // 0 against 1
  EXPECT_EQ(why_not({1e-3, 0.0}, zero_or_one), "");
  EXPECT_EQ(
      why_not({1e-30, 0.0}, zero_or_one),
      "with scale 1e-30 and bias 0 success is worth 1e-30 more than failing for ever (0), which vanishes in single "
      "precision; raise the scale");
  EXPECT_EQ(why_not({1.0, 0.5}, zero_or_one),
            "with scale 1 and bias 0.5 failing for ever is worth 50, more than success (1.5): a learner would avoid "
            "success; lower the bias");
  EXPECT_EQ(why_not({1.0, 0.5}, {0.0, 1.0, /*success_ends=*/false}), "");  // held for ever: 50 against 150
}

TEST(RewardTransformCheck, RefusesWhereSuccessEarnsNothingMore) {
  EXPECT_EQ(why_not({0.0, 0.0}, {0.0, 1.0, true}),
            "with scale 0 and bias 0 failing for ever is worth 0, as much as success (0): a learner would not seek "
            "success; raise the scale, or lower the bias");
  expect_throws<ConfigError>([] { RewardTransform{.scale = 0.0, .bias = -1.0}.validate(); },
                             "scale = 0: success would earn nothing");
  RewardTransform{.scale = 5.0, .bias = -1.0}.validate();
}

}  // namespace
}  // namespace onramp
