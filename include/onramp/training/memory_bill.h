// What a run says of memory and disk before it starts.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "onramp/data/frame_space.h"
#include "onramp/data/spec.h"

namespace onramp {

struct PhaseNeeds;

/// What the episodes of a run come to, at most.
struct MemoryBill {
  int64_t episodes = 0;               ///< that it will record
  int64_t steps = 0;                  ///< of each
  int64_t more_steps = 0;             ///< that it will record beside them, in nobody knows how many episodes
  int64_t recorded_rows = 0;          ///< observations of the data that it starts with
  void add(const PhaseNeeds& needs);  ///< what a phase will record
  /// Steps beside `episodes`, of which each may end an episode; the last episode is made to its end.
  int64_t loose_steps() const { return more_steps > 0 ? more_steps + steps : 0; }
  /// Observations in all, at most.
  int64_t rows() const { return recorded_rows + episodes * (steps + 1) + 2 * loose_steps(); }
  /// Those to reserve space for: with episodes of full length where their number is not known.
  int64_t likely_rows() const {
    const int64_t loose_episodes = steps > 0 ? loose_steps() / steps + 1 : 0;
    return recorded_rows + episodes * (steps + 1) + loose_steps() + loose_episodes;
  }
};

/// "at most 1.2 GB for 350 episodes of 60 steps; 0.7 GB of it, images beyond 0.5 GB, lie in a file in runs/x".
/// @param folder  of the run
std::string memory_bill_text(const MemoryBill& bill, const ObservationSpec& observation, const ActionSpec& action,
                             const FrameSpaceConfig& config, const std::filesystem::path& folder);

}  // namespace onramp
