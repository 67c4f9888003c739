#include "onramp/nn/mixture.h"

#include <cmath>

#include "nn_test_support.h"
#include "support/golden.h"

namespace onramp {
namespace {

using test::expect_close;
using test::seeded;
using test::tensor_of;

TEST(GaussianMixture, MatchesReferenceDensityAndEntropyBound) {
  const auto c = test::golden_case("distributions", "gmm");
  for (const auto& [dtype, tolerance] : {std::pair{at::kDouble, 1e-9}, std::pair{at::kFloat, 1e-5}}) {
    const test::GoldenInputs in(c, dtype);
    const GaussianMixture pi{in["log_weight"], in["mean"], in["log_std"]};
    expect_close(pi.log_prob(in["action"]), tensor_of(c["out"]["log_prob"]), tolerance);
    expect_close(pi.entropy_bound(), tensor_of(c["out"]["entropy_bound"]), tolerance);
  }
}

/// Weights 1/4 and 3/4; means -1 and 2, deviations 1 and e.
GaussianMixture by_hand() {
  return {.log_weight = at::tensor({0.25, 0.75}, at::kDouble).log().unsqueeze(0),
          .mean = at::tensor({-1.0, 2.0}, at::kDouble).view({1, 2, 1}),
          .log_std = at::tensor({0.0, 1.0}, at::kDouble).view({1, 2, 1})};
}

TEST(GaussianMixture, MatchesValuesWorkedByHand) {
  // At a = 2, with 1 / sqrt(2 pi) = 0.3989423: 0.25 * 0.3989423 e^-4.5 + 0.75 * 0.3989423 / e
  //   = 0.0011079 + 0.1100720 = 0.1111800, whose logarithm is -2.1966051
  expect_close(by_hand().log_prob(at::full({1, 1}, 2.0, at::kDouble)), at::tensor({-2.1966051}, at::kDouble), 1e-7);
  // 0.25 * 1.4189385 + 0.75 * 2.4189385 + (0.25 log 4 + 0.75 log(4 / 3) = 0.3465736 + 0.2157616)
  expect_close(by_hand().entropy_bound(), at::tensor({2.7312737}, at::kDouble), 1e-7);
  expect_close(by_hand().mode(), at::full({1, 1}, 2.0, at::kDouble), 1e-12);
}

TEST(GaussianMixture, TheLastNoisePicksTheComponent) {
  const auto pi = by_hand();
  // The heavier has the middle three quarters: the distribution function passes 1/8 and 7/8 at -+1.1503494.
  const auto first = -1 + 0.5, second = 2 + 0.5 * std::exp(1.0);
  for (const auto& [last, want] :
       {std::pair{0.0, second}, std::pair{-1.150, second}, std::pair{1.150, second}, std::pair{-1.151, first},
        std::pair{1.151, first}, std::pair{-9.0, first}, std::pair{9.0, first}}) {
    const auto noise = at::tensor({0.5, last}, at::kDouble).view({1, 2});
    expect_close(pi.sample(noise), at::full({1, 1}, want, at::kDouble), 1e-12);
    expect_close(pi.sample(noise.unsqueeze(0).expand({3, 1, 2})), at::full({3, 1, 1}, want, at::kDouble), 1e-12);
  }
}

TEST(GaussianMixture, NoiseOfZerosGivesTheMode) {
  auto g = seeded(4);
  const GaussianMixture pi{test::randn({50, 5}, g).log_softmax(-1), test::randn({50, 5, 3}, g),
                           test::randn({50, 5, 3}, g)};
  expect_close(pi.sample(at::zeros({50, 4}, at::kDouble)), pi.mode(), 1e-12);
}

// 200 000 draws: s.e. of each share below 0.0012.
TEST(GaussianMixture, DrawsEachComponentAsOftenAsItWeighs) {
  auto g = seeded(5);
  const auto weight = at::tensor({0.1, 0.45, 0.2, 0.25}, at::kDouble);
  const GaussianMixture pi{weight.log().unsqueeze(0), at::arange(4, at::kDouble).view({1, 4, 1}),
                           at::full({1, 4, 1}, -20.0, at::kDouble)};
  const auto drawn = pi.sample(test::randn({200000, 1, 2}, g)).round().flatten().to(at::kLong);
  expect_close(drawn.bincount({}, 4).to(at::kDouble) / 200000.0, weight, 5 * 0.0012);
}

TEST(GaussianMixture, OneComponentIsADiagonalGaussian) {
  auto g = seeded(1);
  const auto mean = test::randn({4, 1, 3}, g), log_std = test::randn({4, 1, 3}, g), action = test::randn({4, 3}, g);
  const GaussianMixture one{at::zeros({4, 1}, at::kDouble), mean, log_std};
  const DiagonalGaussian same{mean.squeeze(1), log_std.squeeze(1)};
  expect_close(one.log_prob(action), same.log_prob(action), 1e-12);
  expect_close(one.entropy_bound(), same.entropy(), 1e-12);
  const auto noise = test::randn({4, 4}, g);
  expect_close(one.sample(noise), same.sample(noise.narrow(-1, 0, 3)).action, 1e-12);
}

// -E[log pi] is the entropy; the bound lies above it, and on it where components are far apart.
TEST(GaussianMixture, BoundsItsEntropyFromAbove) {
  constexpr int64_t kDraws = 100000;  // s.e. of the mean: deviation of log pi, below 1, over 316
  auto g = seeded(2);
  const auto gap = [&](double distance) {
    const GaussianMixture pi{at::full({1, 2}, std::log(0.5), at::kDouble),
                             at::tensor({0.0, distance}, at::kDouble).view({1, 2, 1}),
                             at::zeros({1, 2, 1}, at::kDouble)};
    const auto action = pi.sample(test::randn({kDraws, 1, 2}, g));
    return (pi.entropy_bound() + pi.log_prob(action).mean()).item<double>();
  };
  EXPECT_NEAR(gap(20.0), 0.0, 5 * 0.0032);
  EXPECT_NEAR(gap(0.0), std::log(2.0), 5 * 0.0032);  // one Gaussian, but a bit of entropy for nothing
}

TEST(GaussianMixture, GradientsMatchFiniteDifferences) {
  auto g = seeded(3);
  const auto action = test::randn({2, 3}, g), weight = test::randn({2}, g);
  test::expect_gradients(
      [&](const auto& t) {
        const GaussianMixture pi{t[0].log_softmax(-1), t[1], t[2]};
        return ((pi.log_prob(action) + pi.entropy_bound()) * weight).sum();
      },
      {test::randn({2, 3}, g), test::randn({2, 3, 3}, g), test::randn({2, 3, 3}, g) * 0.3});
}

}  // namespace
}  // namespace onramp
