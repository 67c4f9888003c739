#include "onramp/data/acting.h"

#include "onramp/base/error.h"

namespace onramp {

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
