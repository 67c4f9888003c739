// The conservative term of the CQL baselines, in its two forms: Simplified Q's penalty, so that methods differ in nothing
// else, or CQL(H) as it was published. Losses: losses/simplified_q.h, losses/cql.h.
#pragma once

#include <array>
#include <cstdint>
#include <utility>

#include "onramp/algorithms/penalty.h"
#include "onramp/base/config.h"

namespace onramp {

/// Which term lowers values: that of Simplified Q, or the one published as CQL(H).
enum class CqlForm : uint8_t { kPenalty, kStandard };
constexpr auto enum_names(CqlForm*) {
  return std::array{std::pair{CqlForm::kPenalty, "penalty"}, std::pair{CqlForm::kStandard, "standard"}};
}

/// Settings of the conservative term.
struct ConservativeConfig : PenaltyConfig {
  double alpha = 1.0;
  CqlForm cql = CqlForm::kPenalty;
  bool importance = true;
  template <class V>
  void fields(V& v) {
    v("alpha", alpha, "weight of the conservative term", at_least(0.0));
    v("cql", cql,
      "penalty: that of simplified_q (mu, penalty); standard: CQL(H), the log-sum-exp over actions, for which mu and "
      "penalty "
      "say nothing; its target has one next action all the same, not the largest value of several");
    v("importance", importance,
      "standard alone: weigh actions by the densities they were drawn with; else none, the data's action among them");
    PenaltyConfig::fields(v);
  }
};

/// Actions whose values are lowered at s, constants.
struct ConservativeActions {
  at::Tensor action;                           ///< [B, M, A]: N of mu; or N uniform, N of pi(s), N of pi(s'): M = 3 N
  at::Tensor log_prob_current, log_prob_next;  ///< standard form alone: log pi(a'|s), log pi(a'|s'), [B, N]
};

/// Those of CQL(H). @param policy, next_policy  pi(.|s), pi(.|s')
ConservativeActions cql_actions(int64_t n, const SquashedGaussian& policy, const SquashedGaussian& next_policy,
                                at::Generator& rng);

/// CQL(H), mean over critics and batch. @param importance as in ConservativeConfig. @param q_data [E, B]
/// @param q_sampled at sampled.action [E, B, 3 N]
/// @param mc_return  Cal-QL: values of the policy's actions count as at least this, float [B]; undefined: CQL
/// @return float []
at::Tensor cql_term(bool importance, const ConservativeActions& sampled, const at::Tensor& q_data,
                    const at::Tensor& q_sampled, const at::Tensor& mc_return = {});

/// @param policy, next_policy  pi(.|s), pi(.|s')
ConservativeActions conservative_actions(const ConservativeConfig& config, const SquashedGaussian& policy,
                                         const SquashedGaussian& next_policy, at::Generator& rng);

/// The term to be added alpha times, mean over critics and batch.
/// @param action of the data [B, A]. @param q_data [E, B]. @param q_sampled at sampled.action [E, B, M]. @return float []
at::Tensor conservative_term(const ConservativeConfig& config, const at::Tensor& action,
                             const ConservativeActions& sampled, const at::Tensor& q_data, const at::Tensor& q_sampled);

}  // namespace onramp
