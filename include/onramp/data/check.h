// Is a recorded data set sound, and what is in it?
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "onramp/data/d4rl_reader.h"
#include "onramp/data/data_source.h"
#include "onramp/data/episode.h"
#include "onramp/data/fault.h"

namespace onramp {

/// What a data set holds.
struct DataSummary {
  std::string file;
  std::string kind;  ///< empty: nothing could be read, not even that
  ObservationSpec observation;
  ActionSpec action;
  int64_t steps = 0;
  int64_t successes = 0;                       ///< episodes with the flag at any step
  int64_t successes_at_end = 0;                ///< with the flag at the last step
  int64_t limited_steps = 0;                   ///< where the executed action is not the one asked for
  std::vector<double> lengths, returns;        ///< by episode; NaN where a reward is
  std::map<std::string, int64_t> ends;         ///< episodes by end reason
  std::vector<float> action_low, action_high;  ///< as found; NaN is passed over, as it is in rewards
  std::set<float> rewards;  ///< values of a step's reward, until there are too many to be a sparse one
  double reward_low = 0, reward_high = 0;
  std::vector<std::string> notes;  ///< of the reader: what was found, assumed, lost

  int64_t episodes() const { return static_cast<int64_t>(lengths.size()); }
  void add(const Episode& episode);
  std::string text() const;                ///< several lines for people
  std::vector<std::string> lines() const;  ///< the same without the first
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
/// marks, terminals and time-outs that seem to be swapped. Of the options `max_episode_steps` ends episodes too, and with
/// `clip_actions` none is outside.
std::vector<Fault> check_d4rl(const D4rlArrays& arrays, const std::string& file, const DataOptions& options = {});

/// What a data set holds, and what is wrong with it. Faults or not, the summary is of all that could be read.
struct DataInspection {
  DataSummary summary;
  std::vector<Fault> faults;  ///< empty: sound
};

/// Reads what open_data() does, an episode at a time (D4RL's flat files as a whole). What cannot be read is a fault too, and
/// what open_data() refuses unless `tolerant`. @throws IoError when there is nothing of that name
DataInspection inspect_data(const std::filesystem::path& path, DataOptions options = DataOptions::as_recorded(),
                            const std::string& filter_key = {});

}  // namespace onramp
