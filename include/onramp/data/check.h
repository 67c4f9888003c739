// Is a recorded data set sound, and what is in it?
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "onramp/data/d4rl_reader.h"
#include "onramp/data/episode.h"

namespace onramp {

/// One thing that is wrong, where it begins.
struct Fault {
  std::string file;
  std::string field;     ///< "" when it concerns the file
  int64_t episode = -1;  ///< number in the file or of the file; -1: not of one episode
  int64_t step = -1;     ///< in the episode; -1: not of one step
  std::string what;
  std::string text() const;  ///< "FILE: actions: episode 3, step 17: ...", one line
};

/// What a data set holds.
struct DataSummary {
  std::string file;
  std::string kind;
  ObservationSpec observation;
  ActionSpec action;
  int64_t steps = 0;
  int64_t successes = 0;         ///< episodes with the flag at any step
  int64_t successes_at_end = 0;  ///< with the flag at the last step
  int64_t limited_steps = 0;     ///< where the executed action is not the one asked for
  std::vector<double> lengths, returns;
  std::map<std::string, int64_t> ends;  ///< episodes by end reason
  std::vector<float> action_low, action_high;

  int64_t episodes() const { return static_cast<int64_t>(lengths.size()); }
  void add(const Episode& episode);
  std::string text() const;  ///< several lines for people
};

/// Faults of one episode: lengths against the spec, NaN and infinity, values outside the spec's bounds, actions outside
/// [-1, 1], pictures that stand still while the state moves, a success flag that contradicts the end reason.
std::vector<Fault> check_episode(const Episode& episode, const std::string& file, int64_t number);

/// The last observation of an episode is the first of the next one, far from what came before it: recorded after a
/// reset.
std::optional<Fault> check_reset_between(const Episode& before, const Episode& after, const std::string& file,
                                         int64_t number);

/// Faults of a flat file: all of the above where it applies, rows that are both terminal and time-out, or that never
/// end, next observations from another episode or from after a reset, jumps that look like a reset which nothing
/// marks, terminals and time-outs that seem to be swapped.
std::vector<Fault> check_d4rl(const D4rlArrays& arrays, const std::string& file);

/// What a data set holds, and what is wrong with it.
struct DataInspection {
  DataSummary summary;
  std::vector<Fault> faults;  ///< empty: sound
};

/// Reads a D4RL file, an episode file, or a folder of episode files (a run's folder: its episodes/). What cannot be
/// read is a fault too. @param max_episode_steps as D4rlOptions has it. @throws IoError when there is nothing of that
/// name
DataInspection inspect_data(const std::filesystem::path& path, int64_t max_episode_steps = 0);

}  // namespace onramp
