#include "onramp/algorithms/redq_critic.h"

#include <torch/types.h>

#include <utility>

#include "onramp/algorithms/action_samples.h"
#include "onramp/base/error.h"
#include "onramp/losses/td.h"
#include "onramp/nn/state.h"

namespace onramp {

void check_redq(const RedqCriticConfig& config, const ActorCriticConfig& agent) {
  if (config.subset > agent.critic.ensemble) {
    throw ConfigError(concat("subset = ", config.subset, ", want at most critic.ensemble = ", agent.critic.ensemble));
  }
  if (config.utd_form == UtdForm::kSplit && agent.batch_size % config.utd != 0) {
    throw ConfigError(concat("batch_size = ", agent.batch_size, " cannot be cut into utd = ", config.utd,
                             " equal parts; change one of them, or set utd_form: each"));
  }
  if (config.value_range && !((*config.value_range)[0] < (*config.value_range)[1])) {
    throw ConfigError(concat("value_range = [", (*config.value_range)[0], ", ", (*config.value_range)[1],
                             "]: want the least first, then the most"));
  }
}

void check_entropy_backup(const RedqCriticConfig& config, const EntropyBackupConfig& target) {
  if (!config.value_range || !target.entropy_backup) return;
  throw ConfigError(
      "value_range bounds what rewards can earn, and with entropy_backup: true targets hold the policy's entropy too; "
      "set value_range: null, or entropy_backup: false, in a run.folder of its own where a run has begun with both");
}

RedqCritic::RedqCritic(const RedqCriticConfig& config, const ActorCriticConfig& agent, ActorCritic& net, uint64_t seed,
                       const std::string& method)
    : config_(config),
      batch_size_(agent.batch_size),
      net_(net),
      target_(net.critic().copy()),
      members_(seed, method + "/members") {
  check_redq(config, agent);
  set_trainable(*target_, false);
  flatten_parameters(*target_);
}

void RedqCritic::describe(BatchRequest& request) const {
  request.size = config_.utd_form == UtdForm::kSplit ? batch_size_ / config_.utd : batch_size_;
  request.minibatches = config_.utd;
  request.value_range = config_.value_range;
}

std::vector<Minibatch> RedqCritic::minibatches(const Batch& batch) const {
  const auto rows = batch.size() / config_.utd;
  ONRAMP_CHECK(rows * config_.utd == batch.size(), batch.size(), " rows for ", config_.utd, " steps");
  std::vector<Minibatch> parts;
  for (int64_t begin = 0; begin < batch.size(); begin += rows) {
    parts.push_back({.rows = batch.slice(begin, begin + rows), .begin = begin});
  }
  return parts;
}

RedqStep RedqCritic::improve(const Batch& batch, const EntropyBackupConfig& target, at::Generator& rng) {
  // The policy stands still meanwhile: its actions at all s' in one pass.
  const auto next = policy_actions(net_.actor().distribution_constant(batch.next_obs), 1, rng);  // [B, 1, A], [B, 1]
  RedqStep step;
  for (const auto& part : minibatches(batch)) {
    const auto& rows = part.rows;
    // TD: fit every Q_e to y = r + discount min_{e in M} Q'_e(s', a'), a' ~ pi(s'), M a random subset.
    auto next_value = least_of_some(rows.next_obs, part.of(next.action).squeeze(1));  // [B / utd]
    if (target.entropy_backup) next_value = next_value - net_.temperature() * part.of(next.log_prob).squeeze(1);
    step = fit(rows.obs, rows.action, td_target(rows, next_value));
  }
  return step;
}

at::Tensor RedqCritic::least_of_some(const Observation& next_obs, const at::Tensor& next_action) {
  at::NoGradGuard no_gradient;
  const auto members = draw_members();
  return target_->q_of(members, target_->encode(next_obs), next_action).amin(0);  // [M, B, ...] -> [B, ...]
}

RedqStep RedqCritic::fit(const Observation& obs, const at::Tensor& action, const at::Tensor& y,
                         const CriticTerm* term) {
  Critic& critic = net_.critic();
  const auto encoded = critic.encode(net_.see(obs));
  RedqStep step;
  if (term) {
    const auto q = critic.q(encoded, at::cat({action.unsqueeze(1), term->action}, 1));  // [E, B, 1 + K]
    step.critic = {.q_data = q.select(-1, 0), .q_sampled = q.narrow(-1, 1, q.size(-1) - 1), .target = y};
    step.term = term->loss(step.critic.q_data, step.critic.q_sampled);
    step.loss = losses::td_mse(step.critic.q_data, y) + term->weight * step.term;
  } else {
    step.critic = {.q_data = critic.q(encoded, action), .q_sampled = {}, .target = y};  // [E, B]
    step.loss = losses::td_mse(step.critic.q_data, y);
  }
  net_.critic_optimizer().minimize(step.loss);
  // Target network: theta' <- (1 - tau) theta' + tau theta.
  polyak_update(*target_, critic, config_.target_rate);
  return step;
}

at::Tensor RedqCritic::td_target(const Batch& rows, const at::Tensor& next_value) const {
  const auto y = losses::td_target(rows.reward, rows.discount, next_value);
  return config_.value_range ? y.clamp((*config_.value_range)[0], (*config_.value_range)[1]) : y;
}

std::vector<int64_t> RedqCritic::draw_members() {
  Rng rng = members_.next();
  std::vector<int64_t> all(static_cast<size_t>(target_->ensemble()));
  for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<int64_t>(i);
  const auto M = static_cast<size_t>(config_.subset);
  for (size_t i = 0; i < M; ++i) {  // the beginning of a shuffle: without replacement
    std::swap(all[i], all[i + static_cast<size_t>(rng.below(static_cast<int64_t>(all.size() - i)))]);
  }
  all.resize(M);
  return all;
}

void RedqCritic::start_target_anew() { copy_module(*target_, net_.critic()); }

void RedqCritic::save(Parts& parts) const {
  save_module(parts["target_critic"], *target_);
  parts["target_critic"].host = {{"members", members_.counter()}};
}

void RedqCritic::load(const Parts& parts) {
  const auto& part = require_part(parts, "target_critic");
  load_module(part, *target_);
  members_.set_counter(require_host<uint64_t>("target_critic", part, "members"));
}

}  // namespace onramp
