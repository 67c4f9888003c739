#include "onramp/losses/hilbert.h"

#include "loss_testing.h"

namespace onramp::losses {
namespace {

using namespace onramp::test;

at::Tensor first_occupancy_loss(const GoldenInputs& in, const at::Tensor& phi_s, const at::Tensor& phi_g,
                                double expectile) {
  const auto next = hilbert_value(in["phi_next_target"], in["phi_goal_target"]);
  return expectile_mse(hilbert_value(phi_s, phi_g), first_occupancy_target(next, in["reached"], 0.99), expectile);
}

class HilbertGolden : public ::testing::TestWithParam<at::ScalarType> {};
INSTANTIATE_TEST_SUITE_P(Precisions, HilbertGolden, ::testing::Values(at::kDouble, at::kFloat),
                         [](const auto& p) { return std::string(p.param == at::kDouble ? "Double" : "Single"); });

TEST_P(HilbertGolden, FirstOccupancyExpectile) {
  const auto entry = golden_case("hilbert", "first_occupancy_expectile");
  const GoldenInputs in(entry, GetParam());
  const auto s = in["phi_s"], g = in["phi_g"];
  expect_near(first_occupancy_loss(in, s, g, 0.9), entry["out"]["value"], tolerance_of(GetParam()));
  expect_close(gradient_of([&](const at::Tensor& x) { return first_occupancy_loss(in, x, g, 0.9); }, s),
               tensor_of(entry["grad"]["phi_s"]), 1e-5);
  expect_close(gradient_of([&](const at::Tensor& x) { return first_occupancy_loss(in, s, x, 0.9); }, g),
               tensor_of(entry["grad"]["phi_g"]), 1e-5);
}

TEST_P(HilbertGolden, CoincidentPointsHaveAFiniteGradient) {
  const auto entry = golden_case("hilbert", "coincident");
  const GoldenInputs in(entry, GetParam());
  const auto f = [&](const at::Tensor& x) { return first_occupancy_loss(in, x, in["phi_g"], 0.9); };
  EXPECT_LE(f(in["phi_s"]).item<double>(), entry["out"]["value_at_most"].get<double>());
  EXPECT_TRUE(gradient_of(f, in["phi_s"]).isfinite().all().item<bool>());
}

TEST(HilbertValue, MatchesValuesWorkedByHand) {
  const auto s = rows({{3.0, 0.0}, {1.0, 1.0}}), g = rows({{0.0, 4.0}, {1.0, 1.0}});
  expect_close(hilbert_value(s, g), at::tensor({-5.0, -0.001}), kDoubleTolerance);  // 3-4-5; the floor sqrt(1e-6)
}

TEST(HilbertValue, GradientMatchesFiniteDifferencesOnBothSides) {
  const auto s = numbers({3, 4}, 1), g = numbers({3, 4}, 2);
  expect_gradient_matches([&](const at::Tensor& x) { return hilbert_value(x, g).sum(); }, s);
  expect_gradient_matches([&](const at::Tensor& x) { return hilbert_value(s, x).sum(); }, g);
}

TEST(HilbertValue, NamesAMisshapenArgument) {
  expect_throws<ShapeError>([] { hilbert_value(at::ones({3}), at::ones({3})); },
                            "phi_s: want float [N, N], got float [3]");
  expect_throws<ShapeError>(
      [] {
        hilbert_value(at::ones({3, 2}), at::ones({2, 3}));
      },
      "phi_g: want float [3, 2], got float [2, 3]");
}

TEST(FirstOccupancyTarget, IsZeroAtTheGoalAndOneStepMoreElsewhere) {
  const auto next = at::tensor({-7.0, -2.0, 0.0}), reached = at::tensor({1, 0, 0}).to(at::kBool);
  expect_close(first_occupancy_target(next, reached, 0.5), at::tensor({0.0, -2.0, -1.0}), kDoubleTolerance);
  EXPECT_FALSE(first_occupancy_target(next.clone().requires_grad_(), reached, 0.5).requires_grad());
}

TEST(FirstOccupancyTarget, NamesABadArgument) {
  expect_throws<ShapeError>([] { first_occupancy_target(at::ones({3}), at::ones({3}), 0.9); },
                            "reached: want bool [3], got float [3]");
  expect_throws<ShapeError>(
      [] {
        first_occupancy_target(at::ones({3, 1}), at::ones({3}, at::kBool), 0.9);
      },
      "next_value: want float [N], got float [3, 1]");
  expect_throws<ValueError>([] { first_occupancy_target(at::ones({3}), at::ones({3}, at::kBool), 1.1); },
                            "gamma: want");
}

TEST(ExpectileMse, MatchesValuesWorkedByHand) {
  // errors target - value = {2, -1}: (0.9 * 4 + 0.1 * 1) / 2
  const auto value = at::tensor({0.0, 1.0}), target = at::tensor({2.0, 0.0});
  expect_near(expectile_mse(value, target, 0.9), 1.85, kDoubleTolerance);
  expect_near(expectile_mse(value, target, 0.5), 1.25, kDoubleTolerance);  // half the mean square
}

TEST(ExpectileMse, GradientMatchesFiniteDifferencesAndStopsAtTheTarget) {
  const auto value = numbers({6}, 1), target = numbers({6}, 2);
  expect_gradient_matches([&](const at::Tensor& x) { return expectile_mse(x, target, 0.8); }, value);
  expect_no_gradient([&](const at::Tensor& x) { return expectile_mse(value, x, 0.8); }, target);
}

TEST(ExpectileMse, NamesABadArgument) {
  expect_throws<ShapeError>([] { expectile_mse(at::ones({3}), at::ones({2}), 0.9); },
                            "target: want float [3], got float [2]");
  expect_throws<ShapeError>([] { expectile_mse(at::ones({3, 1}), at::ones({3}), 0.9); }, "value: want float [N]");
  expect_throws<ValueError>([] { expectile_mse(at::ones({3}), at::ones({3}), 0.0); }, "expectile: want > 0, got 0");
  expect_throws<ValueError>([] { expectile_mse(at::ones({3}), at::ones({3}), 1.0); }, "1 - expectile: want > 0, got 0");
}

}  // namespace
}  // namespace onramp::losses
