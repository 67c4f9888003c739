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
}

RedqStep RedqCritic::improve(const Batch& batch, at::Generator& rng) {
  const auto rows = batch.size() / config_.utd;
  ONRAMP_CHECK(rows * config_.utd == batch.size(), batch.size(), " rows for ", config_.utd, " steps");
  // The policy stands still meanwhile: its actions at all s' in one pass.
  const auto next = policy_actions(net_.actor().distribution_constant(batch.next_obs), 1, rng);  // [B, 1, A], [B, 1]
  RedqStep step;
  for (int64_t begin = 0; begin < batch.size(); begin += rows) {
    const auto part = batch.slice(begin, begin + rows);
    const auto next_action = next.action.narrow(0, begin, rows).squeeze(1);      // [B / utd, A]
    const auto next_log_prob = next.log_prob.narrow(0, begin, rows).squeeze(1);  // [B / utd]
    // TD: fit every Q_e to y = r + discount min_{e in M} Q'_e(s', a'), a' ~ pi(s'), M a random subset.
    auto next_value = least_of_some(part.next_obs, next_action);  // [B / utd]
    if (config_.entropy_backup) next_value = next_value - net_.temperature() * next_log_prob;
    step = fit(part.obs, part.action, losses::td_target(part.reward, part.discount, next_value));
  }
  return step;
}

RedqStep RedqCritic::fit(const Observation& obs, const at::Tensor& action, const at::Tensor& y) {
  Critic& critic = net_.critic();
  const auto q = critic.q(critic.encode(net_.see(obs)), action);  // [E, B]
  const auto loss = losses::td_mse(q, y);
  net_.critic_optimizer().minimize(loss);
  // Target network: theta' <- (1 - tau) theta' + tau theta.
  polyak_update(*target_, critic, config_.target_rate);
  return {.loss = loss, .critic = {.q_data = q, .q_sampled = {}, .target = y}};
}

at::Tensor RedqCritic::least_of_some(const Observation& next_obs, const at::Tensor& next_action) {
  at::NoGradGuard no_gradient;
  const auto members = draw_members();
  return target_->q_of(members, target_->encode(next_obs), next_action).amin(0);  // [M, B] -> [B]
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
