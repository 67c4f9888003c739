#include "onramp/algorithms/actor_critic.h"

#include <torch/types.h>

#include <cmath>
#include <utility>

#include "onramp/algorithms/learner_factory.h"
#include "onramp/losses/q2rl.h"
#include "onramp/losses/sac.h"
#include "onramp/nn/state.h"
#include "onramp/policies/actor_policy.h"

namespace onramp {
namespace {
constexpr double kFrozenOnlineLearningRate = 5e-5;  // appendix E
}  // namespace

ActorCritic::ActorCritic(const ActorCriticConfig& config, const LearnerContext& context, const std::string& method,
                         const std::optional<BatchRenormConfig>& renorm)
    : config_(config),
      action_(context.action),
      target_entropy_(config.target_entropy.value_or(-static_cast<double>(context.action.dim))),
      inputs_(config.input, context),
      noise_(context.seed, method + "/noise", context.device) {
  TorchStream initial(context.seed, method + "/initial_weights");
  // A stream has one generator at a time: what draws first is written first.
  auto critic_encoder = inputs_.make_encoder(initial.next());
  critic_ = std::make_shared<Critic>(std::move(critic_encoder), action_.dim, config.critic, initial.next(), renorm);
  auto actor_encoder = inputs_.make_encoder_beside(critic_->encoder(), initial.next());
  actor_ = std::make_shared<SquashedGaussianActor>(std::move(actor_encoder), action_.dim, config.actor, initial.next());
  critic_->to(context.device);
  actor_->to(context.device);
  critic_optimizer_.emplace(*critic_, config.optimizer);
  actor_optimizer_.emplace(*actor_, config.optimizer);
  log_temperature_ = at::full({}, std::log(config.temperature.value_or(config.initial_temperature)),
                              at::TensorOptions(at::kFloat).device(context.device));
  if (!config.temperature) {
    log_temperature_.requires_grad_();
    AdamConfig optimizer = config.optimizer;  // its decay and norm are meant for weights
    optimizer.weight_decay = optimizer.max_grad_norm = 0.0;
    temperature_optimizer_.emplace(std::vector{log_temperature_}, optimizer);
  }
}

Observation ActorCritic::see(const Observation& obs) {
  return inputs_.shares_encoder() ? critic_->encode_pictures(obs) : obs;
}

Observation ActorCritic::see_constant(const Observation& obs) {
  at::NoGradGuard no_gradient;
  return see(obs);
}

PolicyStep ActorCritic::improve_policy(const SquashedGaussian& policy, const Batch& batch, at::Generator& rng,
                                       const PolicyObjective& objective) {
  const auto done = [&](const at::Tensor& action) { return objective.done ? objective.done(action) : action; };
  const auto noise = standard_normal(policy.mean.sizes(), policy.mean, rng);                  // [B, A]
  const auto [action, log_prob] = policy.sample(noise);                                       // [B, A], [B]
  const auto of_each = critic_->q(critic_->encode_constant(batch.obs), done(action));         // [E, B]
  const auto q = objective.value == EnsembleValue::kMin ? of_each.amin(0) : of_each.mean(0);  // [B]
  auto loss = losses::sac_actor(q, log_prob, objective.entropy ? temperature() : at::zeros({}, q.options()));
  if (objective.bc_weight > 0) {
    const auto log_prob_cloned = policy.log_prob(objective.cloned, kLikelihoodClip);  // [B]
    loss = losses::bc_regularized_actor(loss, log_prob_cloned, objective.bc_weight);
  }
  actor_optimizer_->minimize(loss);
  if (objective.entropy) hold_entropy(log_prob);
  const auto action_distance = (done(policy.mode()) - batch.action).norm(2, /*dim=*/-1);  // [B]
  return {.q = q, .log_prob = log_prob, .loss = loss, .action_distance = action_distance};
}

void ActorCritic::hold_entropy(const at::Tensor& log_prob) {
  if (!temperature_optimizer_) return;
  temperature_optimizer_->minimize(losses::sac_temperature(log_temperature_, log_prob, target_entropy_));
}

Metrics ActorCritic::metrics(Metrics losses, const CriticStep& critic_step, const PolicyStep& policy) const {
  at::NoGradGuard no_gradient;
  const Metrics common{{"q_data", critic_step.q_data},
                       {"q_data_max", critic_step.q_data.amax()},
                       {"q_sampled", critic_step.q_sampled},
                       {"q_policy", policy.q},
                       {"target", critic_step.target},
                       {"actor_loss", policy.loss},
                       {"entropy", -policy.log_prob},
                       {"temperature", temperature()},
                       {"action_distance", policy.action_distance}};
  for (const auto& metric : common) {
    if (metric.second.defined()) losses.push_back(metric);
  }
  for (auto& [name, value] : losses) value = value.dim() == 0 ? value.detach() : value.mean();
  return losses;
}

void ActorCritic::begin_stage(Stage stage) {
  stage_ = stage;
  const auto offline = config_.optimizer.learning_rate;
  const auto online =
      config_.online_learning_rate.value_or(inputs_.has_frozen_encoder() ? kFrozenOnlineLearningRate : offline);
  const auto rate = stage == Stage::kOnline ? online : offline;
  critic_optimizer_->set_learning_rate(rate);
  actor_optimizer_->set_learning_rate(rate);
  if (temperature_optimizer_) temperature_optimizer_->set_learning_rate(rate);
}

std::vector<ConfigNode> ActorCritic::default_phases(const ActorCriticConfig& config, const std::string& learner,
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

std::vector<std::string> ActorCritic::sources(const ActorCriticConfig& config, bool online) {
  const double share = online ? config.online_share : 0.0;
  std::vector<std::string> names;
  if (share < 1) names.push_back(config.offline_source);
  if (share > 0) names.push_back(config.online_source);
  return names;
}

std::vector<BatchRequest> ActorCritic::sample_plan() const {
  BatchRequest request{.name = kBatch, .size = config_.batch_size, .n_step = config_.n_step, .gamma = config_.gamma};
  inputs_.describe(request);
  const double online = stage_ == Stage::kOnline ? config_.online_share : 0.0;
  if (online < 1) request.sources.push_back({.source = config_.offline_source, .share = 1 - online});
  if (online > 0) request.sources.push_back({.source = config_.online_source, .share = online, .optional = online < 1});
  return {request};
}

CriticOutput ActorCritic::evaluate(const Observation& obs, const at::Tensor& action) {
  at::NoGradGuard no_gradient;
  return critic_->forward(critic_->encode(obs), action);
}

at::Tensor ActorCritic::temperature() const { return log_temperature_.detach().exp(); }

std::unique_ptr<Policy> ActorCritic::policy() const { return std::make_unique<ActorPolicy>(actor_->copy(), action_); }

void ActorCritic::save(Parts& parts) const {
  save_module(parts["critic"], *critic_);
  save_module(parts["actor"], *actor_);
  critic_optimizer_->save(parts["critic_optimizer"]);
  actor_optimizer_->save(parts["actor_optimizer"]);
  auto& learner = parts["learner"];
  learner.host = {{"noise", noise_.counter()}, {"inputs", inputs_.hash()}};
  if (temperature_optimizer_) {
    learner.tensors["log_temperature"] = log_temperature_.detach().cpu().clone();
    temperature_optimizer_->save(learner, "temperature_optimizer.");
  }
}

void ActorCritic::load(const Parts& parts) {
  const auto& learner = require_part(parts, "learner");
  inputs_.check_hash(require_host<std::string>("learner", learner, "inputs"));
  load_module(require_part(parts, "critic"), *critic_);
  load_module(require_part(parts, "actor"), *actor_);
  critic_optimizer_->load(require_part(parts, "critic_optimizer"));
  actor_optimizer_->load(require_part(parts, "actor_optimizer"));
  noise_.set_counter(require_host<uint64_t>("learner", learner, "noise"));
  if (temperature_optimizer_) {
    at::NoGradGuard no_gradient;
    log_temperature_.copy_(require_tensor("learner", learner, "log_temperature"));
    temperature_optimizer_->load(learner, "temperature_optimizer.");
  }
}

}  // namespace onramp
