// What scripted experts share: they act row by row on what only the simulator knows, and remember an attempt a row. Internal.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "onramp/core/tensor_io.h"
#include "onramp/data/policy.h"

namespace onramp {

/// @tparam Attempt  what is remembered of one; as constructed it has not begun
template <class Attempt>
class ScriptedExpert : public Policy {
 public:
  explicit ScriptedExpert(ActionSpec action) : action_(std::move(action)) {}

  const ActionSpec& action_spec() const final { return action_; }

  std::unique_ptr<PolicyState> begin(int64_t batch) final {
    auto state = std::make_unique<State>();
    state->rows.resize(static_cast<size_t>(batch));
    return state;
  }

  // Both modes draw: its errors are its skill, and what is scored should be what was recorded.
  Action act(const Observation& obs, PolicyState& state, ActMode, Rng& random) final {
    auto& rows = dynamic_cast<State&>(state).rows;
    const auto& privileged = obs.at("privileged");
    const auto values = copy_to_vector<float>(privileged);
    const auto B = privileged.size(0), width = privileged.size(1);
    std::vector<float> actions;
    for (int64_t b = 0; b < B; ++b) {
      const std::span<const float> row(values.data() + b * width, static_cast<size_t>(width));
      const auto action = act_one(row, rows.at(static_cast<size_t>(b)), random);
      for (size_t i = 0; i < static_cast<size_t>(action_.dim); ++i) {
        actions.push_back(static_cast<float>(std::clamp(action.at(i), -1.0, 1.0)));
      }
    }
    return {copy_to_tensor<float>(actions, {B, action_.dim}), {}};
  }

 private:
  struct State final : PolicyState {
    std::vector<Attempt> rows;
    void reset(int64_t row) override { rows.at(static_cast<size_t>(row)) = {}; }
  };

  /// @param row  the observation's `privileged`
  /// @return the action, still to be clipped; the gripper's is left out where the environment has none
  virtual std::array<double, 7> act_one(std::span<const float> row, Attempt& attempt, Rng& random) const = 0;

  const ActionSpec action_;
};

}  // namespace onramp
