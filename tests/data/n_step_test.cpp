#include "onramp/data/n_step.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "onramp/base/error.h"
#include "onramp/base/random.h"
#include "support/expect_throws.h"
#include "test_paths.h"

namespace onramp {
namespace {

using nlohmann::json;
using test::expect_throws;

json golden() {
  std::ifstream file(ONRAMP_TESTS_DIR "/golden/returns.json");
  return json::parse(file);
}

McTail tail_of(const json& item) {
  return item.value("mc_tail", "zero") == "infinite" ? McTail::kInfinite : McTail::kZero;
}

TEST(NStep, AgreesWithReferenceValues) {
  int cases = 0;
  const auto reference = golden();
  for (const auto& item : reference["cases"]) {
    const auto name = item["name"].get<std::string>();
    if (!name.starts_with("n_step")) continue;
    SCOPED_TRACE(name);
    const auto end = item["end"].get<std::string>();
    const bool terminal = end == "Success" || end == "Failure" || item.value("terminal", false);
    const auto reward = item["in"]["reward"].get<std::vector<float>>();
    for (size_t t = 0; t < reward.size(); ++t) {
      const auto got = n_step_return(reward, static_cast<int64_t>(t), item["in"]["n"], item["in"]["gamma"], terminal);
      EXPECT_NEAR(got.reward, item["out"]["reward"][t].get<double>(), 1e-9);
      EXPECT_NEAR(got.discount, item["out"]["discount"][t].get<double>(), 1e-9);
      EXPECT_EQ(got.next, item["out"]["next_index"][t].get<int64_t>());
    }
    ++cases;
  }
  EXPECT_EQ(cases, 19);
}

TEST(MonteCarlo, AgreesWithReferenceValues) {
  int cases = 0;
  const auto reference = golden();
  for (const auto& item : reference["cases"]) {
    const auto name = item["name"].get<std::string>();
    if (!name.starts_with("monte_carlo")) continue;
    SCOPED_TRACE(name);
    const bool cut_off = item.contains("end") && item["end"] != "Success" && item["end"] != "Failure";
    const auto got = monte_carlo_returns(item["in"]["reward"].get<std::vector<float>>(), item["in"]["gamma"], cut_off,
                                         tail_of(item));
    const auto want = item["out"]["mc_return"].get<std::vector<double>>();
    ASSERT_EQ(got.size(), want.size());
    for (size_t t = 0; t < want.size(); ++t) EXPECT_NEAR(got[t], want[t], 1e-9 * std::max(1.0, std::abs(want[t])));
    ++cases;
  }
  EXPECT_EQ(cases, 6);
}

TEST(RewardTransformTest, AgreesWithReferenceValues) {
  const auto reference = golden();
  for (const auto& item : reference["cases"]) {
    if (item["name"] != "reward_transform") continue;
    for (size_t i = 0; i < item["in"]["reward"].size(); ++i) {
      const RewardTransform transform{.scale = 10.0, .bias = 5.0};
      EXPECT_DOUBLE_EQ(transform(item["in"]["reward"][i]), item["out"]["reward"][i].get<double>());
    }
    return;
  }
  FAIL() << "no such case";
}

// The definition, written as a sum over absolute times with pow: slow and obvious.
NStepReturn slow_n_step(const std::vector<float>& reward, int64_t t, int64_t n, double gamma, bool terminal, double a,
                        double b) {
  NStepReturn out;
  const auto T = static_cast<int64_t>(reward.size());
  int64_t summed = 0;
  for (int64_t k = t; k < T && k < t + n; ++k, ++summed) {
    out.reward += std::pow(gamma, static_cast<double>(k - t)) * (a * reward[static_cast<size_t>(k)] + b);
  }
  out.next = t + summed;
  out.discount = (terminal && out.next == T) ? 0.0 : std::pow(gamma, static_cast<double>(summed));
  return out;
}

TEST(NStep, AgreesWithASlowLoopOverRandomEpisodesOfEachEnd) {
  Rng rng = RandomStream(3, "n-step").at(0);
  for (int episode = 0; episode < 300; ++episode) {
    const auto end = static_cast<EndReason>(episode % 6);
    const bool terminal = is_terminal(end, /*safety_stop_is_terminal=*/rng.bernoulli(0.5));
    std::vector<float> reward(static_cast<size_t>(1 + rng.below(20)));
    for (float& r : reward) r = static_cast<float>(rng.normal());
    const int64_t n = 1 + rng.below(8);
    const double gamma = rng.uniform(0.5, 1.0);
    const RewardTransform transform{rng.uniform(-2.0, 2.0), rng.uniform(-2.0, 2.0)};
    for (int64_t t = 0; t < static_cast<int64_t>(reward.size()); ++t) {
      const auto got = n_step_return(reward, t, n, gamma, terminal, transform);
      const auto want = slow_n_step(reward, t, n, gamma, terminal, transform.scale, transform.bias);
      ASSERT_NEAR(got.reward, want.reward, 1e-10);
      ASSERT_NEAR(got.discount, want.discount, 1e-12);
      ASSERT_EQ(got.next, want.next);
    }
  }
}

// r~ = -1 a step: failing for ever is worth -1 / (1 - 0.9) = -10 from anywhere, -1 - 0.9 - 0.81 * 10 from two steps before the end.
TEST(NStep, AnEndThatLastsJoinsTheSum) {
  const std::vector<float> reward{0, 0, 0};
  const RewardTransform transform{.scale = 5.0, .bias = -1.0};
  const auto window = n_step_return(reward, 1, 2, 0.9, /*terminal=*/false, transform);
  const auto lasting = with_lasting_end(window, reward.back(), 0.9, transform);
  EXPECT_NEAR(lasting.reward, -10.0, 1e-12);
  EXPECT_EQ(lasting.discount, 0.0);
  EXPECT_EQ(lasting.next, 3);
  expect_throws<ValueError>([] { (void)lasting_return(-1.0, 1.0); }, "safety_stop: as_declared");
}

TEST(MonteCarlo, AutoTailIsInfiniteOnlyWhereTheRewardWasConstant) {
  const std::vector<float> constant{-1, -1}, varied{-1, 0};
  EXPECT_DOUBLE_EQ(monte_carlo_returns(constant, 0.5, true, McTail::kAuto)[1], -2.0);   // -1 / (1 - 0.5)
  EXPECT_DOUBLE_EQ(monte_carlo_returns(varied, 0.5, true, McTail::kAuto)[0], -1.0);     // no tail
  EXPECT_DOUBLE_EQ(monte_carlo_returns(constant, 0.5, false, McTail::kAuto)[1], -1.0);  // terminal or successful
}

TEST(MonteCarlo, TailIsOfTheTransformedReward) {
  const std::vector<float> reward{0, 0};  // r~ = -5: -5 / (1 - 0.9) = -50 in every state
  const auto returns = monte_carlo_returns(reward, 0.9, true, McTail::kInfinite, {.scale = 10.0, .bias = -5.0});
  EXPECT_NEAR(returns[0], -50.0, 1e-9);
  EXPECT_NEAR(returns[1], -50.0, 1e-9);
}

TEST(MonteCarlo, RefusesAnEndlessSumThatHasNoValue) {
  expect_throws<ValueError>([] { (void)monte_carlo_returns(std::vector<float>{-1}, 1.0, true, McTail::kInfinite); },
                            "set mc_tail: zero");
  EXPECT_DOUBLE_EQ(monte_carlo_returns(std::vector<float>{0}, 1.0, true, McTail::kInfinite)[0],
                   0.0);  // c = 0: the sum is 0
}

}  // namespace
}  // namespace onramp
