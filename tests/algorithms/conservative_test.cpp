// CQL(H) on policies of s and s' that differ: whose actions, which densities, what sum.
#include "onramp/algorithms/conservative.h"

#include <cmath>
#include <vector>

#include "learner_testing.h"

namespace onramp {
namespace {

using namespace onramp::test;

constexpr int64_t kN = 4000;

ConservativeConfig standard(bool importance = true) {
  ConservativeConfig config;
  config.cql = CqlForm::kStandard;
  config.importance = importance;
  config.num_action_samples = kN;
  return config;
}

/// Before the tanh: N(0.5, 0.2) and N(-0.3, 0.4) at s, N(-0.8, 0.5) and N(0.1, 0.1) at s'.
struct Policies {
  SquashedGaussian current{rows({{0.5F, -0.3F}}), rows({{0.2F, 0.4F}}).log()};
  SquashedGaussian next{rows({{-0.8F, 0.1F}}), rows({{0.5F, 0.1F}}).log()};
};

/// log N(u; mean, std) - log(1 - tanh(u)^2), summed over two dimensions; in double from the action alone.
at::Tensor log_density(const at::Tensor& action, const std::vector<double>& mean, const std::vector<double>& std) {
  const auto a = action.to(at::kDouble), u = a.atanh();
  at::Tensor sum = at::zeros({a.size(0)}, at::kDouble);
  for (int64_t d = 0; d < 2; ++d) {
    const auto i = static_cast<size_t>(d);
    const auto z = (u.select(1, d) - mean[i]) / std[i];
    sum = sum - 0.5 * z.square() - std::log(std[i]) - 0.5 * std::log(2 * M_PI) - (1 - a.select(1, d).square()).log();
  }
  return sum;
}

TEST(ConservativeActions, OfTheStandardFormAreUniformThenOfBothPolicies) {
  auto rng = generator_of(1);
  const Policies pi;
  const auto sampled = conservative_actions(standard(), pi.current, pi.next, rng);
  ASSERT_EQ(sampled.action.sizes(), (std::vector<int64_t>{1, 3 * kN, 2}));
  const auto thirds = sampled.action[0].split(kN);
  const auto expect_moments = [](const at::Tensor& x, double mean, double std) {
    EXPECT_NEAR(x.mean().item<double>(), mean, 5 * std / std::sqrt(double(kN)));
    EXPECT_NEAR(x.std().item<double>(), std, 5 * std / std::sqrt(2.0 * double(kN)));
  };
  for (int64_t d = 0; d < 2; ++d) expect_moments(thirds[0].select(1, d), 0, 1 / std::sqrt(3.0));
  EXPECT_LE(thirds[0].abs().max().item<double>(), 1.0);
  expect_moments(thirds[1].select(1, 0).atanh(), 0.5, 0.2);
  expect_moments(thirds[1].select(1, 1).atanh(), -0.3, 0.4);
  expect_moments(thirds[2].select(1, 0).atanh(), -0.8, 0.5);
  expect_moments(thirds[2].select(1, 1).atanh(), 0.1, 0.1);
}

TEST(ConservativeActions, CarryTheDensityOfThePolicyThatDrewThem) {
  auto rng = generator_of(2);
  const Policies pi;
  const auto sampled = conservative_actions(standard(), pi.current, pi.next, rng);
  const auto thirds = sampled.action[0].split(kN);
  const auto expect_same = [](const at::Tensor& got, const at::Tensor& want) {
    EXPECT_LE((got - want).abs().max().item<double>(), 1e-4);  // atanh of a float32 near 1
  };
  expect_same(sampled.log_prob_current[0], log_density(thirds[1], {0.5, -0.3}, {0.2, 0.4}));
  expect_same(sampled.log_prob_next[0], log_density(thirds[2], {-0.8, 0.1}, {0.5, 0.1}));
  EXPECT_FALSE(sampled.action.requires_grad() || sampled.log_prob_current.requires_grad());
}

// One action of each kind: values 1, 2, 3 and log-densities -A log 2, 0.5, -0.25; the data's value is 1.5.
//   log(e^(1 + log 2) + e^(2 - 0.5) + e^(3 + 0.25)) - 1.5 = log(5.436564 + 4.481689 + 25.790340) - 1.5
//   log((e^1 + e^2 + e^3 + e^1.5) / 4) - 1.5                = log(34.674564 / 4) - 1.5
// A second member has values and data 1 higher: the same term.
TEST(ConservativeTerm, OfTheStandardFormByHand) {
  const ConservativeActions sampled{
      .action = at::zeros({1, 3, 1}), .log_prob_current = rows({{0.5F}}), .log_prob_next = rows({{-0.25F}})};
  const auto q = at::stack({rows({{1, 2, 3}}), rows({{2, 3, 4}})}), data = rows({{1.5F}, {2.5F}});  // [2, 1, 3], [2, 1]
  const auto term = [&](bool importance) {
    return conservative_term(standard(importance), at::zeros({1, 1}), sampled, data, q).item<double>();
  };
  EXPECT_NEAR(term(true), 2.0753914, 1e-6);
  EXPECT_NEAR(term(false), 0.6597120, 1e-6);
}

}  // namespace
}  // namespace onramp
