#include "onramp/losses/sac.h"

#include "loss_testing.h"

namespace onramp::losses {
namespace {

using namespace onramp::test;

class SacGolden : public ::testing::TestWithParam<at::ScalarType> {};
INSTANTIATE_TEST_SUITE_P(Precisions, SacGolden, ::testing::Values(at::kDouble, at::kFloat),
                         [](const auto& p) { return std::string(p.param == at::kDouble ? "Double" : "Single"); });

TEST_P(SacGolden, Actor) {
  const auto entry = golden_case("q2rl", "sac_actor");
  const GoldenInputs in(entry, GetParam());
  const auto loss = sac_actor(in["q"].amin(0), in["log_prob"], at::scalar_tensor(0.2, at::TensorOptions(GetParam())));
  expect_near(loss, entry["out"]["value"], tolerance_of(GetParam()));
}

TEST_P(SacGolden, Temperature) {
  const auto entry = golden_case("q2rl", "sac_temperature");
  const GoldenInputs in(entry, GetParam());
  const auto loss = sac_temperature(at::scalar_tensor(0.3, at::TensorOptions(GetParam())), in["log_prob"], -3.0);
  expect_near(loss, entry["out"]["value"], tolerance_of(GetParam()));
}

const auto kQ = at::tensor({1.0, 3.0}), kLogProb = at::tensor({-2.0, 1.0});

TEST(SacActor, MatchesValuesWorkedByHand) {
  // (0.5 * -2 - 1 + 0.5 * 1 - 3) / 2
  expect_near(sac_actor(kQ, kLogProb, at::scalar_tensor(0.5, at::kDouble)), -2.25, kDoubleTolerance);
  expect_near(sac_actor(kQ, kLogProb, at::scalar_tensor(0.0, at::kDouble)), -2.0, kDoubleTolerance);  // values alone
}

TEST(SacActor, GradientMatchesFiniteDifferencesAndStopsAtTheTemperature) {
  const auto temperature = at::scalar_tensor(0.5, at::kDouble);
  expect_gradient_matches([&](const at::Tensor& x) { return sac_actor(x, kLogProb, temperature); }, kQ);
  expect_gradient_matches([&](const at::Tensor& x) { return sac_actor(kQ, x, temperature); }, kLogProb);
  expect_no_gradient([&](const at::Tensor& x) { return sac_actor(kQ, kLogProb, x); }, temperature);
}

TEST(SacActor, NamesAMisshapenArgument) {
  const auto temperature = at::scalar_tensor(0.5);
  expect_throws<ShapeError>([&] { sac_actor(at::ones({2, 3}), at::ones({3}), temperature); }, "q: want float [N]");
  expect_throws<ShapeError>([&] { sac_actor(at::ones({3}), at::ones({2}), temperature); },
                            "log_prob: want float [3], got float [2]");
  expect_throws<ShapeError>([&] { sac_actor(at::ones({3}), at::ones({3}), at::ones({1})); },
                            "temperature: want float []");
}

TEST(SacTemperature, MatchesValuesWorkedByHand) {
  // mean log_prob -0.5, target -2: -e^0 * (-0.5 - 2)
  expect_near(sac_temperature(at::scalar_tensor(0.0, at::kDouble), kLogProb, -2.0), 2.5, kDoubleTolerance);
}

TEST(SacTemperature, RisesWhenEntropyIsBelowItsTargetAndFallsAbove) {
  const auto slope = [](double target) {
    return gradient_of([&](const at::Tensor& x) { return sac_temperature(x, kLogProb, target); },
                       at::scalar_tensor(0.0, at::kDouble))
        .item<double>();
  };
  EXPECT_LT(slope(1.0), 0);   // entropy 0.5 < 1: descent raises the temperature
  EXPECT_GT(slope(-2.0), 0);  // entropy 0.5 > -2
}

TEST(SacTemperature, GradientMatchesFiniteDifferencesAndStopsAtThePolicy) {
  const auto log_temperature = at::scalar_tensor(0.3, at::kDouble);
  expect_gradient_matches([&](const at::Tensor& x) { return sac_temperature(x, kLogProb, -2.0); },
                          log_temperature.reshape({}));
  expect_no_gradient([&](const at::Tensor& x) { return sac_temperature(log_temperature, x, -2.0); }, kLogProb);
}

TEST(SacTemperature, NamesAMisshapenArgument) {
  expect_throws<ShapeError>([] { sac_temperature(at::ones({1}), at::ones({3}), -2.0); },
                            "log_temperature: want float []");
  expect_throws<ShapeError>(
      [] {
        sac_temperature(at::scalar_tensor(0.0), at::ones({3, 1}), -2.0);
      },
      "log_prob: want float [N]");
}

}  // namespace
}  // namespace onramp::losses
