// A replay of four small episodes, and requests for it.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "onramp/data/sampler.h"
#include "support/episodes.h"

namespace onramp::test {

/// Sources "offline" (episodes 0, 1, 2 of 3, 5, 4 steps) and "online" (episodes 2, 3; 3 of 6 steps), 2 is a success.
inline Replay make_replay() {
  const auto first = make_episode(3, EndReason::kTimeLimit, 0);
  Replay replay(first.observation_spec, first.action_spec);
  replay.add_source("offline");
  replay.add_source("online", {.reward = {.scale = 10.0, .bias = -1.0}});
  replay.add_source("empty");
  replay.add(first, {"offline"});
  replay.add(make_episode(5, EndReason::kFailure, 1), {"offline"});
  replay.add(make_episode(4, EndReason::kSuccess, 2), {"offline", "online"});
  replay.add(make_episode(6, EndReason::kTimeLimit, 3), {"online"});
  return replay;
}

inline BatchRequest request_of(std::vector<SourceShare> sources, int64_t size = 256) {
  return {.size = size, .sources = std::move(sources)};
}

inline int64_t number(const Observation& obs, int64_t row) { return obs.at("state")[row][0].item<int64_t>(); }
inline int64_t step(const Observation& obs, int64_t row) { return obs.at("state")[row][1].item<int64_t>(); }

inline BatchRequest sequences_of(std::vector<SourceShare> sources, int64_t T, int64_t size = 256) {
  return {.size = size, .kind = SampleKind::kSequence, .sources = std::move(sources), .steps = T};
}

}  // namespace onramp::test
