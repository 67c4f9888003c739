#include "onramp/losses/bc.h"

#include "loss_testing.h"

namespace onramp::losses {
namespace {

using namespace onramp::test;

TEST(BcMse, SumsOverActionsAndAveragesOverTheBatch) {
  // squares {1 + 4} and {0 + 9}: (5 + 9) / 2
  expect_near(bc_mse(rows({{1.0, 2.0}, {0.0, 3.0}}), rows({{0.0, 0.0}, {0.0, 0.0}})), 7.0, kDoubleTolerance);
  expect_near(bc_mse(rows({{0.5}}), rows({{0.5}})), 0.0, kDoubleTolerance);  // B = A = 1
}

TEST(BcMse, GradientMatchesFiniteDifferencesAndStopsAtTheData) {
  const auto predicted = numbers({3, 2}, 1), action = numbers({3, 2}, 2);
  expect_gradient_matches([&](const at::Tensor& x) { return bc_mse(x, action); }, predicted);
  expect_no_gradient([&](const at::Tensor& x) { return bc_mse(predicted, x); }, action);
}

TEST(BcMse, NamesAMisshapenArgument) {
  expect_throws<ShapeError>([] { bc_mse(at::ones({3}), at::ones({3})); },
                            "predicted: want float [N, N], got float [3]");
  expect_throws<ShapeError>(
      [] {
        bc_mse(at::ones({3, 2}), at::ones({2, 3}));
      },
      "action: want float [3, 2], got float [2, 3]");
}

TEST(BcNll, IsTheNegativeMean) {
  expect_near(bc_nll(at::tensor({-1.0, 3.0, -5.0})), 1.0, kDoubleTolerance);  // -(-3) / 3
  expect_near(bc_nll(at::tensor({2.0})), -2.0, kDoubleTolerance);             // a density may exceed 1
}

TEST(BcNll, GradientMatchesFiniteDifferences) {
  expect_gradient_matches([](const at::Tensor& x) { return bc_nll(x * x); }, numbers({4}, 1));
}

TEST(BcNll, NamesAMisshapenArgument) {
  expect_throws<ShapeError>([] { bc_nll(at::ones({3, 2})); }, "log_prob: want float [N], got float [3, 2]");
}

}  // namespace
}  // namespace onramp::losses
