// Policies as networks: observation in, action or distribution of actions out. Actions are in [-1, 1]^A.
#pragma once

#include <torch/nn/module.h>

#include <array>
#include <cstdint>
#include <memory>
#include <utility>

#include "onramp/models/observation_encoder.h"
#include "onramp/nn/distributions.h"
#include "onramp/nn/mlp.h"

namespace onramp {

/// Which distribution over actions a network parametrises. What is kMixtureRnn remembers, and is no Actor (models/recurrent_actor.h).
enum class ActorType : uint8_t { kDeterministic, kSquashedGaussian, kMixture, kMixtureRnn };
constexpr auto enum_names(ActorType*) {
  return std::array{std::pair{ActorType::kDeterministic, "deterministic"},
                    std::pair{ActorType::kSquashedGaussian, "squashed_gaussian"},
                    std::pair{ActorType::kMixture, "mixture"}, std::pair{ActorType::kMixtureRnn, "mixture_rnn"}};
}

/// Layers and bounds of a policy network.
struct ActorConfig {
  MlpConfig mlp = {.hidden = {64, 64}, .activation = Activation::kTanh};
  double log_std_min = -5.0;
  double log_std_max = 2.0;
  template <class V>
  void fields(V& v) {
    v("mlp", mlp, "layers of the policy network");
    v("log_std_min", log_std_min, "of the Gaussian before the tanh (stochastic policies)", in_range(-20.0, 2.0));
    v("log_std_max", log_std_max, "of the Gaussian before the tanh (stochastic policies)", in_range(-20.0, 2.0));
  }
  void validate() const;  ///< @throws ConfigError unless log_std_min < log_std_max
};

/// A policy network with its encoder. Thread safety: none.
class Actor : public torch::nn::Module {
 public:
  virtual ActorType type() const = 0;
  virtual bool stochastic() const = 0;  ///< whether it has a density
  /// The single action that stands for the policy. @return float [B, A]
  virtual at::Tensor mode(const Observation& obs) = 0;
  /// @param noise standard normal [B, noise_dim()] or [N, B, noise_dim()]; a deterministic actor takes its sizes alone
  /// @return float [B, A] or [N, B, A]
  virtual at::Tensor sample(const Observation& obs, const at::Tensor& noise) = 0;
  virtual int64_t noise_dim() const { return action_dim_; }  ///< standard normals that an action takes
  /// log pi(a|s) for fits by likelihood, of actions from elsewhere: a saturated one must not swamp the rest. With gradient.
  /// @param action float [B, A] in [-1, 1]. @return float [B]. REQUIRES: stochastic()
  virtual at::Tensor log_likelihood(const Observation& obs, const at::Tensor& action);
  /// Same values in memory of its own, on the same device.
  virtual std::shared_ptr<Actor> copy() const = 0;

  int64_t action_dim() const { return action_dim_; }
  const ActorConfig& config() const { return config_; }
  virtual const Mlp& mlp() const = 0;  ///< what follows the encoder: float [B, O] -> [B, A], of a Gaussian [B, 2 A]
  const ObservationEncoder& encoder() const { return *encoder_; }

 protected:
  Actor(std::shared_ptr<ObservationEncoder> encoder, int64_t action_dim, const ActorConfig& config);
  std::shared_ptr<ObservationEncoder> encoder_;
  int64_t action_dim_;
  ActorConfig config_;
};

/// a = tanh(network(s)).
class DeterministicActor final : public Actor {
 public:
  DeterministicActor(std::shared_ptr<ObservationEncoder> encoder, int64_t action_dim, const ActorConfig& config,
                     at::Generator& generator);
  ActorType type() const override { return ActorType::kDeterministic; }
  bool stochastic() const override { return false; }
  at::Tensor forward(const Observation& obs);  ///< float [B, A]
  at::Tensor mode(const Observation& obs) override { return forward(obs); }
  at::Tensor sample(const Observation& obs, const at::Tensor& noise) override;
  std::shared_ptr<Actor> copy() const override;
  const Mlp& mlp() const override { return *mlp_; }

 private:
  std::shared_ptr<Mlp> mlp_;
};

/// a = tanh(u), u ~ N(mean(s), std(s)); log std is squashed smoothly into its bounds, with a gradient where clipping would have none.
class SquashedGaussianActor final : public Actor {
 public:
  SquashedGaussianActor(std::shared_ptr<ObservationEncoder> encoder, int64_t action_dim, const ActorConfig& config,
                        at::Generator& generator);
  ActorType type() const override { return ActorType::kSquashedGaussian; }
  bool stochastic() const override { return true; }
  SquashedGaussian distribution(const Observation& obs);           ///< mean, log_std [B, A]
  SquashedGaussian distribution_constant(const Observation& obs);  ///< the same without gradient
  at::Tensor mode(const Observation& obs) override { return distribution(obs).mode(); }
  at::Tensor sample(const Observation& obs, const at::Tensor& noise) override;
  at::Tensor log_likelihood(const Observation& obs, const at::Tensor& action) override;
  std::shared_ptr<Actor> copy() const override;
  const Mlp& mlp() const override { return *mlp_; }

 private:
  std::shared_ptr<Mlp> mlp_;
};

/// On the CPU. @param type not kMixture or kMixtureRnn, which have settings of their own (models/mixture_actor.h)
/// @param generator draws the initial weights
std::shared_ptr<Actor> make_actor(ActorType type, std::shared_ptr<ObservationEncoder> encoder, int64_t action_dim,
                                  const ActorConfig& config, at::Generator& generator);

}  // namespace onramp
