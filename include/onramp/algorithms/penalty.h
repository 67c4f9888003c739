// The penalty of Simplified Q on the values of actions that the data do not hold (appendix E): which actions, and how much.
// Loss: losses/simplified_q.h.
#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <utility>

#include "onramp/base/config.h"
#include "onramp/nn/distributions.h"

namespace onramp {

/// Where penalised actions come from (Simplified Q, fig. 7).
enum class ActionSource : uint8_t { kUniform, kPolicy };
constexpr auto enum_names(ActionSource*) {
  return std::array{std::pair{ActionSource::kUniform, "uniform"}, std::pair{ActionSource::kPolicy, "policy"}};
}

/// How penalised actions are weighted (Simplified Q, app. E).
enum class PenaltyWeight : uint8_t { kDistance, kUniform };
constexpr auto enum_names(PenaltyWeight*) {
  return std::array{std::pair{PenaltyWeight::kDistance, "distance"}, std::pair{PenaltyWeight::kUniform, "uniform"}};
}

/// Settings of the penalty.
struct PenaltyConfig {
  ActionSource mu = ActionSource::kUniform;
  PenaltyWeight penalty = PenaltyWeight::kDistance;
  int64_t num_action_samples = 10;
  template <class V>
  void fields(V& v) {
    v("mu", mu, "where penalised actions come from: uniform on the box, or the policy (Simplified Q, fig. 7)");
    v("penalty", penalty,
      "weight of a penalised action: its distance from the data's action (Simplified Q, app. E), or 1");
    v("num_action_samples", num_action_samples, "penalised actions a state", at_least(1));
  }
};

/// a' ~ mu, constants. @return float [B, N, A]
at::Tensor penalized_actions(const PenaltyConfig& config, const SquashedGaussian& policy, at::Generator& rng);

/// @param action of the data [B, A]. @param sampled a' [B, N, A]. @param q_sampled Q(s, a') [E, B, N]. @return float []
at::Tensor penalize(const PenaltyConfig& config, const at::Tensor& action, const at::Tensor& sampled,
                    const at::Tensor& q_sampled);

}  // namespace onramp
