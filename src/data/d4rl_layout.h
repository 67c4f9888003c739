// How onramp's episodes lie in a flat file of D4RL's layout:
//   observations, next_observations  float [N, D]: the vectors that are not privileged, one after another; where there are
//                                    none, the first picture, uint8 [N, H, W, C]
//   actions, rewards, terminals, timeouts, infos/success  as D4RL has them
//   onramp/episodes                  text [E]: head of each episode
//   onramp/observations/<name>       [N + E, ...]: the other entries, T + 1 rows an episode
//   onramp/executed_actions          float [N, A]
//   onramp/extra/<name>              float [M, W]: extra columns, of the episodes that have them
#pragma once

#include <string>
#include <vector>

#include "onramp/data/spec.h"

namespace onramp::detail {

inline const std::string kOwnEpisodes = "onramp/episodes";
inline const std::string kOwnObservations = "onramp/observations/";
inline const std::string kOwnExecuted = "onramp/executed_actions";
inline const std::string kOwnExtra = "onramp/extra/";

/// The entries that make up `observations`.
inline std::vector<EntrySpec> flat_entries(const ObservationSpec& spec) {
  std::vector<EntrySpec> flat;
  for (const auto& entry : spec.entries) {
    if (entry.dtype == DType::kFloat32 && !entry.privileged) flat.push_back(entry);
  }
  for (const auto& entry : spec.entries) {
    if (flat.empty() && entry.is_image()) flat.push_back(entry);
  }
  return flat;
}

inline bool is_flat(const std::vector<EntrySpec>& flat, const std::string& name) {
  for (const auto& entry : flat) {
    if (entry.name == name) return true;
  }
  return false;
}

}  // namespace onramp::detail
