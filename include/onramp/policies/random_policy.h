// Actions uniform in [-1, 1]^A, independent of everything: the floor that any policy is compared with.
#pragma once

#include "onramp/data/policy.h"

namespace onramp {

/// Thread safety: concurrent act().
class RandomPolicy final : public Policy {
 public:
  explicit RandomPolicy(ActionSpec action) : action_(std::move(action)) {}
  std::unique_ptr<PolicyState> begin(int64_t batch) override;
  /// Both modes draw.
  Action act(const Observation& obs, PolicyState& state, ActMode mode, Rng& random) override;
  const ActionSpec& action_spec() const override { return action_; }

 private:
  ActionSpec action_;
};

}  // namespace onramp
