#include "onramp/models/mixture_actor.h"

#include <torch/types.h>

#include <cmath>
#include <vector>

#include "onramp/core/generator.h"
#include "onramp/nn/state.h"

namespace onramp {
namespace {

/// Before the tanh, so that the means lie in the middles of M equal parts of [-1, 1], in each dimension in an order of its own.
at::Tensor means_apart(int64_t M, int64_t A, at::Generator& generator) {
  const auto middles = ((at::arange(M, at::kFloat) + 0.5) * (2.0 / static_cast<double>(M)) - 1).atanh();  // [M]
  std::vector<at::Tensor> dimensions;
  for (int64_t a = 0; a < A; ++a)
    dimensions.push_back(middles.index_select(0, at::randperm(M, generator, at::TensorOptions(at::kLong))));
  return at::stack(dimensions, 1);  // [M, A]
}

}  // namespace

MixtureActor::MixtureActor(std::shared_ptr<ObservationEncoder> encoder, int64_t action_dim, const ActorConfig& config,
                           const MixtureConfig& mixture, at::Generator& generator)
    : Actor(std::move(encoder), action_dim, config),
      mixture_(mixture),
      mlp_(register_module(
          "mlp", std::make_shared<Mlp>(encoder_->feature_dim(), mixture.components * (2 * action_dim + 1), config.mlp,
                                       generator))) {
  // Components that begin alike all fit the whole of the data, and the likelihood is nearly flat where they would part: how
  // soon they do goes with the inverse square of their distance.
  const at::NoGradGuard no_gradient;
  const auto M = mixture.components;
  const auto bias = mlp_->named_parameters(/*recurse=*/false)["bias_out"];
  bias.narrow(0, M, M * action_dim).copy_(means_apart(M, action_dim, generator).reshape({-1}));
}

GaussianMixture MixtureActor::learned(const Observation& obs) {
  const auto M = mixture_.components, A = action_dim_;
  const auto out = mlp_->forward(encoder_->forward(obs));  // [B, M (2 A + 1)]
  const auto parts = out.split_with_sizes({M, M * A, M * A}, -1);
  return {.log_weight = parts[0].log_softmax(-1),
          .mean = parts[1].unflatten(-1, {M, A}).tanh(),
          .log_std = (at::softplus(parts[2].unflatten(-1, {M, A})) + mixture_.min_std).log()};
}

GaussianMixture MixtureActor::distribution(const Observation& obs) {
  auto mixture = learned(obs);
  if (mixture_.low_noise) mixture.log_std = at::full_like(mixture.log_std, std::log(kLowNoiseStd));
  return mixture;
}

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
