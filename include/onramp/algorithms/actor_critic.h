// What the agents of the soft actor-critic family have in common: settings, networks and their optimisers, the step of the
// policy, stages, plan, checkpoints. An agent is an ActorCriticAgent and writes the step of its critic itself.
// Source: Haarnoja et al. (arXiv:1812.05905). Losses: losses/sac.h.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "onramp/algorithms/critic_view.h"
#include "onramp/algorithms/learnable.h"
#include "onramp/algorithms/network_inputs.h"
#include "onramp/base/config_node.h"
#include "onramp/core/generator.h"
#include "onramp/models/actors.h"
#include "onramp/models/critic.h"
#include "onramp/nn/optim.h"

namespace onramp {

/// Defaults: Simplified Q, appendix E, as completed at the top of simplified_q.h.
struct ActorCriticConfig {
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

/// Which of the members' values the policy climbs.
enum class EnsembleValue : uint8_t { kMin, kMean };
constexpr auto enum_names(EnsembleValue*) {
  return std::array{std::pair{EnsembleValue::kMin, "min"}, std::pair{EnsembleValue::kMean, "mean"}};
}

/// What the policy's step climbs, and what holds it back.
struct PolicyObjective {
  EnsembleValue value = EnsembleValue::kMin;
  bool entropy = true;     ///< with the temperature, which takes its own step; else nothing of either
  at::Tensor cloned = {};  ///< actions to stay near, by likelihood, float [B, A]; undefined where bc_weight is 0
  double bc_weight = 0.0;  ///< their share of the loss, in [0, 1]
  /// From an action of the policy to what is done, float [B, A] both: what the critic judges. Empty: the action itself.
  std::function<at::Tensor(const at::Tensor&)> done = {};
};

/// What an update of the critic was about, for metrics. Gradients do no harm.
struct CriticStep {
  at::Tensor q_data;     ///< Q(s, a), any shape
  at::Tensor q_sampled;  ///< Q at actions that were penalised, any shape; undefined where a method penalises none
  at::Tensor target;     ///< y, float [B]
};

/// What an update of the policy came to.
struct PolicyStep {
  at::Tensor q;                ///< min_e (or mean_e) Q_e(s, a~), a~ ~ pi(s), float [B]
  at::Tensor log_prob;         ///< log pi(a~|s), float [B]
  at::Tensor loss;             ///< float []
  at::Tensor action_distance;  ///< between what the policy's mode does and the data's action, float [B]
};

/// Thread safety: none. Parts: critic, actor, critic_optimizer, actor_optimizer, learner.
class ActorCritic {
 public:
  static constexpr const char* kBatch = "batch";  ///< the one request of the plan

  /// @param method names the random streams: "simplified_q/noise". @param renorm of the critic (models/critic.h)
  /// @throws ConfigError, e.g. for a frozen encoder that was not handed over
  ActorCritic(const ActorCriticConfig& config, const LearnerContext& context, const std::string& method,
              const std::optional<BatchRenormConfig>& renorm = {});
  /// 100 000 updates offline; then, where there is an environment, 200 attempts with 60 updates after each, whose successes
  /// enter both replay sources (Simplified Q, section 3.1, appendix E). See LearnerFactory.
  static std::vector<ConfigNode> default_phases(const ActorCriticConfig& config, const std::string& learner,
                                                bool environment);
  /// Replay sources of its plan: those with a share of the batch.
  static std::vector<std::string> sources(const ActorCriticConfig& config, bool online);

  void begin_stage(Stage stage);
  std::vector<BatchRequest> sample_plan() const;
  void save(Parts& parts) const;
  void load(const Parts& parts);
  std::unique_ptr<Policy> policy() const;
  CriticOutput evaluate(const Observation& obs, const at::Tensor& action);

  /// The observation as actor and critic take it: where they share a trainable encoder, its pictures are encoded here, once
  /// for both, with a gradient that the critic alone uses.
  Observation see(const Observation& obs);
  Observation see_constant(const Observation& obs);  ///< the same without gradient
  /// Actor: maximise Q and entropy at reparameterised actions, and stay near what is to be cloned. Temperature: hold the
  /// entropy at its target.
  /// @param policy of batch.obs, with its graph; the critic is the one after its step
  PolicyStep improve_policy(const SquashedGaussian& policy, const Batch& batch, at::Generator& rng,
                            const PolicyObjective& objective = {});
  /// `losses` of the critic, then what all agents of the family report; detached means, float [].
  Metrics metrics(Metrics losses, const CriticStep& critic, const PolicyStep& policy) const;
  /// The generator of one update: all its draws come from here.
  at::Generator& next_noise() { return noise_.next(); }
  at::Tensor temperature() const;  ///< float []
  Critic& critic() { return *critic_; }
  const Critic& critic() const { return *critic_; }
  SquashedGaussianActor& actor() { return *actor_; }
  const SquashedGaussianActor& actor() const { return *actor_; }
  Adam& critic_optimizer() { return *critic_optimizer_; }
  Adam& actor_optimizer() { return *actor_optimizer_; }
  const NetworkInputs& inputs() const { return inputs_; }

 private:
  /// The temperature's step; none where it is fixed. @param log_prob log pi(a~|s), float [B]
  void hold_entropy(const at::Tensor& log_prob);

  const ActorCriticConfig config_;
  const ActionSpec action_;
  const double target_entropy_;
  NetworkInputs inputs_;
  Stage stage_ = Stage::kOffline;
  std::shared_ptr<Critic> critic_;
  std::shared_ptr<SquashedGaussianActor> actor_;
  at::Tensor log_temperature_;                                                      // float []
  std::optional<Adam> critic_optimizer_, actor_optimizer_, temperature_optimizer_;  // the last is empty when fixed
  TorchStream noise_;
};

/// An agent that is an ActorCritic and the step that it takes: update() is its own, and what it keeps beside the networks.
class ActorCriticAgent : public Agent, public CriticView {
 public:
  static std::vector<ConfigNode> default_phases(const ActorCriticConfig& config, const std::string& learner,
                                                bool environment) {
    return ActorCritic::default_phases(config, learner, environment);
  }
  static std::vector<std::string> sources(const ActorCriticConfig& config, bool online) {
    return ActorCritic::sources(config, online);
  }

  void begin_stage(Stage stage) override { net_.begin_stage(stage); }
  std::vector<BatchRequest> sample_plan() const override { return net_.sample_plan(); }
  void save(Parts& parts) const override { net_.save(parts); }
  void load(const Parts& parts) override { net_.load(parts); }
  std::unique_ptr<Policy> policy() const override { return net_.policy(); }
  CriticOutput evaluate(const Observation& obs, const at::Tensor& action) override {
    return net_.evaluate(obs, action);
  }

 protected:
  /// Parameters and errors: as for ActorCritic.
  ActorCriticAgent(const ActorCriticConfig& config, const LearnerContext& context, const std::string& method,
                   const std::optional<BatchRenormConfig>& renorm = {})
      : net_(config, context, method, renorm) {}

  ActorCritic net_;
};

}  // namespace onramp
