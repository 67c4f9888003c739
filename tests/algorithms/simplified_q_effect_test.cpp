// The paper's claim in small (fig. 5): without a target network the regulariser alone keeps latent representations apart and
// Q-values below what can be had; without it the same run overestimates.
#include "simplified_q_testing.h"

namespace onramp {
namespace {

using namespace onramp::test;

constexpr double kBestReturn = 1.0;

struct Outcome {
  double similarity;  // mean |Phi(s, a) . Phi(s', a')| over pairs of the data (fig. 5a)
  double value;       // largest Q(s, a) over the data (fig. 5b)
};

Outcome offline_run(double alpha, double beta, uint64_t seed) {
  SimplifiedQConfig config;
  config.alpha = alpha;
  config.beta = beta;
  config.temperature = 0.0;
  config.num_action_samples = 4;
  config.critic.mlp.hidden = {64, 64};
  config.actor.mlp.hidden = {32, 32};
  config.optimizer.learning_rate = 1e-3;
  config.input.normalize = false;
  SimplifiedQ agent(config, state_context(2, 2, seed));
  const auto data = circle_demonstrations(seed);
  for (uint64_t k = 0; k < 300; ++k) agent.update({{"batch", rows_of(data, 64, 1000 * seed + k)}});
  const auto out = agent.evaluate(data.obs, data.action);
  const auto phi = out.latent[0];  // [M, F]
  const auto dots = at::mm(phi, phi.t()).abs().fill_diagonal_(0);
  const auto M = static_cast<double>(data.size());
  return {.similarity = dots.sum().item<double>() / (M * (M - 1)), .value = out.q.max().item<double>()};
}

// The regulariser on its own: values stay below the best return, and explode without it.
TEST(SimplifiedQEffect, AloneItKeepsValuesRealizableWhereTheyExplodeWithoutIt) {
  for (uint64_t seed = test_seed(); seed < test_seed() + 3; ++seed) {
    const auto with = offline_run(/*alpha=*/0.0, /*beta=*/0.2, seed), without = offline_run(0.0, 0.0, seed);
    expect_below("alone: largest value with", with.value, 1.2 * kBestReturn);
    expect_below("alone: best return / largest value without", kBestReturn / without.value, 0.1);
    expect_below("alone: similarity, with / without", with.similarity / without.similarity, 0.01);
  }
}

// The paper's objective, penalty included.
TEST(SimplifiedQEffect, BesideThePenaltyItLowersSimilarityAndOverestimation) {
  for (uint64_t seed = test_seed(); seed < test_seed() + 3; ++seed) {
    const auto with = offline_run(/*alpha=*/1.0, /*beta=*/0.2, seed), without = offline_run(1.0, 0.0, seed);
    expect_below("largest value, with / without", with.value / without.value, 0.5);
    expect_below("similarity, with / without", with.similarity / without.similarity, 0.2);
  }
}

}  // namespace
}  // namespace onramp
