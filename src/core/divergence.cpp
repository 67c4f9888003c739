#include "onramp/core/divergence.h"

#include <cmath>

#include "onramp/base/error.h"

namespace onramp {

void DivergenceWatch::check(const std::string& phase, int64_t step,
                            std::span<const std::pair<std::string, double>> values) {
  const auto bad = [&](double value) { return !(std::abs(value) <= config_.limit); };  // NaN too

  std::string first, others;
  double first_value = 0.0;
  for (const auto& [name, value] : values) {
    if (!bad(value)) continue;
    if (first.empty()) {
      first = name;
      first_value = value;
    } else {
      others += (others.empty() ? "" : ", ") + name;
    }
  }
  if (!first.empty()) {
    const auto seen = last_.find(phase + "/" + first);
    throw DivergenceError(concat(
        phase, " step ", step, ": ", first, " is ", first_value,
        std::isfinite(first_value) ? concat(", beyond ", config_.limit) : std::string(),
        seen != last_.end() ? concat(" (it was ", seen->second.value, " at step ", seen->second.step, ")")
                            : std::string(),
        others.empty() ? "" : "; with it went ", others,
        "; look at the data and the scale of the rewards, or begin anew in another folder with a lower learning rate"));
  }
  for (const auto& [name, value] : values) last_[phase + "/" + name] = {step, value};
}

}  // namespace onramp
