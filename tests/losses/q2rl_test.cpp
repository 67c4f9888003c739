#include "onramp/losses/q2rl.h"

#include <limits>

#include "loss_testing.h"
#include "onramp/losses/sac.h"

namespace onramp::losses {
namespace {

using namespace onramp::test;

class Q2rlGolden : public ::testing::TestWithParam<at::ScalarType> {};
INSTANTIATE_TEST_SUITE_P(Precisions, Q2rlGolden, ::testing::Values(at::kDouble, at::kFloat),
                         [](const auto& p) { return std::string(p.param == at::kDouble ? "Double" : "Single"); });

TEST_P(Q2rlGolden, EstimatedQ) {
  const auto entry = golden_case("q2rl", "q_bc");
  const GoldenInputs in(entry, GetParam());
  expect_close(estimated_q(in["v"], in["log_prob"], in["entropy"], 1.0), tensor_of(entry["out"]["value"]),
               tolerance_of(GetParam()));
}

TEST_P(Q2rlGolden, Gate) {
  const auto entry = golden_case("q2rl", "gate");
  const GoldenInputs in(entry, GetParam());
  EXPECT_TRUE(at::equal(q_gate(in["q_bc"], in["q_rl"]), tensor_of(entry["out"]["take_bc"])));
}

TEST_P(Q2rlGolden, SoftGate) {
  const auto entry = golden_case("q2rl", "ibrl_soft");
  const GoldenInputs in(entry, GetParam());
  expect_close(soft_q_gate(in["q_bc"], in["q_rl"], 10.0), tensor_of(entry["out"]["p_bc"]), tolerance_of(GetParam()));
}

TEST_P(Q2rlGolden, Actor) {
  const auto entry = golden_case("q2rl", "actor_loss");
  const GoldenInputs in(entry, GetParam());
  const auto min_q = in["min_q"];
  const auto policy_loss = sac_actor(min_q, at::zeros_like(min_q), at::zeros({}, min_q.options()));  // without entropy
  expect_near(bc_regularized_actor(policy_loss, in["log_prob_bc"], 0.3), entry["out"]["value"],
              tolerance_of(GetParam()));
}

TEST(ValueMse, MatchesValuesWorkedByHand) {
  // errors 1, -2, 0
  expect_near(value_mse(at::tensor({2.0, 0.0, 5.0}), at::tensor({1.0, 2.0, 5.0})), 5.0 / 3, kDoubleTolerance);
}

TEST(ValueMse, GradientMatchesFiniteDifferencesAndStopsAtTheReturn) {
  const auto v = numbers({4}, 1), g = numbers({4}, 2);
  expect_gradient_matches([&](const at::Tensor& x) { return value_mse(x, g); }, v);
  expect_no_gradient([&](const at::Tensor& x) { return value_mse(v, x); }, g);
}

TEST(ValueMse, NamesAMisshapenArgument) {
  expect_throws<ShapeError>([] { value_mse(at::ones({3, 1}), at::ones({3})); }, "value: want float [N]");
  expect_throws<ShapeError>([] { value_mse(at::ones({3}), at::ones({3, 1})); }, "mc_return: want float [3]");
}

TEST(EstimatedQ, MatchesValuesWorkedByHand) {
  const auto v = at::tensor({1.0, -2.0}), log_prob = at::tensor({-3.0, 2.0}), entropy = at::tensor({4.0, -1.0});
  expect_close(estimated_q(v, log_prob, entropy, 1.0), at::tensor({2.0, -1.0}), kDoubleTolerance);  // 1 - 3 + 4
  expect_close(estimated_q(v, log_prob, entropy, 0.5), at::tensor({1.5, -1.5}), kDoubleTolerance);  // 1 + 0.5 * 1
  expect_close(estimated_q(v, log_prob, entropy, 0.0), v, kDoubleTolerance);                        // V alone
}

// Of a Gaussian in A = 2 dimensions at its mode: log pi + H = A / 2, whatever its deviations are. So a cloned policy that acts
// by its mode tells Q_RL nothing about actions.
TEST(EstimatedQ, AtAGaussiansModeIsTheValueAndAConstant) {
  const double half_log_two_pi = 0.9189385332046727;
  const auto log_std = at::tensor({-1.0, 0.5, 2.0});  // summed over both dimensions
  const auto log_prob = -log_std - 2 * half_log_two_pi, entropy = log_std + 2 * (half_log_two_pi + 0.5);
  expect_close(estimated_q(at::zeros({3}, at::kDouble), log_prob, entropy, 1.0), at::ones({3}, at::kDouble),
               kDoubleTolerance);
}

TEST(EstimatedQ, LetsNoGradientThrough) {
  const auto x = at::ones({2}).requires_grad_();
  EXPECT_FALSE(estimated_q(x, x, x, 1.0).requires_grad());
}

TEST(EstimatedQ, NamesAMisshapenArgument) {
  const auto x = at::ones({3});
  expect_throws<ShapeError>([&] { estimated_q(at::ones({3, 1}), x, x, 1.0); }, "value: want float [N]");
  expect_throws<ShapeError>([&] { estimated_q(x, at::ones({2}), x, 1.0); }, "log_prob: want float [3], got float [2]");
  expect_throws<ShapeError>([&] { estimated_q(x, x, at::ones({1}), 1.0); }, "entropy: want float [3], got float [1]");
  expect_throws<ValueError>([&] { estimated_q(x, x, x, -1.0); }, "alpha: want >= 0, got -1");
}

TEST(QGate, TakesTheClonedActionOnlyWhereItIsWorthMore) {
  const auto nan = std::numeric_limits<double>::quiet_NaN();
  const auto taken = q_gate(at::tensor({1.0, 2.0, 3.0, nan}), at::tensor({0.9, 2.0, 3.1, 0.0}));
  EXPECT_TRUE(at::equal(taken, at::tensor({1, 0, 0, 0}).to(at::kBool)));  // equal values: the learned policy's
}

TEST(QGate, NamesAMisshapenArgument) {
  expect_throws<ShapeError>([] { q_gate(at::ones({2, 3}), at::ones({3})); }, "q_bc: want float [N]");
  expect_throws<ShapeError>([] { q_gate(at::ones({3}), at::ones({2})); }, "q_rl: want float [3], got float [2]");
}

// Odds are exp(beta (q_bc - q_rl)): log(3) / 10 = 0.1098612 apart at beta 10 they are 3, 1 and 1/3; at beta 20 they are 9.
TEST(SoftQGate, MatchesValuesWorkedByHand) {
  const auto q_bc = at::tensor({1.1098612289, 1.0, -0.1098612289}), q_rl = at::tensor({1.0, 1.0, 0.0});
  expect_close(soft_q_gate(q_bc, q_rl, 10.0), at::tensor({0.75, 0.5, 0.25}), kDoubleTolerance);
  expect_close(soft_q_gate(q_bc, q_rl, 20.0), at::tensor({0.9, 0.5, 0.1}), kDoubleTolerance);
}

// 10^4 apart exp overflows; the draw is certain all the same.
TEST(SoftQGate, IsTheHardOneWhereTheValuesAreFarApart) {
  const auto q_bc = at::tensor({1e4, -1e4}), q_rl = at::tensor({0.0, 0.0});
  expect_close(soft_q_gate(q_bc, q_rl, 10.0), at::tensor({1.0, 0.0}), kDoubleTolerance);
}

TEST(SoftQGate, LetsNoGradientThrough) {
  const auto x = at::ones({2}).requires_grad_();
  EXPECT_FALSE(soft_q_gate(x, x, 10.0).requires_grad());
}

TEST(SoftQGate, NamesAMisshapenArgument) {
  expect_throws<ShapeError>([] { soft_q_gate(at::ones({2, 3}), at::ones({3}), 10.0); }, "q_bc: want float [N]");
  expect_throws<ShapeError>([] { soft_q_gate(at::ones({3}), at::ones({2}), 10.0); },
                            "q_rl: want float [3], got float [2]");
  expect_throws<ValueError>([] { soft_q_gate(at::ones({3}), at::ones({3}), 0.0); }, "beta: want > 0, got 0");
}

TEST(BcRegularizedActor, MatchesValuesWorkedByHand) {
  const auto policy_loss = at::scalar_tensor(4.0, at::kDouble), log_prob = at::tensor({-1.0, 3.0});
  expect_near(bc_regularized_actor(policy_loss, log_prob, 0.25), 2.75, kDoubleTolerance);  // 0.75 * 4 - 0.25 * 1
  expect_near(bc_regularized_actor(policy_loss, log_prob, 0.0), 4.0, kDoubleTolerance);    // no cloning
  expect_near(bc_regularized_actor(policy_loss, log_prob, 1.0), -1.0, kDoubleTolerance);   // nothing else
}

TEST(BcRegularizedActor, GradientMatchesFiniteDifferences) {
  const auto policy_loss = at::scalar_tensor(0.7, at::kDouble), log_prob = numbers({3}, 1);
  expect_gradient_matches([&](const at::Tensor& x) { return bc_regularized_actor(x * x, log_prob, 0.3); }, policy_loss);
  expect_gradient_matches([&](const at::Tensor& x) { return bc_regularized_actor(policy_loss, x * x, 0.3); }, log_prob);
}

TEST(BcRegularizedActor, NamesAMisshapenArgument) {
  expect_throws<ShapeError>([] { bc_regularized_actor(at::ones({1}), at::ones({3}), 0.3); },
                            "policy_loss: want float []");
  expect_throws<ShapeError>(
      [] {
        bc_regularized_actor(at::ones({}), at::ones({3, 1}), 0.3);
      },
      "log_prob_bc: want float [N]");
  expect_throws<ValueError>([] { bc_regularized_actor(at::ones({}), at::ones({3}), 1.5); }, "weight: want");
}

}  // namespace
}  // namespace onramp::losses
