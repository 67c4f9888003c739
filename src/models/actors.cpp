#include "onramp/models/actors.h"

#include <torch/types.h>

#include <stdexcept>

#include "onramp/base/error.h"
#include "onramp/core/generator.h"
#include "onramp/nn/state.h"

namespace onramp {
namespace {

template <class T>
std::shared_ptr<Actor> copy_actor(const T& actor) {
  auto random = RandomStream(0, "copy").next();
  auto generator = make_generator(random);
  auto copied = std::make_shared<T>(actor.encoder().copy(), actor.action_dim(), actor.config(), generator);
  copied->to(actor.parameters().front().device());
  copy_module(*copied, actor);
  return copied;
}

}  // namespace

void ActorConfig::validate() const {
  if (!(log_std_min < log_std_max)) {
    throw ConfigError(concat("log_std_min = ", log_std_min, ", want less than log_std_max = ", log_std_max));
  }
}

Actor::Actor(std::shared_ptr<ObservationEncoder> encoder, int64_t action_dim, const ActorConfig& config)
    : encoder_(register_module("encoder", std::move(encoder))), action_dim_(action_dim), config_(config) {}

at::Tensor Actor::log_likelihood(const Observation&, const at::Tensor&) {
  throw std::logic_error("log_likelihood: this actor has no density");
}

DeterministicActor::DeterministicActor(std::shared_ptr<ObservationEncoder> encoder, int64_t action_dim,
                                       const ActorConfig& config, at::Generator& generator)
    : Actor(std::move(encoder), action_dim, config),
      mlp_(register_module("mlp", std::make_shared<Mlp>(encoder_->feature_dim(), action_dim, config.mlp, generator))) {}

at::Tensor DeterministicActor::forward(const Observation& obs) {
  return mlp_->forward(encoder_->forward(obs)).tanh();  // [B, A]
}

at::Tensor DeterministicActor::sample(const Observation& obs, const at::Tensor& noise) {
  return forward(obs).expand(noise.sizes());
}

std::shared_ptr<Actor> DeterministicActor::copy() const { return copy_actor(*this); }

SquashedGaussianActor::SquashedGaussianActor(std::shared_ptr<ObservationEncoder> encoder, int64_t action_dim,
                                             const ActorConfig& config, at::Generator& generator)
    : Actor(std::move(encoder), action_dim, config),
      mlp_(register_module("mlp",
                           std::make_shared<Mlp>(encoder_->feature_dim(), 2 * action_dim, config.mlp, generator))) {}

SquashedGaussian SquashedGaussianActor::distribution(const Observation& obs) {
  const auto parts = mlp_->forward(encoder_->forward(obs)).chunk(2, -1);  // [B, 2 A] -> 2 x [B, A]
  const auto low = config_.log_std_min, high = config_.log_std_max;
  return {.mean = parts[0], .log_std = low + 0.5 * (high - low) * (parts[1].tanh() + 1)};
}

SquashedGaussian SquashedGaussianActor::distribution_constant(const Observation& obs) {
  at::NoGradGuard no_gradient;
  return distribution(obs);
}

at::Tensor SquashedGaussianActor::sample(const Observation& obs, const at::Tensor& noise) {
  return distribution(obs).sample_action(noise);
}

at::Tensor SquashedGaussianActor::log_likelihood(const Observation& obs, const at::Tensor& action) {
  return distribution(obs).log_prob(action, kLikelihoodClip);
}

std::shared_ptr<Actor> SquashedGaussianActor::copy() const { return copy_actor(*this); }

std::shared_ptr<Actor> make_actor(ActorType type, std::shared_ptr<ObservationEncoder> encoder, int64_t action_dim,
                                  const ActorConfig& config, at::Generator& generator) {
  ONRAMP_CHECK(type != ActorType::kMixture && type != ActorType::kMixtureRnn,
               "an actor with a mixture is made by its own constructor");
  if (type == ActorType::kDeterministic) {
    return std::make_shared<DeterministicActor>(std::move(encoder), action_dim, config, generator);
  }
  return std::make_shared<SquashedGaussianActor>(std::move(encoder), action_dim, config, generator);
}

}  // namespace onramp
