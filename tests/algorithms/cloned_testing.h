// A cloned policy for agents that start from one.
#pragma once

#include <vector>

#include "agent_testing.h"
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

/// An agent of the family on networks that a test writes by hand (agent_testing.h), with one step of its critic an update.
template <class Config>
Config ensemble_by_hand(int64_t ensemble = 2) {
  auto config = by_hand<Config>(/*units=*/3, ensemble);
  config.critic.mlp.layer_norm = false;
  config.actor.mlp.activation = Activation::kTanh;
  config.utd = 1;
  return config;
}

/// s = -1, a = 0; s' = 1, -1, 3, -2, so that act_by_the_sign_of_the_state() says 1, -1, 1, -1 there.
inline Batch four_ways() {
  auto batch = batch_of({-1, -1, -1, -1}, {0, 0, 0, 0});
  batch.next_obs = {{"state", rows({{1}, {-1}, {3}, {-2}})}};
  batch.reward = at::tensor({0.5F, 1.0F, -1.0F, 2.0F});
  batch.discount = at::tensor({0.5F, 0.5F, 0.25F, 0.0F});
  return batch;
}

}  // namespace onramp::test
