#include "onramp/training/film.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include <opencv2/videoio.hpp>

#include "onramp/envs/wrappers.h"
#include "support/temporary_folder.h"

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

TEST(FilmCaption, SaysWhichOfTwoPoliciesActs) {
  auto now = moment();
  now.acting = Acting::kCloned;
  ASSERT_EQ(caption_of(now).size(), 3u);
  EXPECT_EQ(caption_of(now)[2].text, "the cloned policy acts");
  EXPECT_EQ(caption_of(now)[2].tone, Tone::kCloned);
  now.acting = Acting::kLearned;
  now.end = EndReason::kSuccess;
  EXPECT_EQ(caption_of(now)[2].text, "the learned policy acts");
  EXPECT_EQ(caption_of(now)[2].tone, Tone::kLearned);
  EXPECT_EQ(caption_of(now)[3].text, "success");
}

/// Shows itself as a grey picture; an attempt takes three steps.
class Grey final : public Environment, public Renderable {
 public:
  Grey() {
    spec_ = {.name = "grey", .control_period_s = 0.5, .max_steps = 3};
    spec_.observation.entries = {{.name = "state", .shape = {1}}};
    spec_.action = {1, {"x"}};
  }
  const EnvSpec& spec() const override { return spec_; }
  Observation reset(uint64_t) override {
    steps_ = 0;
    return seen();
  }
  Step step(const at::Tensor& action) override {
    Step step{.obs = seen(), .executed_action = action};
    if (++steps_ == 3) step.end = EndReason::kTimeLimit;
    return step;
  }
  at::Tensor render(int64_t width, int64_t height) override { return at::full({height, width, 3}, 90, at::kByte); }

 private:
  static Observation seen() {
    Observation seen;
    seen.set("state", at::zeros({1}));
    return seen;
  }
  EnvSpec spec_;
  int64_t steps_ = 0;
};

/// The cloned policy's turn, the learned one's, the cloned one's, ...
class InTurn final : public Policy {
 public:
  std::unique_ptr<PolicyState> begin(int64_t) override { return std::make_unique<PolicyState>(); }
  Action act(const Observation&, PolicyState&, ActMode, Rng&) override {
    cloned_ = !cloned_;
    return {.action = at::zeros({1, 1}), .info = {{kActingColumn, at::full({1, 1}, cloned_ ? 1.0F : 0.0F)}}};
  }
  const ActionSpec& action_spec() const override { return action_; }

 private:
  bool cloned_ = false;
  ActionSpec action_{1, {"x"}};
};

// The first frame is nobody's; then blue, orange, blue, which stands for a second: two frames.
TEST(FilmOfAPolicy, HasABorderInTheColourOfWhoActed) {
  const test::TemporaryFolder folder;
  Grey environment;
  InTurn policy;
  film_policy(environment, policy, ActMode::kMode,
              {.path = folder / "film.mp4", .policy = "p", .takes = {{.seed = 1, .name = "seed 1"}}});
  cv::VideoCapture film((folder / "film.mp4").string());
  std::string borders;
  for (cv::Mat frame; film.read(frame);) {
    const auto bgr = frame.at<cv::Vec3b>(180, 1);
    const int blue = bgr[0], red = bgr[2];
    borders += blue > red + 60 ? 'b' : red > blue + 60 ? 'o' : '-';
  }
  EXPECT_EQ(borders, "-bobb");
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
