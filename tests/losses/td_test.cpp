#include "onramp/losses/td.h"

#include "loss_testing.h"

namespace onramp::losses {
namespace {

using namespace onramp::test;

TEST(TdTarget, MatchesValuesWorkedByHand) {
  const auto y = td_target(at::tensor({1.0, 0.5, -2.0}), at::tensor({0.9, 0.0, 0.5}), at::tensor({10.0, 7.0, -4.0}));
  // 1 + 0.9 * 10;  0.5 (terminal);  -2 + 0.5 * -4
  expect_close(y, at::tensor({10.0, 0.5, -4.0}), kDoubleTolerance);
}

TEST(TdTarget, LetsNoGradientThrough) {
  const auto next = at::ones({2}).requires_grad_();
  EXPECT_FALSE(td_target(at::ones({2}), at::ones({2}), next).requires_grad());
}

TEST(TdTarget, NamesAMisshapenArgument) {
  expect_throws<ShapeError>([] { td_target(at::ones({3}), at::ones({2}), at::ones({3})); },
                            "discount: want float [3], got float [2]");
  expect_throws<ShapeError>(
      [] {
        td_target(at::ones({3}), at::ones({3}), at::ones({1, 3}));
      },
      "next_value: want float [3], got float [1, 3]");
  expect_throws<ShapeError>(
      [] {
        td_target(at::ones({3, 1}), at::ones({3}), at::ones({3}));
      },
      "reward: want float [N]");
}

TEST(HalfTdMse, MatchesValuesWorkedByHandForEachEnsembleSize) {
  // errors {1, -2} and {3, 0}: squares 1, 4, 9, 0
  const auto one = rows({{3.0, 1.0}}), two = rows({{3.0, 1.0}, {5.0, 3.0}}), y = at::tensor({2.0, 3.0});
  expect_near(half_td_mse(one, y), 1.25, kDoubleTolerance);                 // 0.5 * 5 / 2
  expect_near(half_td_mse(two, y), 1.75, kDoubleTolerance);                 // 0.5 * 14 / 4
  expect_near(half_td_mse(two.repeat({5, 1}), y), 1.75, kDoubleTolerance);  // E = 10: the mean over members
}

TEST(HalfTdMse, GradientMatchesFiniteDifferencesAndStopsAtTheTarget) {
  const auto q = numbers({2, 3}, 1), y = numbers({3}, 2);
  expect_gradient_matches([&](const at::Tensor& x) { return half_td_mse(x, y); }, q);
  expect_no_gradient([&](const at::Tensor& x) { return half_td_mse(q, x); }, y);
}

TEST(HalfTdMse, NamesAMisshapenArgument) {
  expect_throws<ShapeError>([] { half_td_mse(at::ones({3}), at::ones({3})); }, "q: want float [N, N], got float [3]");
  expect_throws<ShapeError>(
      [] {
        half_td_mse(at::ones({2, 3}), at::ones({2}));
      },
      "target: want float [3], got float [2]");
}

// REDQ's target: the least of a random subset of the members, here those of the reference case.
TEST(TdTarget, OverTheLeastOfASubsetMatchesReference) {
  const auto entry = golden_case("q2rl", "redq_target");
  for (const auto dtype : {at::kDouble, at::kFloat}) {
    const GoldenInputs in(entry, dtype);
    const auto next_q = in["next_q"].index_select(0, in["subset"].to(at::kLong)).amin(0);  // [B]
    expect_close(td_target(in["reward"], in["discount"], next_q), tensor_of(entry["out"]["value"]),
                 tolerance_of(dtype));
  }
}

TEST(TdMse, MatchesValuesWorkedByHandForEachEnsembleSize) {
  // errors {1, -2} and {3, 0}: squares 1, 4, 9, 0
  const auto one = rows({{3.0, 1.0}}), two = rows({{3.0, 1.0}, {5.0, 3.0}}), y = at::tensor({2.0, 3.0});
  expect_near(td_mse(one, y), 2.5, kDoubleTolerance);                 // 5 / 2
  expect_near(td_mse(two, y), 3.5, kDoubleTolerance);                 // 14 / 4
  expect_near(td_mse(two.repeat({5, 1}), y), 3.5, kDoubleTolerance);  // E = 10: the mean over members
}

TEST(TdMse, GradientMatchesFiniteDifferencesAndStopsAtTheTarget) {
  const auto q = numbers({2, 3}, 1), y = numbers({3}, 2);
  expect_gradient_matches([&](const at::Tensor& x) { return td_mse(x, y); }, q);
  expect_no_gradient([&](const at::Tensor& x) { return td_mse(q, x); }, y);
}

TEST(TdMse, NamesAMisshapenArgument) {
  expect_throws<ShapeError>([] { td_mse(at::ones({3}), at::ones({3})); }, "q: want float [N, N], got float [3]");
  expect_throws<ShapeError>([] { td_mse(at::ones({2, 3}), at::ones({2})); }, "target: want float [3], got float [2]");
}

}  // namespace
}  // namespace onramp::losses
