#include "onramp/algorithms/simplified_q.h"

#include <torch/types.h>

#include <cmath>
#include <utility>

#include "onramp/algorithms/learner_factory.h"
#include "onramp/base/error.h"
#include "onramp/losses/sac.h"
#include "onramp/losses/simplified_q.h"
#include "onramp/losses/td.h"
#include "onramp/nn/state.h"
#include "onramp/policies/actor_policy.h"

namespace onramp {
namespace {
constexpr double kFrozenOnlineLearningRate = 5e-5;  // appendix E
constexpr const char* kBatch = "batch";

Metrics detached_means(Metrics metrics) {
  at::NoGradGuard no_gradient;
  for (auto& [name, value] : metrics) value = value.dim() == 0 ? value.detach() : value.mean();
  return metrics;
}
}  // namespace

SimplifiedQ::SimplifiedQ(const SimplifiedQConfig& config, const LearnerContext& context)
    : config_(config),
      action_(context.action),
      device_(context.device),
      target_entropy_(config.target_entropy.value_or(-static_cast<double>(context.action.dim))),
      inputs_(config.input, context),
      noise_(context.seed, "simplified_q/noise", context.device),
      pairs_(context.seed, "simplified_q/pairs") {
  TorchStream initial(context.seed, "simplified_q/initial_weights");
  // A stream has one generator at a time: what draws first is written first.
  auto critic_encoder = inputs_.make_encoder(initial.next());
  critic_ = std::make_shared<Critic>(std::move(critic_encoder), action_.dim, config.critic, initial.next());
  auto actor_encoder = inputs_.make_encoder(initial.next());
  actor_ = std::make_shared<SquashedGaussianActor>(std::move(actor_encoder), action_.dim, config.actor, initial.next());
  critic_->to(device_);
  actor_->to(device_);
  critic_optimizer_.emplace(*critic_, config.optimizer);
  actor_optimizer_.emplace(*actor_, config.optimizer);
  log_temperature_ = at::full({}, std::log(config.temperature.value_or(config.initial_temperature)),
                              at::TensorOptions(at::kFloat).device(device_));
  if (!config.temperature) {
    log_temperature_.requires_grad_();
    AdamConfig optimizer = config.optimizer;  // its decay and norm are meant for weights
    optimizer.weight_decay = optimizer.max_grad_norm = 0.0;
    temperature_optimizer_.emplace(std::vector{log_temperature_}, optimizer);
  }
}

// One gradient step on critic, actor and temperature (section 3, appendix E).
Metrics SimplifiedQ::update(const Batches& batches) {
  const Batch& batch = batches.at(kBatch);
  const auto B = batch.size(), N = config_.num_action_samples, A = action_.dim;
  at::Generator& rng = noise_.next();
  const auto pi = actor_->distribution(batch.obs);  // pi(.|s)

  // TD: fit Q to y = R_n + discount min_e Q_e(s_n, a'), a' ~ pi(s_n), with the online critic itself (eq. 1, Q-bar = Q).
  const auto y = bootstrap_target(batch, rng);                                          // [B]
  const auto a_mu = penalized_actions(pi, rng);                                         // [B, N, A], a' ~ mu
  const auto a_u = uniform_actions({B, 1, A}, rng), a_pi = policy_actions(pi, 1, rng);  // [B, 1, A]
  const auto actions = at::cat({batch.action.unsqueeze(1), a_mu, a_u, a_pi}, 1);        // [B, 1 + N + 2, A]
  const auto at_actions = critic_->forward(critic_->encode(batch.obs), actions);        // encoded once, all in one pass
  const auto q = at_actions.q.split_with_sizes({1, N, 2}, -1);                          // of a, a_mu
  const auto phi = at_actions.latent.split_with_sizes({1 + N, 1, 1}, 2);                // of a_u, a_pi
  const auto q_data = q[0].squeeze(-1), q_mu = q[1];                                    // [E, B], [E, B, N]
  const auto td = losses::half_td_mse(q_data, y);
  // Penalty: lower Q at actions away from the data's (appendix E).
  const auto penalty = penalize(batch.action, a_mu, q_mu);
  // Regulariser: decorrelate (s, a_u) from an independent (s', a'_pi) (eq. 4).
  const auto other_row = 1 + pairs_.next().below(B - 1);  // never its own
  const auto regularizer = losses::latent_regularizer(phi[1].squeeze(2), phi[2].squeeze(2).roll(other_row, 1));
  const auto critic_loss = losses::simplified_q_critic(td, penalty, regularizer, config_.alpha, config_.beta);
  critic_optimizer_->minimize(critic_loss.total);

  // Actor: maximise Q and entropy at reparameterised actions.
  const auto [action, log_prob] = pi.sample(standard_normal({B, A}, pi.mean, rng));   // [B, A], [B]
  const auto q_pi = critic_->q(critic_->encode_constant(batch.obs), action).amin(0);  // [E, B] -> [B]
  const auto actor_loss = losses::sac_actor(q_pi, log_prob, temperature());
  actor_optimizer_->minimize(actor_loss);

  // Temperature: hold the policy's entropy at its target.
  if (temperature_optimizer_) {
    temperature_optimizer_->minimize(losses::sac_temperature(log_temperature_, log_prob, target_entropy_));
  }
  const auto action_distance = (pi.mode() - batch.action).norm(2, /*dim=*/-1);  // [B]
  return detached_means({{"critic_loss", critic_loss.total},
                         {"td_loss", td},
                         {"penalty", penalty},
                         {"regularizer", regularizer},
                         {"q_data", q_data},
                         {"q_data_max", q_data.amax()},
                         {"q_sampled", q_mu},
                         {"q_policy", q_pi},
                         {"target", y},
                         {"actor_loss", actor_loss},
                         {"entropy", -log_prob},
                         {"temperature", temperature()},
                         {"action_distance", action_distance}});
}

at::Tensor SimplifiedQ::bootstrap_target(const Batch& batch, at::Generator& rng) {
  at::NoGradGuard no_gradient;
  const auto next_action = policy_actions(actor_->distribution(batch.next_obs), 1, rng).squeeze(1);  // [B, A]
  const auto next_q = critic_->q(critic_->encode(batch.next_obs), next_action).amin(0);              // [E, B] -> [B]
  return losses::td_target(batch.reward, batch.discount, next_q);
}

at::Tensor SimplifiedQ::penalized_actions(const SquashedGaussian& policy, at::Generator& rng) const {
  const auto B = policy.mean.size(0), N = config_.num_action_samples;
  return config_.mu == ActionSource::kUniform ? uniform_actions({B, N, action_.dim}, rng)
                                              : policy_actions(policy, N, rng);
}

at::Tensor SimplifiedQ::penalize(const at::Tensor& action, const at::Tensor& sampled,
                                 const at::Tensor& q_sampled) const {
  return config_.penalty == PenaltyWeight::kDistance ? losses::distance_penalty(action, sampled, q_sampled)
                                                     : losses::uniform_penalty(q_sampled);
}

at::Tensor SimplifiedQ::uniform_actions(at::IntArrayRef sizes, at::Generator& rng) const {
  return at::empty(sizes, at::TensorOptions(at::kFloat).device(device_)).uniform_(-1, 1, rng);
}

// N actions a state, constants: [B, N, A].
at::Tensor SimplifiedQ::policy_actions(const SquashedGaussian& policy, int64_t n, at::Generator& rng) const {
  at::NoGradGuard no_gradient;
  const auto noise = standard_normal({n, policy.mean.size(0), action_.dim}, policy.mean, rng);  // [N, B, A]
  return policy.sample(noise).action.transpose(0, 1);
}

void SimplifiedQ::begin_stage(Stage stage) {
  stage_ = stage;
  const auto offline = config_.optimizer.learning_rate;
  const auto online =
      config_.online_learning_rate.value_or(inputs_.has_frozen_encoder() ? kFrozenOnlineLearningRate : offline);
  const auto rate = stage == Stage::kOnline ? online : offline;
  critic_optimizer_->set_learning_rate(rate);
  actor_optimizer_->set_learning_rate(rate);
  if (temperature_optimizer_) temperature_optimizer_->set_learning_rate(rate);
}

std::vector<ConfigNode> SimplifiedQ::default_phases(const SimplifiedQConfig& config, const std::string& learner,
                                                    bool environment) {
  std::vector<ConfigNode> phases{phase_of(learner, learner + "_offline", "{type: learn, updates: 100000}")};
  if (environment) {
    const auto only = [](const std::string& name) { return ConfigNode::list({ConfigNode::scalar(name, true)}); };
    phases.push_back(
        phase_of(learner, learner + "_online", "{type: interleave, episodes: 200, updates_per_episode: 60}")
            .with("into", only(config.online_source))
            .with("successes_into", only(config.offline_source)));
  }
  return phases;
}

std::vector<BatchRequest> SimplifiedQ::sample_plan() const {
  BatchRequest request{.name = kBatch, .size = config_.batch_size, .n_step = config_.n_step, .gamma = config_.gamma};
  inputs_.describe(request);
  const double online = stage_ == Stage::kOnline ? config_.online_share : 0.0;
  if (online < 1) request.sources.push_back({.source = config_.offline_source, .share = 1 - online});
  if (online > 0) request.sources.push_back({.source = config_.online_source, .share = online, .optional = online < 1});
  return {request};
}

CriticOutput SimplifiedQ::evaluate(const Observation& obs, const at::Tensor& action) {
  at::NoGradGuard no_gradient;
  return critic_->forward(critic_->encode(obs), action);
}

at::Tensor SimplifiedQ::temperature() const { return log_temperature_.detach().exp(); }

std::unique_ptr<Policy> SimplifiedQ::policy() const { return std::make_unique<ActorPolicy>(actor_->copy(), action_); }

void SimplifiedQ::save(Parts& parts) const {
  save_module(parts["critic"], *critic_);
  save_module(parts["actor"], *actor_);
  critic_optimizer_->save(parts["critic_optimizer"]);
  actor_optimizer_->save(parts["actor_optimizer"]);
  auto& learner = parts["learner"];
  learner.host = {{"noise", noise_.counter()}, {"pairs", pairs_.counter()}, {"inputs", inputs_.hash()}};
  if (temperature_optimizer_) {
    learner.tensors["log_temperature"] = log_temperature_.detach().cpu().clone();
    temperature_optimizer_->save(learner, "temperature_optimizer.");
  }
}

void SimplifiedQ::load(const Parts& parts) {
  const auto& learner = require_part(parts, "learner");
  inputs_.check_hash(require_host<std::string>("learner", learner, "inputs"));
  load_module(require_part(parts, "critic"), *critic_);
  load_module(require_part(parts, "actor"), *actor_);
  critic_optimizer_->load(require_part(parts, "critic_optimizer"));
  actor_optimizer_->load(require_part(parts, "actor_optimizer"));
  noise_.set_counter(require_host<uint64_t>("learner", learner, "noise"));
  pairs_.set_counter(require_host<uint64_t>("learner", learner, "pairs"));
  if (temperature_optimizer_) {
    at::NoGradGuard no_gradient;
    log_temperature_.copy_(require_tensor("learner", learner, "log_temperature"));
    temperature_optimizer_->load(learner, "temperature_optimizer.");
  }
}

}  // namespace onramp
