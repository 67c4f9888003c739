// A policy whose distribution is a mixture of Gaussians. Source: Mandlekar et al., "What Matters in Learning from Offline Human
// Demonstrations for Robot Manipulation" (robomimic), BC with a GMM head; Q2RL, appendix A-B.
#pragma once

#include <cstdint>
#include <memory>

#include "onramp/models/actors.h"
#include "onramp/nn/mixture.h"

namespace onramp {

/// Defaults: robomimic's, but for low_noise, which is on there.
struct MixtureConfig {
  int64_t components = 5;
  double min_std = 1e-4;
  bool low_noise = false;
  template <class V>
  void fields(V& v) {
    v("components", components, "Gaussians in the mixture", at_least(1));
    v("min_std", min_std, "added to each standard deviation", greater_than(0.0));
    v("low_noise", low_noise,
      "act with a standard deviation of 1e-4 whatever was learned; density and entropy are then those of that "
      "deviation too");
  }
};

/// a ~ sum_m c_m N(tanh(mean_m(s)), std_m(s)), clipped to [-1, 1]; std = softplus(.) + min_std. The density is that before the
/// clipping, in the space of actions. Of `config()` the layers count, not the bounds of the log standard deviation.
/// At first the means are spread over the box, where robomimic's all begin near 0: components that begin alike may stay one
/// Gaussian for a long time.
class MixtureActor final : public Actor {
 public:
  static constexpr double kLowNoiseStd = 1e-4;  ///< robomimic's low_noise_eval
  MixtureActor(std::shared_ptr<ObservationEncoder> encoder, int64_t action_dim, const ActorConfig& config,
               const MixtureConfig& mixture, at::Generator& generator);
  ActorType type() const override { return ActorType::kMixture; }
  bool stochastic() const override { return true; }
  GaussianMixture distribution(const Observation& obs);  ///< what acts: mean, log_std [B, M, A], log_weight [B, M]
  at::Tensor mode(const Observation& obs) override { return distribution(obs).mode(); }
  int64_t noise_dim() const override { return action_dim_ + 1; }
  at::Tensor sample(const Observation& obs, const at::Tensor& noise) override;
  /// What acts of a draw. @param noise as of GaussianMixture::sample()
  static at::Tensor sample_in_box(const GaussianMixture& pi, const at::Tensor& noise) {
    return pi.sample(noise).clamp(-1, 1);
  }
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
