// Simplified Q: Q-learning without a target network, kept stable by decorrelating latent representations.
// Source: Chan, Leung, Bergstra, "Offline-to-online Reinforcement Learning for Image-based Grasping with Scarce
// Demonstrations". Losses: losses/simplified_q.h, losses/sac.h.
//
// Deviations from the paper:
//  (1) N = 10 actions a state in the penalty, discount 0.99, bounds of the policy's log standard deviation; why: the paper
//      gives none; effect: not measured.
//  (2) no entropy in the critic's target, and temperature learned towards an entropy of -A from 1; why: the paper builds
//      on soft actor-critic without saying which parts it keeps, and its bound on Q (fig. 5b) is that of rewards alone.
//  (3) s' of eq. 4 comes from the same batch, shifted by a random non-zero number of rows, in place of a second batch; why:
//      any two rows are independent draws, and the batch is encoded already; effect: none in expectation.
//  (4) "2-layer MLP" is read as two hidden layers.
//  (5) the image encoder is small_conv unless the config says resnet, the paper's; why: the time of an update on a CPU.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "onramp/algorithms/critic_view.h"
#include "onramp/algorithms/learnable.h"
#include "onramp/algorithms/network_inputs.h"
#include "onramp/base/config_node.h"
#include "onramp/base/random.h"
#include "onramp/core/generator.h"
#include "onramp/models/actors.h"
#include "onramp/models/critic.h"
#include "onramp/nn/optim.h"

namespace onramp {

/// Where penalised actions come from (fig. 7).
enum class ActionSource : uint8_t { kUniform, kPolicy };
constexpr auto enum_names(ActionSource*) {
  return std::array{std::pair{ActionSource::kUniform, "uniform"}, std::pair{ActionSource::kPolicy, "policy"}};
}

/// How penalised actions are weighted (app. E).
enum class PenaltyWeight : uint8_t { kDistance, kUniform };
constexpr auto enum_names(PenaltyWeight*) {
  return std::array{std::pair{PenaltyWeight::kDistance, "distance"}, std::pair{PenaltyWeight::kUniform, "uniform"}};
}

/// Defaults: appendix E, unless the deviations above say otherwise.
struct SimplifiedQConfig {
  double alpha = 1.0;
  double beta = 0.2;
  ActionSource mu = ActionSource::kUniform;
  PenaltyWeight penalty = PenaltyWeight::kDistance;
  int64_t num_action_samples = 10;
  double gamma = 0.99;
  int64_t n_step = 3;
  int64_t batch_size = 512;
  std::optional<double> temperature;
  double initial_temperature = 1.0;
  std::optional<double> target_entropy;
  AdamConfig optimizer = {.learning_rate = 3e-4};
  std::optional<double> online_learning_rate;
  InputConfig input;
  CriticConfig critic;
  ActorConfig actor;
  std::string offline_source = "offline";
  std::string online_source = "online";
  double online_share = 0.5;

  template <class V>
  void fields(V& v) {
    v("alpha", alpha, "weight of the penalty alone (app. E)", at_least(0.0));
    v("beta", beta, "weight of the latent regulariser alone (app. E)", at_least(0.0));
    v("mu", mu, "where penalised actions come from: uniform on the box, or the policy (fig. 7)");
    v("penalty", penalty, "weight of a penalised action: its distance from the data's action (app. E), or 1");
    v("num_action_samples", num_action_samples, "penalised actions a state", at_least(1));
    v("gamma", gamma, "discount of one step", at_least(0.0), less_than(1.0));
    v("n_step", n_step, "rewards summed before the bootstrap", at_least(1));
    v("batch_size", batch_size, "transitions an update, offline and online together", at_least(2));
    v("temperature", temperature, "weight of the policy's entropy, fixed; none: learned", at_least(0.0));
    v("initial_temperature", initial_temperature, "where a learned temperature starts", greater_than(0.0));
    v("target_entropy", target_entropy, "that a learned temperature holds; none: minus the action's dimension");
    v("optimizer", optimizer, "of critic, actor and temperature");
    v("online_learning_rate", online_learning_rate,
      "while the policy collects; none: 5e-5 with a frozen encoder, else as offline", at_least(0.0));
    v("input", input, "what the networks see");
    v("critic", critic, "value network");
    v("actor", actor, "policy network");
    v("offline_source", offline_source, "replay source of demonstrations and successful attempts", not_empty());
    v("online_source", online_source, "replay source of all attempts", not_empty());
    v("online_share", online_share, "of the batch that comes from online_source while the policy collects",
      in_range(0.0, 1.0));
  }
};

/// Thread safety: none. Parts: critic, actor, critic_optimizer, actor_optimizer, learner.
class SimplifiedQ final : public Agent, public CriticView {
 public:
  /// @throws ConfigError, e.g. for a frozen encoder that was not handed over
  SimplifiedQ(const SimplifiedQConfig& config, const LearnerContext& context);
  /// 100 000 updates offline; then, where there is an environment, 200 attempts with 60 updates after each, whose successes
  /// enter both replay sources (section 3.1, appendix E). See LearnerFactory.
  static std::vector<ConfigNode> default_phases(const SimplifiedQConfig& config, const std::string& learner,
                                                bool environment);

  void begin_stage(Stage stage) override;
  std::vector<BatchRequest> sample_plan() const override;
  Metrics update(const Batches& batches) override;
  void save(Parts& parts) const override;
  void load(const Parts& parts) override;
  std::unique_ptr<Policy> policy() const override;
  CriticOutput evaluate(const Observation& obs, const at::Tensor& action) override;

  at::Tensor temperature() const;  ///< float []
  const SimplifiedQConfig& config() const { return config_; }

 private:
  at::Tensor bootstrap_target(const Batch& batch, at::Generator& rng);
  at::Tensor penalized_actions(const SquashedGaussian& policy, at::Generator& rng) const;
  at::Tensor penalize(const at::Tensor& action, const at::Tensor& sampled, const at::Tensor& q_sampled) const;
  at::Tensor uniform_actions(at::IntArrayRef sizes, at::Generator& rng) const;
  at::Tensor policy_actions(const SquashedGaussian& policy, int64_t n, at::Generator& rng) const;

  const SimplifiedQConfig config_;
  const ActionSpec action_;
  const at::Device device_;
  const double target_entropy_;
  NetworkInputs inputs_;
  Stage stage_ = Stage::kOffline;
  std::shared_ptr<Critic> critic_;
  std::shared_ptr<SquashedGaussianActor> actor_;
  at::Tensor log_temperature_;                                                      // float []
  std::optional<Adam> critic_optimizer_, actor_optimizer_, temperature_optimizer_;  // the last is empty when fixed
  TorchStream noise_;
  RandomStream pairs_;
};

}  // namespace onramp
