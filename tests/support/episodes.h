// Episodes made up for tests.
#pragma once

#include <string>

#include "onramp/base/random.h"
#include "onramp/data/episode.h"

namespace onramp::test {

/// State float [3] and picture uint8 [4, 5, 3], two actions. Observation t of the episode numbered `number` is
/// state = {number, t, noise}, and every pixel is a function of (number, t, position).
inline Episode make_episode(int64_t T, EndReason end, int64_t number = 0, bool with_image = true) {
  constexpr int64_t kPixels = int64_t{4} * 5 * 3;
  Episode episode;
  episode.observation_spec.entries = {
      {.name = "state", .dtype = DType::kFloat32, .shape = {3}, .fields = {"a", "b", "c"}}};
  if (with_image) {
    episode.observation_spec.entries.push_back(
        {.name = "wrist", .dtype = DType::kUint8, .shape = {4, 5, 3}, .low = 0, .high = 255});
  }
  episode.action_spec = {2, {"x_m", "y_m"}};
  Rng rng = RandomStream(static_cast<uint64_t>(number), "episode").at(0);
  for (int64_t t = 0; t <= T; ++t) {
    for (const double value : {static_cast<double>(number), static_cast<double>(t), rng.normal()}) {
      episode.vectors["state"].push_back(static_cast<float>(value));
    }
    for (int64_t i = 0; with_image && i < kPixels; ++i) {
      episode.images["wrist"].push_back(static_cast<uint8_t>(31 * number + 7 * t + i));
    }
  }
  for (int64_t t = 0; t < T; ++t) {
    for (int i = 0; i < 2; ++i) {
      episode.action.push_back(static_cast<float>(rng.uniform(-1.0, 1.0)));
      episode.executed_action.push_back(0.5F * episode.action.back());
    }
    episode.reward.push_back(static_cast<float>(rng.below(3)));
    episode.success.push_back(0);
    episode.extra["value"].values.push_back(static_cast<float>(t) + 0.25F);
  }
  if (end == EndReason::kSuccess) episode.success.back() = 1;
  episode.end = end;
  episode.meta = {{"number", std::to_string(number)}, {"task", "made up"}};
  return episode;
}

}  // namespace onramp::test
