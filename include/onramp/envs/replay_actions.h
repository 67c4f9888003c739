// Recorded actions played back in an environment: does the same happen again?
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "onramp/data/episode.h"
#include "onramp/envs/environment.h"

namespace onramp {

/// Differences between the recorded observations and those of the playback, in the entry's own units (pictures: 0..255).
struct EntryDrift {
  std::string entry;
  std::vector<double> max, mean;  ///< over the values of observation t, t = 0 .. steps
};

/// How far a played-back episode strayed from the recorded one.
struct ReplayDrift {
  int64_t steps = 0;  ///< played back; fewer than recorded when the environment ended first
  std::vector<EntryDrift> entries;
  std::vector<double> reward, executed_action;  ///< [steps]: absolute, and the largest of any value
  std::vector<uint8_t> success_differs;         ///< [steps]
  std::optional<EndReason> end;                 ///< of the playback; nothing: it went on
  std::vector<std::string> not_compared;        ///< recorded entries that the environment does not have in that shape

  double largest() const;                           ///< over observations, rewards, executed actions
  std::optional<int64_t> first_difference() const;  ///< the observation where anything differs
  /// One line: "60 steps repeated bit for bit, ended by time_limit as recorded".
  std::string verdict(const Episode& episode) const;
};

/// Resets with `seed` and steps with the recorded actions (those asked for) until the episode's or the environment's end.
/// @throws DataError when the actions do not fit the environment
ReplayDrift replay_actions(Environment& environment, const Episode& episode, uint64_t seed);

}  // namespace onramp
