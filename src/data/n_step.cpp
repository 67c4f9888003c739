#include "onramp/data/n_step.h"

#include <algorithm>

#include "onramp/base/error.h"

namespace onramp {

void RewardTransform::validate() const {
  if (scale == 0.0) throw ConfigError("scale = 0: success would earn nothing; want another number");
}

double lasting_return(double c, double gamma) {
  if (c == 0.0) return 0.0;
  if (gamma == 1.0) {
    throw ValueError(
        "gamma: want below 1 where a last reward goes on for ever, got 1; set mc_tail: zero, safety_stop: as_declared");
  }
  return c / (1.0 - gamma);
}

NStepReturn with_lasting_end(NStepReturn window, double last_reward, double gamma, const RewardTransform& transform) {
  window.reward += window.discount * lasting_return(transform(last_reward), gamma);
  window.discount = 0.0;
  return window;
}

std::vector<double> monte_carlo_returns(std::span<const float> reward, double gamma, bool cut_off_without_success,
                                        McTail mc_tail, const RewardTransform& transform) {
  if (!(gamma >= 0.0 && gamma <= 1.0)) throw ValueError(concat("gamma: want in [0, 1], got ", gamma));
  double follow = 0.0;  // G_{t+1}
  if (cut_off_without_success && mc_tail != McTail::kZero && !reward.empty()) {
    const bool constant = std::all_of(reward.begin(), reward.end(), [&](float r) { return r == reward.back(); });
    const double c = transform(reward.back());
    if (constant || mc_tail == McTail::kInfinite) follow = lasting_return(c, gamma);
  }
  std::vector<double> returns(reward.size());
  for (size_t t = reward.size(); t-- > 0;) returns[t] = follow = transform(reward[t]) + gamma * follow;
  return returns;
}

}  // namespace onramp
