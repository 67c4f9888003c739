#include "onramp/models/critic.h"

#include <torch/types.h>

namespace onramp {

Critic::Critic(std::shared_ptr<ObservationEncoder> encoder, int64_t action_dim, const CriticConfig& config,
               at::Generator& generator)
    : encoder_(register_module("encoder", std::move(encoder))),
      mlp_(register_module("mlp", std::make_shared<EnsembleMlp>(config.ensemble, encoder_->feature_dim() + action_dim,
                                                                /*out=*/1, config.mlp, generator))) {}

at::Tensor Critic::encode_constant(const Observation& obs) {
  at::NoGradGuard no_gradient;
  return encode(obs);
}

CriticOutput Critic::forward(const at::Tensor& encoded, const at::Tensor& action) {
  auto [output, features] = mlp_->forward(encoded, action);
  return {.q = output.squeeze(-1), .latent = features};
}

at::Tensor Critic::q_of(std::span<const int64_t> members, const at::Tensor& encoded, const at::Tensor& action) {
  return mlp_->forward_of(members, at::cat({encoded, action}, -1)).output.squeeze(-1);
}

}  // namespace onramp
