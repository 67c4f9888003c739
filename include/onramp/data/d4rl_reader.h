// D4RL's flat HDF5 files: all episodes of a data set one after another.
//
// Fields: observations [N, D], actions [N, A], rewards [N], terminals [N] and, where a file has them, timeouts [N],
// infos/success [N], next_observations [N, D]. Row i holds the state, the action taken in it, and what came of it.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "onramp/base/config_constraint.h"
#include "onramp/data/episode.h"
#include "onramp/data/store/guarded_read.h"

namespace onramp {

/// Which raw reward the steps of a file get.
enum class D4rlReward : uint8_t {
  kSuccessMinusOne,  ///< 0 where infos/success, else -1: sparse Adroit
  kSuccess,          ///< 1 where infos/success, else 0
  kFile,             ///< the file's own, dense
};
/// What a step is paid where that is made of success; nothing where it is the file's own.
constexpr std::optional<SparseReward> made_of_success(D4rlReward kind) {
  if (kind == D4rlReward::kFile) return std::nullopt;
  const double success = kind == D4rlReward::kSuccess ? 1.0 : 0.0;
  return SparseReward{.failure = success - 1.0, .success = success};
}
constexpr auto enum_names(D4rlReward*) {
  return std::array{std::pair{D4rlReward::kSuccessMinusOne, std::string_view("success_minus_one")},
                    std::pair{D4rlReward::kSuccess, std::string_view("success")},
                    std::pair{D4rlReward::kFile, std::string_view("file")}};
}

/// How a file is to be understood, where it does not say so itself.
struct D4rlOptions {
  D4rlReward reward = D4rlReward::kSuccessMinusOne;
  bool cut_at_success = true;
  int64_t max_episode_steps = 0;
  bool clip_actions = false;
  bool tolerant = false;  ///< not of a config: hand over what would be refused too, for whoever reports it
  template <class V>
  void fields(V& v) {
    v("reward", reward, "raw reward of a step: from infos/success, or the file's own");
    v("cut_at_success", cut_at_success, "an episode ends, terminal, at its first success; else it runs on as recorded");
    v("max_episode_steps", max_episode_steps,
      "time limit of the task, for files that do not mark time-outs; 0: such a file must end with a terminal step",
      at_least(0));
    v("clip_actions", clip_actions, "clip actions to [-1, 1] instead of refusing a file that has others");
  }
};

/// The raw arrays, shapes checked against each other. Empty where the file has none.
struct D4rlArrays {
  int64_t rows = 0, observation_dim = 0, action_dim = 0;
  int64_t first_row = 0;  ///< of the file, when these are not all of its rows
  std::vector<float> observations, actions, rewards, next_observations;
  std::vector<uint8_t> terminals, timeouts, success;
};

/// Reads in a child process with limits. @throws DataError naming file, field and what is wrong; IoError
D4rlArrays read_d4rl_arrays(const std::filesystem::path& file, const ReadLimits& limits = {});

/// The fields to ask for, and what came checked against each other. @throws DataError
std::vector<ArrayField> d4rl_fields();
D4rlArrays d4rl_arrays_of(std::map<std::string, HostArray> fields, const std::string& label);

/// Rows first..last, and how they end.
struct D4rlRange {
  int64_t first = 0, last = 0;
  bool terminal = false;
};
/// Needs rows, terminals and timeouts alone. Tolerant: a row that is marked twice is terminal, rows that never end are the last
/// episode, not terminal. @throws DataError on such rows
std::vector<D4rlRange> find_d4rl_episodes(const D4rlArrays& arrays, const D4rlOptions& options,
                                          const std::string& label);

/// Episodes with one observation `state` float32 [D].
///
/// The state after an episode's last action: from next_observations, or where the episode is cut at a success the row
/// that follows; else, at a terminal end, the last state again (its value is never asked for), and at a time-out the
/// last row becomes that state and gives no step, so that nothing is paired with what came after a reset.
/// @throws DataError naming file, field, row: NaN, an action outside [-1, 1], an end that no field marks, no success
/// flags where the reward needs them.
std::vector<Episode> read_d4rl(const std::filesystem::path& file, const D4rlOptions& options = {});
std::vector<Episode> episodes_from_d4rl(const D4rlArrays& arrays, const D4rlOptions& options, const std::string& label);

}  // namespace onramp
