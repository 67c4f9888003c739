// A small Q2rl and a cloned policy for it.
#pragma once

#include <vector>

#include "agent_testing.h"
#include "onramp/algorithms/q2rl.h"
#include "onramp/policies/actor_policy.h"

namespace onramp::test {

/// A cloned policy that acts N(u; mean, e^log_std) in each dimension, whatever the state; log std in (-5, 2).
inline Parts cloned(int64_t state_dim, const std::vector<float>& mean, const std::vector<float>& log_std) {
  auto generator = generator_of(1);
  auto encoder = std::make_shared<ObservationEncoder>(state_only(state_dim), Normalizer(), nullptr, false);
  const auto A = static_cast<int64_t>(mean.size());
  auto actor = std::make_shared<SquashedGaussianActor>(encoder, A, ActorConfig{.mlp = {.hidden = {}}}, generator);
  const auto squashed = ((at::tensor(log_std) + 5) / 3.5 - 1).atanh();  // log std = -5 + 3.5 (tanh(.) + 1)
  {
    const at::NoGradGuard no_gradient;
    for (auto& item : actor->named_parameters()) item.value().zero_();
    actor->named_parameters()["mlp.bias_out"].copy_(at::cat({at::tensor(mean), squashed}));
  }
  return {{"cloned_policy", save_policy(ActorPolicy(actor, ActionSpec{.dim = A}))}};
}

inline LearnerContext context_of(const Parts& given, int64_t state_dim, int64_t action_dim, uint64_t seed = 1) {
  auto context = state_context(state_dim, action_dim, seed);
  context.given = &given;
  return context;
}

inline Q2rlConfig small_q2rl() {
  auto config = small_agent<Q2rlConfig>();
  config.critic.ensemble = 3;
  return config;
}

/// With what either stage asks for.
inline Batch with_columns(Batch batch, uint64_t seed = 1) {
  batch.columns["mc_return"] = normals({batch.size()}, 100 + seed);
  batch.columns["a_bc"] = 0.9 * uniforms(batch.action.sizes(), 200 + seed);
  return batch;
}

}  // namespace onramp::test
