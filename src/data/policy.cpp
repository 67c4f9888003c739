#include "onramp/data/policy.h"

#include <utility>

#include "onramp/base/error.h"
#include "onramp/data/acting.h"

namespace onramp {

const ObservationSpec& Policy::observation_spec() const {
  static const ObservationSpec nothing_said;
  return nothing_said;
}

at::Tensor Policy::propose(const Observation& obs, PolicyState& state, ActMode mode, Rng& random) {
  return act(obs, state, mode, random).action;
}

LogProbEntropy Policy::evaluate(const Observation&, const at::Tensor&) {
  throw Error("this policy offers no density of its actions; use one that does (a Gaussian one, say)");
}

RatedAction Policy::act_rated(const Observation& obs, PolicyState& state, ActMode mode, Rng& random) {
  auto action = act(obs, state, mode, random).action;
  auto density = evaluate(obs, action);
  return {.action = std::move(action), .density = std::move(density)};
}

at::Tensor Policy::sample(const Observation&, int64_t, Rng&) {
  throw Error("this policy cannot draw several actions of one state; use one that can (a Gaussian one, say)");
}

ActMode act_mode(ActSetting setting, const Policy& policy) {
  if (setting == ActSetting::kAuto) return policy.usual_mode();
  return setting == ActSetting::kMode ? ActMode::kMode : ActMode::kSample;
}

std::optional<Acting> who_acted(const Action& action, int64_t row) {
  for (const auto& column : action.info) {
    if (column.name == kActingColumn)
      return column.value.select(0, row).item<float>() > 0.5F ? Acting::kCloned : Acting::kLearned;
  }
  return std::nullopt;
}

std::optional<Acting> who_acted(const Episode& episode, int64_t step) {
  ONRAMP_CHECK(step >= 0 && step < episode.length(), "step ", step, " of ", episode.length());
  const auto found = episode.extra.find(kActingColumn);
  if (found == episode.extra.end()) return std::nullopt;
  const auto& [width, values] = found->second;
  return values[static_cast<size_t>(step * width)] > 0.5F ? Acting::kCloned : Acting::kLearned;
}

}  // namespace onramp
