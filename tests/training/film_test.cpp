#include "onramp/training/film.h"

#include <gtest/gtest.h>

namespace onramp {
namespace {

using Tone = CaptionLine::Tone;

FilmMoment moment() {
  return {
      .task = "vacuum_grasp", .policy = "offline", .take = "held-out 3", .step = 12, .max_steps = 60, .time_s = 1.2};
}

TEST(FilmCaption, SaysWhoWhereAndWhen) {
  const auto lines = caption_of(moment());
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].text, "vacuum_grasp, offline");
  EXPECT_EQ(lines[1].text, "held-out 3, step 12 of 60, 1.2 s");
  auto unlimited = moment();
  unlimited.max_steps = 0;
  EXPECT_EQ(caption_of(unlimited)[1].text, "held-out 3, step 12, 1.2 s");
}

TEST(FilmCaption, SaysTheOutcome) {
  const auto last = [](bool success, std::optional<EndReason> end) {
    auto now = moment();
    now.success = success;
    now.end = end;
    return caption_of(now).back();
  };
  EXPECT_EQ(last(true, std::nullopt).text, "success");
  EXPECT_EQ(last(true, std::nullopt).tone, Tone::kGood);
  EXPECT_EQ(last(true, EndReason::kTimeLimit).text, "success, ended by time limit");
  EXPECT_EQ(last(false, EndReason::kTimeLimit).text, "no success, ended by time limit");
  EXPECT_EQ(last(false, EndReason::kSafetyStop).text, "no success, ended by safety stop");
  EXPECT_EQ(last(false, EndReason::kSafetyStop).tone, Tone::kBad);
  EXPECT_EQ(last(true, EndReason::kSuccess).text, "success");
  EXPECT_EQ(last(false, EndReason::kFailure).text, "failure");
}

TEST(HeldOutTakes, AreTheSituationsOfTheEvaluation) {
  const auto takes = held_out_takes(5, 2);
  ASSERT_EQ(takes.size(), 2u);
  EXPECT_EQ(takes[0].seed, held_out_seed(5));
  EXPECT_EQ(takes[0].name, "held-out 5");
  EXPECT_EQ(takes[1].seed, held_out_seed(6));
}

}  // namespace
}  // namespace onramp
