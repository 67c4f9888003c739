#include "onramp/models/critic.h"

#include <torch/types.h>

#include "onramp/core/generator.h"
#include "onramp/nn/state.h"

namespace onramp {

Critic::Critic(std::shared_ptr<ObservationEncoder> encoder, int64_t action_dim, const CriticConfig& config,
               at::Generator& generator, const std::optional<BatchRenormConfig>& renorm)
    : encoder_(register_module("encoder", std::move(encoder))),
      action_dim_(action_dim),
      config_(config),
      renorm_(renorm),
      mlp_(register_module("mlp", std::make_shared<EnsembleMlp>(config.ensemble, encoder_->feature_dim() + action_dim,
                                                                /*out=*/1, config.mlp, generator, renorm))) {}

std::shared_ptr<Critic> Critic::copy() const {
  auto random = RandomStream(0, "copy").next();
  auto generator = make_generator(random);
  auto copied = std::make_shared<Critic>(encoder_->copy(), action_dim_, config_, generator, renorm_);
  copied->to(mlp_->parameters().front().device());
  copy_module(*copied, *this);
  return copied;
}

at::Tensor Critic::encode_constant(const Observation& obs) {
  at::NoGradGuard no_gradient;
  return encode(obs);
}

CriticOutput Critic::forward(const at::Tensor& encoded, const at::Tensor& action, const BatchStatistics* by) {
  auto [output, features] = mlp_->forward(encoded, action, by);
  return {.q = output.squeeze(-1), .latent = features};
}

CriticOutput Critic::forward_batch(const at::Tensor& encoded, const at::Tensor& action, BatchStatistics& made) {
  auto [output, features] = mlp_->forward_batch(at::cat({encoded, action}, 1), made);
  return {.q = output.squeeze(-1), .latent = features};
}

at::Tensor Critic::q_of(std::span<const int64_t> members, const at::Tensor& encoded, const at::Tensor& action) {
  return mlp_->forward_of(members, encoded, action).output.squeeze(-1);
}

}  // namespace onramp
