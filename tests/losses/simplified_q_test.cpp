#include "onramp/losses/simplified_q.h"

#include "loss_testing.h"
#include "onramp/losses/td.h"

namespace onramp::losses {
namespace {

using namespace onramp::test;

class SimplifiedQGolden : public ::testing::TestWithParam<at::ScalarType> {};
INSTANTIATE_TEST_SUITE_P(Precisions, SimplifiedQGolden, ::testing::Values(at::kDouble, at::kFloat),
                         [](const auto& p) { return std::string(p.param == at::kDouble ? "Double" : "Single"); });

TEST_P(SimplifiedQGolden, Penalty) {
  const auto entry = golden_case("simplified_q", "penalty");
  const GoldenInputs in(entry, GetParam());
  const auto f = [&](const at::Tensor& q) { return distance_penalty(in["action"], in["sampled"], q.unsqueeze(0)); };
  expect_near(f(in["q_sampled"]), entry["out"]["value"], tolerance_of(GetParam()));
  expect_close(gradient_of(f, in["q_sampled"]), tensor_of(entry["grad"]["q_sampled"]), 1e-5);
}

TEST_P(SimplifiedQGolden, LatentRegularizer) {
  const auto entry = golden_case("simplified_q", "latent_regulariser");
  const GoldenInputs in(entry, GetParam());
  const auto f = [](const at::Tensor& u, const at::Tensor& pi) {
    return latent_regularizer(u.unsqueeze(0), pi.unsqueeze(0));
  };
  expect_near(f(in["phi_u"], in["phi_pi"]), entry["out"]["value"], tolerance_of(GetParam()));
  expect_close(gradient_of([&](const at::Tensor& x) { return f(x, in["phi_pi"]); }, in["phi_u"]),
               tensor_of(entry["grad"]["phi_u"]), 1e-5);
  expect_close(gradient_of([&](const at::Tensor& x) { return f(in["phi_u"], x); }, in["phi_pi"]),
               tensor_of(entry["grad"]["phi_pi"]), 1e-5);
}

TEST_P(SimplifiedQGolden, CriticLoss) {
  const auto entry = golden_case("simplified_q", "critic_loss");
  const GoldenInputs in(entry, GetParam());
  const auto loss = simplified_q_critic(half_td_mse(in["q"].unsqueeze(0), in["y"]),
                                        distance_penalty(in["action"], in["sampled"], in["q_sampled"].unsqueeze(0)),
                                        latent_regularizer(in["phi_u"].unsqueeze(0), in["phi_pi"].unsqueeze(0)),
                                        /*alpha=*/1.0, /*beta=*/0.2);
  expect_near(loss.total, entry["out"]["value"], tolerance_of(GetParam()));
}

// B = 1, N = 2: distances 0 and 2, weights 0 and 1 - e^-2 = 0.8646647
const auto kAction = rows({{1.0, 0.0}});
const auto kSampled = at::tensor({1.0, 0.0, -1.0, 0.0}).reshape({1, 2, 2});

TEST(DistancePenalty, MatchesValuesWorkedByHandForEachEnsembleSize) {
  const auto q = at::tensor({5.0, 3.0}).reshape({1, 1, 2});
  // (0 * 5 + 0.8646647 * 3) / 2
  expect_near(distance_penalty(kAction, kSampled, q), 1.2969970751, kDoubleTolerance);
  for (const int64_t E : {2, 10}) {
    expect_near(distance_penalty(kAction, kSampled, q.repeat({E, 1, 1})), 1.2969970751, kDoubleTolerance);
  }
  // A second member whose values are {7, 1}: (2.5939941503 + 0.8646647168) / 4
  const auto two = at::cat({q, at::tensor({7.0, 1.0}).reshape({1, 1, 2})});
  expect_near(distance_penalty(kAction, kSampled, two), 0.8646647168, kDoubleTolerance);
}

TEST(DistancePenalty, LeavesTheDataActionAlone) {
  const auto f = [](const at::Tensor& q) { return distance_penalty(kAction, kSampled, q); };
  expect_close(gradient_of(f, at::tensor({5.0, 3.0}).reshape({1, 1, 2})),
               at::tensor({0.0, 0.4323323584}).reshape({1, 1, 2}), kDoubleTolerance);
}

TEST(DistancePenalty, GradientMatchesFiniteDifferencesAndStopsAtActions) {
  const auto action = numbers({3, 2}, 1).tanh(), sampled = numbers({3, 4, 2}, 2).tanh(), q = numbers({2, 3, 4}, 3);
  expect_gradient_matches([&](const at::Tensor& x) { return distance_penalty(action, sampled, x); }, q);
  expect_no_gradient([&](const at::Tensor& x) { return distance_penalty(action, x, q); }, sampled);
  expect_no_gradient([&](const at::Tensor& x) { return distance_penalty(x, sampled, q); }, action);
}

TEST(DistancePenalty, OneSampleAtTheDataActionCostsNothing) {
  expect_near(distance_penalty(kAction, kAction.unsqueeze(1), at::full({1, 1, 1}, 100.0)), 0.0, kDoubleTolerance);
}

TEST(DistancePenalty, NamesAMisshapenArgument) {
  const auto q = at::ones({1, 3, 4});
  expect_throws<ShapeError>(
      [&] {
        distance_penalty(at::ones({3}), at::ones({3, 4, 2}), q);
      },
      "action: want float [N, N], got float [3]");
  expect_throws<ShapeError>(
      [&] {
        distance_penalty(at::ones({3, 2}), at::ones({4, 3, 2}), q);
      },
      "sampled: want float [3, N, 2], got float [4, 3, 2]");
  expect_throws<ShapeError>(
      [&] {
        distance_penalty(at::ones({3, 2}), at::ones({3, 4, 2}), at::ones({3, 4}));
      },
      "q_sampled: want float [N, 3, 4], got float [3, 4]");
}

TEST(UniformPenalty, IsTheMeanAndHasItsGradient) {
  const auto q = at::tensor({1.0, 2.0, 3.0, 6.0}).reshape({2, 1, 2});
  expect_near(uniform_penalty(q), 3.0, kDoubleTolerance);
  expect_close(gradient_of(uniform_penalty, q), at::full({2, 1, 2}, 0.25, at::kDouble), kDoubleTolerance);
  expect_near(uniform_penalty(at::full({1, 1, 1}, 4.0)), 4.0, kDoubleTolerance);
  expect_throws<ShapeError>(
      [] {
        uniform_penalty(at::ones({3, 4}));
      },
      "q_sampled: want float [N, N, N], got float [3, 4]");
}

TEST(UniformPenalty, GradientMatchesFiniteDifferences) {
  expect_gradient_matches(uniform_penalty, numbers({2, 3, 4}, 1));
}

TEST(LatentRegularizer, MatchesValuesWorkedByHand) {
  // dot products 1*3 + 2*(-1) = 1 and 0*1 + 2*2 = 4: (1 + 16) / 2
  const auto u = at::tensor({1.0, 2.0, 0.0, 2.0}).reshape({1, 2, 2}),
             pi = at::tensor({3.0, -1.0, 1.0, 2.0}).reshape({1, 2, 2});
  expect_near(latent_regularizer(u, pi), 8.5, kDoubleTolerance);
  for (const int64_t E : {2, 10}) {
    expect_near(latent_regularizer(u.repeat({E, 1, 1}), pi.repeat({E, 1, 1})), 8.5, kDoubleTolerance);
  }
}

// Members differ: each is compared with itself alone.
TEST(LatentRegularizer, AgreesWithASlowLoopOverTwoDifferentMembers) {
  constexpr int64_t E = 2, B = 3, F = 4;
  const auto u = numbers({E, B, F}, 1), pi = numbers({E, B, F}, 2);
  double sum = 0.0;
  for (int64_t e = 0; e < E; ++e) {
    for (int64_t b = 0; b < B; ++b) {
      double dot = 0.0;
      for (int64_t f = 0; f < F; ++f) dot += u[e][b][f].item<double>() * pi[e][b][f].item<double>();
      sum += dot * dot;
    }
  }
  expect_near(latent_regularizer(u, pi), sum / (E * B), kDoubleTolerance);
}

TEST(LatentRegularizer, OrthogonalRepresentationsCostNothing) {
  expect_near(latent_regularizer(at::tensor({1.0, 0.0}).reshape({1, 1, 2}), at::tensor({0.0, 5.0}).reshape({1, 1, 2})),
              0.0, kDoubleTolerance);
}

TEST(LatentRegularizer, GradientOfBothSidesMatchesFiniteDifferences) {
  const auto u = numbers({2, 3, 4}, 1), pi = numbers({2, 3, 4}, 2);
  expect_gradient_matches([&](const at::Tensor& x) { return latent_regularizer(x, pi); }, u);
  expect_gradient_matches([&](const at::Tensor& x) { return latent_regularizer(u, x); }, pi);
}

TEST(LatentRegularizer, NamesAMisshapenArgument) {
  expect_throws<ShapeError>(
      [] {
        latent_regularizer(at::ones({3, 4}), at::ones({3, 4}));
      },
      "phi_u: want float [N, N, N], got float [3, 4]");
  expect_throws<ShapeError>(
      [] {
        latent_regularizer(at::ones({1, 3, 4}), at::ones({1, 4, 3}));
      },
      "phi_pi: want float [1, 3, 4], got float [1, 4, 3]");
}

TEST(SimplifiedQCritic, WeighsEachTermByItsOwnFactor) {
  const auto term = [](double x) { return at::scalar_tensor(x, at::kDouble); };
  const auto loss = simplified_q_critic(term(1), term(10), term(100), /*alpha=*/2.0, /*beta=*/0.3);
  expect_near(loss.total, 51.0, kDoubleTolerance);  // 1 + 2 * 10 + 0.3 * 100
  expect_near(simplified_q_critic(term(1), term(10), term(100), 0, 0).total, 1.0, kDoubleTolerance);
}

TEST(SimplifiedQCritic, GradientOfEachTermIsItsFactor) {
  const auto at_one = at::scalar_tensor(1.0, at::kDouble), other = at::scalar_tensor(3.0, at::kDouble);
  const auto expect_slope = [&](const std::function<at::Tensor(const at::Tensor&)>& f, double slope) {
    expect_near(gradient_of(f, at_one), slope, kDoubleTolerance);
  };
  expect_slope([&](const at::Tensor& x) { return simplified_q_critic(x, other, other, 0.7, 0.3).total; }, 1.0);
  expect_slope([&](const at::Tensor& x) { return simplified_q_critic(other, x, other, 0.7, 0.3).total; }, 0.7);
  expect_slope([&](const at::Tensor& x) { return simplified_q_critic(other, other, x, 0.7, 0.3).total; }, 0.3);
}

// As the critic is trained: the same values enter the error and the penalty.
TEST(SimplifiedQCritic, GradientMatchesFiniteDifferencesInValuesAndRepresentations) {
  const auto action = numbers({3, 2}, 1).tanh(), sampled = numbers({3, 4, 2}, 2).tanh(), y = numbers({3}, 3);
  const auto q = numbers({2, 3, 1 + 4}, 4), phi = numbers({2, 3, 2, 5}, 5);  // [E, B, 1 + N], [E, B, 2, F]
  const auto total = [&](const at::Tensor& values, const at::Tensor& features) {
    return simplified_q_critic(half_td_mse(values.select(-1, 0), y),
                               distance_penalty(action, sampled, values.narrow(-1, 1, 4)),
                               latent_regularizer(features.select(2, 0), features.select(2, 1)), /*alpha=*/0.7,
                               /*beta=*/0.3)
        .total;
  };
  expect_gradient_matches([&](const at::Tensor& x) { return total(x, phi); }, q);
  expect_gradient_matches([&](const at::Tensor& x) { return total(q, x); }, phi);
}

TEST(SimplifiedQCritic, RefusesNegativeWeightsAndUnreducedTerms) {
  const auto zero = at::scalar_tensor(0.0);
  expect_throws<ValueError>([&] { simplified_q_critic(zero, zero, zero, -1, 0); }, "alpha: want >= 0, got -1");
  expect_throws<ValueError>([&] { simplified_q_critic(zero, zero, zero, 0, -2); }, "beta: want >= 0, got -2");
  expect_throws<ShapeError>([&] { simplified_q_critic(at::ones({2}), zero, zero, 0, 0); }, "td: want float []");
  expect_throws<ShapeError>([&] { simplified_q_critic(zero, at::ones({2}), zero, 0, 0); }, "penalty: want float []");
  expect_throws<ShapeError>([&] { simplified_q_critic(zero, zero, at::ones({2}), 0, 0); },
                            "regularizer: want float []");
}

}  // namespace
}  // namespace onramp::losses
