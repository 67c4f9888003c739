#include "onramp/models/mixture_actor.h"

#include <torch/types.h>

#include "onramp/core/generator.h"
#include "onramp/nn/state.h"

namespace onramp {

MixtureActor::MixtureActor(std::shared_ptr<ObservationEncoder> encoder, int64_t action_dim, const ActorConfig& config,
                           const MixtureConfig& mixture, at::Generator& generator)
    : Actor(std::move(encoder), action_dim, config),
      mixture_(mixture),
      mlp_(register_module("mlp", std::make_shared<Mlp>(encoder_->feature_dim(), mixture_outputs(mixture, action_dim),
                                                        config.mlp, generator))) {
  spread_means(*mlp_, mixture, action_dim, generator);
}

GaussianMixture MixtureActor::learned(const Observation& obs) {
  return read_mixture(mlp_->forward(encoder_->forward(obs)), mixture_, action_dim_);
}

GaussianMixture MixtureActor::distribution(const Observation& obs) { return as_acted(learned(obs), mixture_); }

at::Tensor MixtureActor::sample(const Observation& obs, const at::Tensor& noise) {
  return sample_in_box(distribution(obs), noise);
}

at::Tensor MixtureActor::log_likelihood(const Observation& obs, const at::Tensor& action) {
  return learned(obs).log_prob(action);
}

std::shared_ptr<Actor> MixtureActor::copy() const {
  auto random = RandomStream(0, "copy").next();
  auto generator = make_generator(random);
  auto copied = std::make_shared<MixtureActor>(encoder_->copy(), action_dim_, config_, mixture_, generator);
  copied->to(mlp_->parameters().front().device());
  copy_module(*copied, *this);
  return copied;
}

}  // namespace onramp
