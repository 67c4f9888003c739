// Recorded data of any format, an episode at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "onramp/data/d4rl_reader.h"
#include "onramp/data/episode.h"
#include "onramp/data/fault.h"

namespace onramp {

/// How recorded data are to be understood. What is null depends on the format: "as recorded" for info, check, convert.
struct DataOptions {
  std::optional<D4rlReward> reward;
  std::optional<bool> cut_at_success;
  int64_t max_episode_steps = 0;
  bool clip_actions = false;
  std::optional<double> success_reward;
  std::vector<std::string> state_keys;
  /// Not of a config: hand over what would be refused too (actions outside [-1, 1]), for whoever reports it.
  bool tolerant = false;
  template <class V>
  void fields(V& v) {
    v("reward", reward,
      "raw reward of a step: from the success flags, or the file's own; null: success_minus_one for D4RL's files, else "
      "the file's own");
    v("cut_at_success", cut_at_success,
      "an episode ends, terminal, at its first success; else it runs on as recorded; null: yes for D4RL's and "
      "robomimic's files, else no");
    v("max_episode_steps", max_episode_steps,
      "D4RL: time limit of the task, for files that do not mark time-outs; 0: such a file must end with a terminal "
      "step",
      at_least(0));
    v("clip_actions", clip_actions, "clip actions to [-1, 1] instead of refusing a set that has others");
    v("success_reward", success_reward,
      "a step whose recorded reward is at least so large succeeded (Kitchen, four subtasks: 4); cut_at_success is yes "
      "then; null: the set's own flags say it");
    v("state_keys", state_keys,
      "vectors that make up `state`, in this order, as env.state_keys of gym; others are left out; empty: all by their "
      "own names");
  }
  static DataOptions as_recorded() {
    DataOptions options;
    options.reward = D4rlReward::kFile;
    options.cut_at_success = false;
    return options;
  }
};

/// What a reader found, took for granted and had to leave out, each in a line; with the number of episodes it holds for.
class ImportNotes {
 public:
  /// What a line tells of.
  enum class Kind : uint8_t { kFound, kAssumed, kLost };
  /// The same line again counts one more episode.
  void add(Kind kind, const std::string& line, bool per_episode = false);
  void found(const std::string& line) { add(Kind::kFound, line); }
  void assumed(const std::string& line) { add(Kind::kAssumed, line); }
  void lost(const std::string& line) { add(Kind::kLost, line); }
  void assumed_here(const std::string& line) { add(Kind::kAssumed, line, true); }
  void lost_here(const std::string& line) { add(Kind::kLost, line, true); }
  /// "found: ...", "assumed: ... (in 3 episodes)", "lost: ..."
  std::vector<std::string> lines() const;

 private:
  struct Note {
    Kind kind;
    std::string line;
    int64_t episodes;  // -1: not of single ones
  };
  std::vector<Note> notes_;
};

/// Thread safety: none. Memory: an episode, or several at once where they are small (64 MB).
class DataSource {
 public:
  virtual ~DataSource() = default;
  virtual std::string kind() const = 0;  ///< "robomimic HDF5"
  virtual int64_t episodes() const = 0;
  /// What the set itself calls episode `index`: its number there, and its name.
  virtual int64_t number(int64_t index) const { return index; }
  virtual std::string name(int64_t index) const = 0;
  virtual std::string file(int64_t index) const = 0;  ///< that holds it
  /// robomimic's masks that name the episode. As it stands here, it reads the episode.
  virtual std::vector<std::string> filter_keys(int64_t index);
  /// In order it is fastest. @throws DataError naming file, episode and what is wrong
  virtual Episode read(int64_t index) = 0;
  /// Complete once every episode was read.
  const ImportNotes& notes() const { return notes_; }
  /// What the format's own rules forbid, beyond what check_episode() sees; of the episodes read so far.
  const std::vector<Fault>& faults() const { return faults_; }

 protected:
  ImportNotes notes_;
  std::vector<Fault> faults_;
};

/// Finds out what `path` is: an onramp run, store or episode file; a robomimic, Minari or D4RL file (Minari: its folder
/// too). Files of others are read in child processes with limits.
/// @param filter_key  only the episodes under it; empty: all
/// @throws DataError naming the path and what it is not, or what is wrong with it; IoError when it is not there
std::unique_ptr<DataSource> open_data(const std::filesystem::path& path, const DataOptions& options = {},
                                      const std::string& filter_key = {});

}  // namespace onramp
