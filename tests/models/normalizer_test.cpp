#include "onramp/models/normalizer.h"

#include <limits>

#include "model_testing.h"
#include "onramp/base/error.h"
#include "onramp/models/content_hash.h"
#include "support/episodes.h"
#include "support/expect_throws.h"

namespace onramp {
namespace {

using namespace onramp::test;

// Column 0: mean 2, deviations -1, 1: standard deviation 1. Column 1 never varies.
Normalizer fitted() { return fit_normalizer({{"state", rows({{1.0F, 5.0F}, {3.0F, 5.0F}})}}); }

TEST(Normalizer, StandardisesByMeanAndPopulationDeviation) {
  const auto x = fitted().apply("state", rows({{2.0F, 5.0F}, {4.0F, 5.5F}}));
  expect_equal(x, rows({{0.0F, 0.0F}, {2.0F, 0.5F}}));  // a constant value is only centred
}

TEST(Normalizer, ClipsWhatIsFarOutsideTheFittedRange) {
  expect_equal(fitted().apply("state", rows({{1000.0F, -1000.0F}})), rows({{10.0F, -10.0F}}));
}

TEST(Normalizer, LeavesOtherEntriesAlone) {
  const auto x = normals({2, 7}, 1);
  expect_equal(fitted().apply("other", x), x);
}

TEST(Normalizer, SurvivesSaveAndLoad) {
  const auto saved = save_normalizer(fitted());
  const auto loaded = load_normalizer(saved);
  const auto x = normals({4, 2}, 1);
  expect_equal(loaded.apply("state", x), fitted().apply("state", x));
  EXPECT_EQ(content_hash(saved), content_hash(save_normalizer(loaded)));
}

TEST(Normalizer, OtherStatisticsHaveAnotherHash) {
  auto saved = save_normalizer(fitted());
  const auto before = content_hash(saved);
  saved.tensors["state.mean"] = saved.tensors["state.mean"] + 1e-6;
  EXPECT_NE(content_hash(saved), before);
}

TEST(Normalizer, IsFittedOnEveryStateOfAReplaySourceAndNoOther) {
  const auto described = make_episode(2, EndReason::kTimeLimit);
  Replay replay(described.observation_spec, described.action_spec);
  replay.add_source("offline");
  replay.add_source("online");
  replay.add(make_episode(2, EndReason::kTimeLimit, /*number=*/4), {"offline"});
  replay.add(make_episode(9, EndReason::kTimeLimit, /*number=*/7), {"online"});
  const auto normalizer = fit_normalizer(replay, "offline");
  EXPECT_FALSE(normalizer.has("wrist"));  // a picture
  // States (4, t, noise), t = 0, 1, 2, the last one included: mean (4, 1), deviation sqrt(2 / 3) of t; 4 never varies.
  const auto& statistics = normalizer.entries().at("state");
  EXPECT_FLOAT_EQ(statistics.mean[0].item<float>(), 4.0F);
  EXPECT_FLOAT_EQ(statistics.mean[1].item<float>(), 1.0F);
  EXPECT_FLOAT_EQ(statistics.std[1].item<float>(), 0.81649658F);
  replay.add_source("empty");
  expect_throws<DataError>([&] { fit_normalizer(replay, "empty"); }, "replay source 'empty' holds no episode");
}

TEST(Normalizer, RefusesWhatItCannotFitOrApply) {
  expect_throws<DataError>(
      [] {
        fit_normalizer({{"state", at::full({2, 1}, std::numeric_limits<float>::quiet_NaN())}});
      },
      "'state' holds values that are not finite");
  expect_throws<DataError>([] { fit_normalizer({{"state", at::empty({0, 1})}}); }, "'state' has no rows");
  expect_throws<ShapeError>(
      [] {
        fitted().apply("state", at::ones({4, 3}));
      },
      "state: want float [B, 2], got float [4, 3]");
}

TEST(Normalizer, RefusesDamagedState) {
  auto missing = save_normalizer(fitted());
  missing.tensors.erase("state.std");
  expect_throws<CheckpointError>([&] { load_normalizer(missing); }, "state.std");
  auto negative = save_normalizer(fitted());
  negative.tensors["state.std"] = at::tensor({1.0F, -1.0F});
  expect_throws<CheckpointError>([&] { load_normalizer(negative); }, "statistics of 'state' are damaged");
}

}  // namespace
}  // namespace onramp
