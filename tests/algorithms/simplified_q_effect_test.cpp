// The paper's claim in small (fig. 5): without a target network the regulariser alone keeps latent representations apart and
// Q-values below what can be had; without it the same run overestimates.
#include <ATen/ATen.h>

#include <cmath>
#include <vector>

#include "learner_testing.h"
#include "onramp/algorithms/simplified_q.h"

namespace onramp {
namespace {

using namespace onramp::test;

constexpr double kBestReturn = 1.0;

// 10 demonstrations of 20 steps from the unit circle to its centre, at half speed with little noise: actions cover a narrow
// part of the box. The last step earns 1 and ends the episode, so no return is above 1.
Batch demonstrations(uint64_t seed) {
  constexpr int64_t kEpisodes = 10, kSteps = 20;
  const auto angle = M_PI * uniforms({kEpisodes}, 100 * seed);
  auto position = at::stack({angle.cos(), angle.sin()}, 1);  // [10, 2]
  std::vector<at::Tensor> obs, next, action, reward;
  for (int64_t t = 0; t < kSteps; ++t) {
    const auto noise = 0.05 * normals({kEpisodes, 2}, 100 * seed + 1 + t);
    const auto towards = -0.5 * position / position.norm(2, 1, /*keepdim=*/true).clamp_min(1e-3);
    obs.push_back(position);
    action.push_back((towards + noise).clamp(-1, 1));
    position = position + 0.1 * action.back();
    next.push_back(position);
    reward.push_back(at::full({kEpisodes}, t + 1 == kSteps ? 1.0 : 0.0));
  }
  Batch all;
  all.obs = {{"state", at::cat(obs)}};
  all.next_obs = {{"state", at::cat(next)}};
  all.action = at::cat(action);
  all.reward = at::cat(reward);
  all.discount = 0.99 * (1 - all.reward);
  return all;
}

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
  const auto data = demonstrations(seed);
  for (uint64_t k = 0; k < 300; ++k) {
    const auto rows = at::randint(data.size(), {64}, generator_of(1000 * seed + k), at::TensorOptions(at::kLong));
    Batch batch;
    batch.obs = data.obs.index_select(rows);
    batch.next_obs = data.next_obs.index_select(rows);
    batch.action = data.action.index_select(0, rows);
    batch.reward = data.reward.index_select(0, rows);
    batch.discount = data.discount.index_select(0, rows);
    agent.update({{"batch", batch}});
  }
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
