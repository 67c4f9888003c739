// A small SimplifiedQ, and one whose networks a test writes by hand.
#pragma once

#include <map>
#include <string>

#include "learner_testing.h"
#include "onramp/algorithms/simplified_q.h"

namespace onramp::test {

inline SimplifiedQConfig small_config() {
  SimplifiedQConfig config;
  config.batch_size = 32;
  config.num_action_samples = 3;
  config.critic.mlp.hidden = {16, 16};
  config.actor.mlp.hidden = {16, 16};
  config.input.normalize = false;
  return config;
}

inline void set_weights(SimplifiedQ& agent, const std::string& part, const std::map<std::string, at::Tensor>& weights) {
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
inline SimplifiedQConfig by_hand_config(int64_t units, int64_t ensemble = 1) {
  auto config = small_config();
  config.optimizer.learning_rate = 0;
  config.temperature = 0.0;
  config.critic.mlp.hidden = {units};
  config.critic.ensemble = ensemble;
  config.actor.mlp.hidden = {1};
  config.actor.log_std_min = -20;
  return config;
}

inline void act_by_the_sign_of_the_state(SimplifiedQ& agent) {
  set_weights(agent, "actor",
              {{"weight_0", rows({{1}})},
               {"bias_0", at::zeros({1})},
               {"weight_out", rows({{20}, {0}})},  // mean, log standard deviation
               {"bias_out", at::tensor({0.0F, -20.0F})}});
}

inline double metric(const Metrics& metrics, const std::string& name) {
  for (const auto& [key, value] : metrics) {
    if (key == name) return value.item<double>();
  }
  ADD_FAILURE() << "no metric " << name;
  return 0.0;
}

}  // namespace onramp::test
