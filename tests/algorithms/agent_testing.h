// Small agents of the actor-critic family, and such whose networks a test writes by hand.
#pragma once

#include <cmath>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "learner_testing.h"
#include "onramp/algorithms/actor_critic.h"
#include "onramp/algorithms/penalty.h"

namespace onramp::test {

template <class Config>
Config small_agent() {
  Config config;
  config.batch_size = 32;
  if constexpr (requires { config.num_action_samples; }) config.num_action_samples = 3;
  config.critic.mlp.hidden = {16, 16};
  config.actor.mlp.hidden = {16, 16};
  config.input.normalize = false;
  return config;
}

template <class Config>
using Changes = std::vector<std::pair<const char*, std::function<void(Config&)>>>;

/// Settings that all agents of the family have, each at a second value; of those that penalise actions, of those with REDQ's
/// critic (of three members) and of those that calibrate, what they have more.
template <class Config>
Changes<Config> changes_of_common_settings() {
  Changes<Config> changes{
      {"temperature", [](Config& c) { c.temperature = 0.5; }},
      {"temperature 0", [](Config& c) { c.temperature = 0.0; }},
      {"initial_temperature", [](Config& c) { c.initial_temperature = 0.5; }},
      {"target_entropy", [](Config& c) { c.target_entropy = 3.0; }},
      {"learning_rate", [](Config& c) { c.optimizer.learning_rate = 1e-3; }},
      {"ensemble", [](Config& c) { c.critic.ensemble = 2; }},
      {"critic layer_norm", [](Config& c) { c.critic.mlp.layer_norm = !c.critic.mlp.layer_norm; }},
      {"actor hidden", [](Config& c) { c.actor.mlp.hidden = {8}; }},
      {"log_std_min", [](Config& c) { c.actor.log_std_min = -2; }},
      {"log_std_max", [](Config& c) { c.actor.log_std_max = 0; }},
  };
  if constexpr (requires { std::declval<Config&>().alpha; }) {
    changes.emplace_back("alpha", [](Config& c) { c.alpha = 2; });
  }
  if constexpr (requires { std::declval<Config&>().mu; }) {
    changes.emplace_back("mu", [](Config& c) { c.mu = ActionSource::kPolicy; });
    changes.emplace_back("penalty", [](Config& c) { c.penalty = PenaltyWeight::kUniform; });
    changes.emplace_back("num_action_samples", [](Config& c) { c.num_action_samples = 1; });
  }
  if constexpr (requires { std::declval<Config&>().subset; }) {
    changes.emplace_back("utd", [](Config& c) { c.utd = 2; });
    changes.emplace_back("subset", [](Config& c) { c.subset = 1; });
    changes.emplace_back("target_rate", [](Config& c) { c.target_rate = 0.5; });
  }
  if constexpr (requires { std::declval<Config&>().calibrate; }) {
    changes.emplace_back("calibrate", [](Config& c) { c.calibrate = false; });
    changes.emplace_back("importance", [](Config& c) { c.importance = false; });
    changes.emplace_back("num_action_samples", [](Config& c) { c.num_action_samples = 1; });
    changes.emplace_back("target_actions", [](Config& c) { c.target_actions = 1; });
  }
  return changes;
}

/// Hash over critic and actor of a small agent with one setting changed, after a few updates.
template <class A, class Config>
std::string networks_after(const std::function<void(Config&)>& change) {
  auto config = small_agent<Config>();
  change(config);
  A agent(config, state_context(3, 2));
  for (uint64_t i = 0; i < 3; ++i) agent.update({{"batch", random_batch(32, 3, 2, i + 1)}});
  const auto parts = saved(agent);
  return content_hash(parts.at("critic")) + content_hash(parts.at("actor"));
}

inline void set_weights(Learnable& agent, const std::string& part, const std::map<std::string, at::Tensor>& weights) {
  auto parts = saved(agent);
  for (const auto& [name, value] : weights) {
    auto& tensor = parts.at(part).tensors.at("mlp." + name);
    ASSERT_EQ(tensor.sizes(), value.sizes()) << name;
    tensor = value;
  }
  agent.load(parts);
}

/// One state s, one action a; nothing moves. The policy acts a = tanh(20 tanh(s)), which is the sign of s where |s| >= 0.5,
/// with a standard deviation of e^-20 before the tanh: a log-density of about 50.
template <class Config>
Config by_hand(int64_t units, int64_t ensemble = 1) {
  auto config = small_agent<Config>();
  config.optimizer.learning_rate = 0;
  config.temperature = 0.0;
  config.critic.mlp.hidden = {units};
  config.critic.ensemble = ensemble;
  config.actor.mlp.hidden = {1};
  config.actor.log_std_min = -20;
  return config;
}

inline void act_by_the_sign_of_the_state(Learnable& agent) {
  set_weights(agent, "actor",
              {{"weight_0", rows({{1}})},
               {"bias_0", at::zeros({1})},
               {"weight_out", rows({{20}, {0}})},  // mean, log standard deviation
               {"bias_out", at::tensor({0.0F, -20.0F})}});
}

/// Hidden units relu(s), relu(a), relu(-a), and of them
///   Q_0 = 2 relu(s) + relu(a) + 3 relu(-a)
///   Q_1 = 4 relu(a) - relu(-a) + 1
inline void value_by_hand(Learnable& agent, const std::string& part = "critic") {
  set_weights(agent, part,
              {{"weight_0", rows({{1, 0, 0}, {0, 1, -1}}).unsqueeze(0).repeat({2, 1, 1})},  // [E, 2, 3]
               {"bias_0", at::zeros({2, 3})},
               {"weight_out", rows({{2, 1, 3}, {0, 4, -1}}).unsqueeze(2)},  // [E, 3, 1]
               {"bias_out", rows({{0}, {1}})}});
}

/// One state and one action a row; no reward, no bootstrap.
inline Batch batch_of(const std::vector<float>& state, const std::vector<float>& action) {
  const auto B = static_cast<int64_t>(state.size());
  Batch batch;
  batch.obs = {{"state", at::tensor(state).unsqueeze(1)}};
  batch.next_obs = batch.obs;
  batch.action = at::tensor(action).unsqueeze(1);
  batch.reward = at::zeros({B});
  batch.discount = at::zeros({B});
  return batch;
}

/// One step to go: r(s, a) = 1 - (a - s)^2 with s in [-0.6, 0.6]; data actions uniform on [-1, 1].
inline Batch bandit_batch(int64_t B, uint64_t seed) {
  Batch batch;
  const auto s = 0.6 * uniforms({B, 1}, 3 * seed);
  batch.obs = {{"state", s}};
  batch.next_obs = batch.obs;
  batch.action = uniforms({B, 1}, 3 * seed + 1);
  batch.reward = 1 - (batch.action - s).square().squeeze(1);
  batch.discount = at::zeros({B});
  return batch;
}

template <class Config>
Config bandit_agent() {
  auto config = small_agent<Config>();
  if constexpr (requires { config.num_action_samples; }) config.alpha = 0;  // of a penalty
  config.temperature = 0.01;
  config.critic.mlp.hidden = {64, 64};
  config.optimizer.learning_rate = 2e-3;
  return config;
}

/// Where values are compared: 11 states by 9 actions, none at the border.
struct BanditGrid {
  const at::Tensor states = at::linspace(-0.6, 0.6, 11).unsqueeze(1);
  const at::Tensor actions = at::linspace(-0.8, 0.8, 9).reshape({1, 9, 1}).expand({11, 9, 1}).contiguous();
  const at::Tensor reward = 1 - (actions.squeeze(-1) - states).square();  // [11, 9]
};

/// A chain of 5 states, a > 0 moves right, else left; a step to the right of the last one ends with reward 1. The best policy
/// always goes right, and Q(i, right) = gamma^(4 - i).
inline constexpr int64_t kChainStates = 5;
inline constexpr double kChainGamma = 0.9;
inline Batch chain_batch(int64_t B, uint64_t seed) {
  const auto one_hot = at::eye(kChainStates);
  const auto i = at::randint(kChainStates, {B}, generator_of(seed), at::TensorOptions(at::kLong));
  Batch batch;
  batch.action = uniforms({B, 1}, seed + 1);
  const auto right = batch.action.squeeze(1) > 0;
  const auto next = at::where(right, i + 1, (i - 1).clamp_min(0));
  const auto end = next == kChainStates;
  batch.obs = {{"state", one_hot.index_select(0, i)}};
  batch.next_obs = {{"state", one_hot.index_select(0, next.clamp_max(kChainStates - 1))}};
  batch.reward = end.to(at::kFloat);
  batch.discount = kChainGamma * (1 - batch.reward);
  return batch;
}

/// Largest errors of a trained agent's values, and whether its policy goes right everywhere.
template <class A>
void expect_chain_learned(A& agent, double bound) {
  const auto one_hot = at::eye(kChainStates);
  const auto actions = at::tensor({0.5F, -0.5F}).reshape({1, 2, 1}).expand({kChainStates, 2, 1}).contiguous();
  const auto q = agent.evaluate({{"state", one_hot}}, actions).q[0];  // [5, 2]
  const auto right = at::tensor({0.6561F, 0.729F, 0.81F, 0.9F, 1.0F});
  const auto left = at::tensor({0.59049F, 0.59049F, 0.6561F, 0.729F, 0.81F});  // one step back, then right
  expect_below("chain, right", (q.select(1, 0) - right).abs().max().template item<double>(), bound);
  expect_below("chain, left", (q.select(1, 1) - left).abs().max().template item<double>(), bound);
  auto policy = agent.policy();
  auto random = RandomStream(1, "act").next();
  const auto action = policy->act({{"state", one_hot}}, *policy->begin(kChainStates), ActMode::kMode, random).action;
  EXPECT_TRUE((action > 0).all().template item<bool>()) << action;
}

/// 10 demonstrations of 20 steps from the unit circle to its centre, at half speed with little noise: actions cover a narrow
/// part of the box. The last step earns 1 and ends the episode, so no return is above 1.
inline Batch circle_demonstrations(uint64_t seed) {
  constexpr int64_t kEpisodes = 10, kSteps = 20;
  const auto angle = M_PI * uniforms({kEpisodes}, 100 * seed);
  auto position = at::stack({angle.cos(), angle.sin()}, 1);  // [10, 2]
  std::vector<at::Tensor> obs, next, action, reward, mc_return;
  for (int64_t t = 0; t < kSteps; ++t) {
    const auto noise = 0.05 * normals({kEpisodes, 2}, 100 * seed + 1 + t);
    const auto towards = -0.5 * position / position.norm(2, 1, /*keepdim=*/true).clamp_min(1e-3);
    obs.push_back(position);
    action.push_back((towards + noise).clamp(-1, 1));
    position = position + 0.1 * action.back();
    next.push_back(position);
    reward.push_back(at::full({kEpisodes}, t + 1 == kSteps ? 1.0 : 0.0));
    mc_return.push_back(at::full({kEpisodes}, std::pow(0.99, kSteps - 1 - t)));
  }
  Batch all;
  all.obs = {{"state", at::cat(obs)}};
  all.next_obs = {{"state", at::cat(next)}};
  all.action = at::cat(action);
  all.reward = at::cat(reward);
  all.discount = 0.99 * (1 - all.reward);
  all.columns["mc_return"] = at::cat(mc_return).to(at::kFloat);
  return all;
}

/// @param rows int64 [B]
inline Batch rows_at(const Batch& data, const at::Tensor& rows) {
  Batch batch;
  batch.obs = data.obs.index_select(rows);
  batch.next_obs = data.next_obs.index_select(rows);
  batch.action = data.action.index_select(0, rows);
  batch.reward = data.reward.index_select(0, rows);
  batch.discount = data.discount.index_select(0, rows);
  for (const auto& [name, column] : data.columns) batch.columns[name] = column.index_select(0, rows);
  return batch;
}

/// `batch_size` rows of them, drawn anew for each update.
inline Batch rows_of(const Batch& data, int64_t batch_size, uint64_t seed) {
  return rows_at(data, at::randint(data.size(), {batch_size}, generator_of(seed), at::TensorOptions(at::kLong)));
}

inline double metric(const Metrics& metrics, const std::string& name) {
  for (const auto& [key, value] : metrics) {
    if (key == name) return value.item<double>();
  }
  ADD_FAILURE() << "no metric " << name;
  return 0.0;
}

/// What networks see in tests with pictures: parts that earlier phases would hand over.
inline Parts handed_over(uint64_t seed = 1) {
  auto generator = generator_of(seed);
  Parts parts;
  parts["encoder"] =
      save_encoder(ImageEncoders(picture_and_state(), EncoderConfig{.feature_dim = 8, .channels = {4, 4}}, generator));
  parts["normalizer"] = save_normalizer(fit_normalizer({{"state", normals({50, 3}, seed)}}));
  return parts;
}

template <class Config>
Config small_agent_with_pictures(EncoderMode mode) {
  auto config = small_agent<Config>();
  config.input = {.images = mode, .encoder = {.feature_dim = 8, .channels = {4, 4}}};
  return config;
}

/// With encoders that are learned: first one for each network, then one that they share.
template <class A, class Config>
void expect_continues_end_to_end(Config config, const Parts& given, const Batch& batch) {
  for (const bool share : {false, true}) {
    config.input.share_encoder = share;
    A agent(config, picture_context(&given)), fresh(config, picture_context(&given));
    expect_continues_bit_for_bit(agent, fresh, {{"batch", batch}});
  }
}

}  // namespace onramp::test
