#include "onramp/nn/distributions.h"

#include "nn_test_support.h"
#include "support/golden.h"

namespace onramp {
namespace {

using test::expect_close;
using test::golden_case;
using test::GoldenInputs;
using test::seeded;
using test::tensor_of;

struct Precision {
  at::ScalarType dtype;
  double tolerance;
};
const Precision kPrecisions[] = {{at::kDouble, 1e-9}, {at::kFloat, 1e-5}};

TEST(SquashedGaussian, MatchesReferenceLogProbAndGradients) {
  const auto c = golden_case("distributions", "squashed_gaussian_log_prob");
  for (const auto& [dtype, tolerance] : kPrecisions) {
    const GoldenInputs in(c, dtype);
    auto mean = in["mean"].requires_grad_(true);
    auto log_std = in["log_std"].requires_grad_(true);
    auto u = in["u"].requires_grad_(true);
    const auto log_prob = SquashedGaussian{mean, log_std}.log_prob_of_pre_tanh(u);
    expect_close(log_prob, tensor_of(c["out"]["log_prob"]), tolerance);
    expect_close(u.tanh(), tensor_of(c["out"]["action"]), tolerance);
    const auto d = torch::autograd::grad({log_prob.sum()}, {mean, log_std, u});
    expect_close(d[0], tensor_of(c["grad"]["mean"]), 1e-5);
    expect_close(d[1], tensor_of(c["grad"]["log_std"]), 1e-5);
    expect_close(d[2], tensor_of(c["grad"]["u"]), 1e-5);
  }
}

TEST(SquashedGaussian, StaysExactFarInTheTails) {
  const auto c = golden_case("distributions", "squashed_gaussian_log_prob_extreme");
  for (const auto& [dtype, tolerance] : kPrecisions) {
    const GoldenInputs in(c, dtype);
    const SquashedGaussian pi{in["mean"], in["log_std"]};
    expect_close(pi.log_prob_of_pre_tanh(in["u"]), tensor_of(c["out"]["log_prob"]), tolerance);
  }
}

TEST(SquashedGaussian, LogProbOfAnActionEqualsThatOfItsArcTanh) {
  const auto c = golden_case("distributions", "squashed_gaussian_log_prob");
  const GoldenInputs in(c, at::kDouble);
  const SquashedGaussian pi{in["mean"], in["log_std"]};
  expect_close(pi.log_prob(tensor_of(c["out"]["action"])), tensor_of(c["out"]["log_prob"]), 1e-9);
}

TEST(SquashedGaussian, SampleReportsTheLogProbOfItsAction) {
  auto g = seeded(3);
  const SquashedGaussian pi{test::randn({4, 3}, g), test::randn({4, 3}, g) * 0.2 - 1.0};
  const auto [action, log_prob] = pi.sample(test::randn({5, 4, 3}, g));  // five actions a state
  EXPECT_EQ(action.sizes(), (std::vector<int64_t>{5, 4, 3}));
  EXPECT_EQ(log_prob.sizes(), (std::vector<int64_t>{5, 4}));
  expect_close(log_prob, pi.log_prob(action), 1e-7);
}

TEST(SquashedGaussian, AnActionAloneIsTheSampledOne) {
  auto g = seeded(4);
  const SquashedGaussian pi{test::randn({5, 3}, g, at::kFloat), test::randn({5, 3}, g, at::kFloat)};
  const auto noise = test::randn({7, 5, 3}, g, at::kFloat);
  test::expect_equal_bits(pi.sample_action(noise), pi.sample(noise).action);
}

TEST(SquashedGaussian, SampleIsDifferentiableInMeanAndStd) {
  auto g = seeded(4);
  const auto noise = test::randn({2, 3}, g), direction = test::randn({2, 3}, g);
  test::expect_gradients(
      [&](const auto& t) {
        const auto [action, log_prob] = SquashedGaussian{t[0], t[1]}.sample(noise);
        return (action * direction).sum() + log_prob.sum();
      },
      {test::randn({2, 3}, g), test::randn({2, 3}, g) * 0.3});
}

TEST(SquashedGaussian, ClipsActionsOnTheBorder) {
  const SquashedGaussian pi{at::zeros({1, 2}, at::kDouble), at::zeros({1, 2}, at::kDouble)};
  const auto border = at::tensor({1.0, -1.0}, at::kDouble).view({1, 2});
  // atanh(0.99) = 2.6466524, log N(u) = -0.5 u^2 - 0.9189385, minus log(1 - 0.99^2) = -3.9170355: -0.5042875 each
  expect_close(pi.log_prob(border, kLikelihoodClip), at::tensor({2 * -0.5042874818844316}, at::kDouble), 1e-9);
  expect_close(pi.log_prob(border), pi.log_prob(border * (1.0 - 1e-5)), 1e-9);
}

TEST(SquashedGaussian, ModeIsTanhOfTheMean) {
  const SquashedGaussian pi{at::tensor({0.0, 0.5}, at::kDouble), at::zeros({2}, at::kDouble)};
  expect_close(pi.mode(), at::tensor({0.0, 0.46211715726}, at::kDouble), 1e-9);
}

TEST(DiagonalGaussian, MatchesReferenceLogProbAndEntropy) {
  const auto c = golden_case("distributions", "diagonal_gaussian");
  for (const auto& [dtype, tolerance] : kPrecisions) {
    const GoldenInputs in(c, dtype);
    const DiagonalGaussian pi{in["mean"], in["log_std"]};
    expect_close(pi.log_prob(in["action"]), tensor_of(c["out"]["log_prob"]), tolerance);
    expect_close(pi.entropy(), tensor_of(c["out"]["entropy"]), tolerance);
  }
}

TEST(DiagonalGaussian, EntropyCountsEveryDimensionOfASharedDeviation) {
  const DiagonalGaussian pi{at::zeros({2, 3}, at::kDouble), at::zeros({3}, at::kDouble)};
  expect_close(pi.entropy(), at::full({2}, 3 * 1.4189385332046727, at::kDouble), 1e-12);
}

TEST(DiagonalGaussian, SampleIsMeanPlusStdTimesNoise) {
  const DiagonalGaussian pi{at::tensor({1.0, -1.0}, at::kDouble), at::tensor({0.0, std::log(2.0)}, at::kDouble)};
  const auto [action, log_prob] = pi.sample(at::tensor({0.5, 0.25}, at::kDouble));
  expect_close(action, at::tensor({1.5, -0.5}, at::kDouble), 1e-12);
  expect_close(log_prob, pi.log_prob(action), 1e-12);
}

TEST(StandardNormal, HasMeanZeroAndDeviationOneAndFollowsItsGenerator) {
  auto g = seeded(5), again = seeded(5);
  const auto like = at::zeros({1}, at::kDouble);
  const auto noise = standard_normal({100000}, like, g);
  test::expect_equal_bits(noise, standard_normal({100000}, like, again));
  EXPECT_NEAR(noise.mean().item<double>(), 0.0, 5 * 0.0032);  // s.e. 1 / sqrt(n)
  EXPECT_NEAR(noise.std().item<double>(), 1.0, 5 * 0.0023);   // s.e. 1 / sqrt(2 n)
}

}  // namespace
}  // namespace onramp
