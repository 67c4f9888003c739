#include "onramp/losses/bc.h"

#include <limits>

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

// {-1, 3, .} and {-5, ., .}: -(-1 + 3 - 5) / 3. What is not there may be anything.
TEST(BcNllOfSequences, CountsEachStepThatIsThereAlike) {
  const double anything = -std::numeric_limits<double>::infinity();
  const auto log_prob = rows({{-1.0, 3.0, anything}, {-5.0, anything, 1e9}});
  expect_near(bc_nll(log_prob, rows({{1, 1, 0}, {1, 0, 0}})), 1.0, kDoubleTolerance);
  expect_near(bc_nll(rows({{2.0}}), rows({{1}})), -2.0, kDoubleTolerance);  // B = T = 1
}

TEST(BcNllOfSequences, IsTheOneOfTransitionsWhereNothingIsMissing) {
  const auto log_prob = numbers({4, 3}, 1);
  expect_close(bc_nll(log_prob, at::ones({4, 3}, at::kDouble)), bc_nll(log_prob.reshape({12})), kDoubleTolerance);
}

TEST(BcNllOfSequences, GradientMatchesFiniteDifferencesAndStopsAtWhatIsMissing) {
  const auto mask = rows({{1, 1, 0}, {1, 0, 0}});
  const auto loss = [&](const at::Tensor& x) { return bc_nll(x * x, mask); };
  const auto x = numbers({2, 3}, 1);
  expect_gradient_matches(loss, x);
  const auto gradient = gradient_of(loss, x);
  EXPECT_TRUE(at::equal(gradient.ne(0), mask.ne(0))) << gradient;
  expect_no_gradient([&](const at::Tensor& m) { return bc_nll(x, m); }, mask);
}

TEST(BcNllOfSequences, NamesAMisshapenArgument) {
  expect_throws<ShapeError>([] { bc_nll(at::ones({3}), at::ones({3})); }, "log_prob: want float [B, T], got float [3]");
  expect_throws<ShapeError>(
      [] {
        bc_nll(at::ones({3, 2}), at::ones({2, 3}));
      },
      "mask: want float [3, 2], got float [2, 3]");
}

}  // namespace
}  // namespace onramp::losses
