// A policy whose distribution is a mixture of Gaussians (models/mixture_head.h).
#pragma once

#include <cstdint>
#include <memory>

#include "onramp/models/actors.h"
#include "onramp/models/mixture_head.h"

namespace onramp {

/// a ~ sum_m c_m N(tanh(mean_m(s)), std_m(s)), clipped to [-1, 1]; std = softplus(.) + min_std. The density is that before the
/// clipping, in the space of actions. Of `config()` the layers count, not the bounds of the log standard deviation.
class MixtureActor final : public Actor {
 public:
  MixtureActor(std::shared_ptr<ObservationEncoder> encoder, int64_t action_dim, const ActorConfig& config,
               const MixtureConfig& mixture, at::Generator& generator);
  ActorType type() const override { return ActorType::kMixture; }
  bool stochastic() const override { return true; }
  GaussianMixture distribution(const Observation& obs);  ///< what acts: mean, log_std [B, M, A], log_weight [B, M]
  at::Tensor mode(const Observation& obs) override { return distribution(obs).mode(); }
  int64_t noise_dim() const override { return action_dim_ + 1; }
  at::Tensor sample(const Observation& obs, const at::Tensor& noise) override;
  /// Of the learned deviations, also where low_noise acts with another.
  at::Tensor log_likelihood(const Observation& obs, const at::Tensor& action) override;
  std::shared_ptr<Actor> copy() const override;
  const Mlp& mlp() const override { return *mlp_; }
  const MixtureConfig& mixture() const { return mixture_; }

 private:
  GaussianMixture learned(const Observation& obs);

  MixtureConfig mixture_;
  std::shared_ptr<Mlp> mlp_;  // float [B, O] -> [B, M (2 A + 1)]
};

}  // namespace onramp
