#include "onramp/data/d4rl_reader.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "onramp/base/error.h"
#include "option_names.h"

namespace onramp {

namespace {

[[noreturn]] void refuse(const std::string& label, const std::string& what) {
  throw DataError(concat(label, ": ", what));
}

std::string text_of(const std::vector<int64_t>& shape) {
  std::string text;
  for (const int64_t size : shape) text += (text.empty() ? "" : ", ") + std::to_string(size);
  return concat("[", text, "]");
}

/// [N, 1] is taken for [N].
void want_rows(const std::string& label, const std::string& field, const HostArray& array, int64_t rows) {
  const bool fits = !array.shape.empty() && array.shape[0] == rows &&
                    (array.shape.size() == 1 || (array.shape.size() == 2 && array.shape[1] == 1));
  if (!fits)
    refuse(label, concat(field, ": has shape ", text_of(array.shape), ", want [", rows, "] as observations have"));
}

void want_matrix(const std::string& label, const std::string& field, const HostArray& array) {
  if (array.shape.size() != 2 || array.shape[0] < 1 || array.shape[1] < 1) {
    refuse(label, concat(field, ": has shape ", text_of(array.shape), ", want [rows, values], neither of them 0"));
  }
}

void check_actions_and_numbers(const D4rlArrays& arrays, const D4rlOptions& options, const std::string& label) {
  const auto finite = [&](const char* field, const std::vector<float>& values, int64_t width) {
    for (size_t i = 0; i < values.size(); ++i) {
      if (!std::isfinite(values[i])) {
        refuse(label,
               concat(field, ": holds ", values[i], " at row ", arrays.first_row + static_cast<int64_t>(i) / width,
                      ", value ", static_cast<int64_t>(i) % width));
      }
    }
  };
  finite("observations", arrays.observations, arrays.observation_dim);
  finite("actions", arrays.actions, arrays.action_dim);
  finite("rewards", arrays.rewards, 1);
  finite("next_observations", arrays.next_observations, arrays.observation_dim);
  constexpr float kSlack = 1e-5F;  // of writers that normalised in single precision
  for (size_t i = 0; i < arrays.actions.size() && !options.clip_actions; ++i) {
    if (std::abs(arrays.actions[i]) > 1.0F + kSlack) {
      refuse(label, concat("actions: ", arrays.actions[i], " at row ",
                           arrays.first_row + static_cast<int64_t>(i) / arrays.action_dim, ", value ",
                           static_cast<int64_t>(i) % arrays.action_dim, " is outside [-1, 1]; ",
                           detail::how_to_set("clip_actions"), " if that is meant"));
    }
  }
}

float raw_reward(const D4rlArrays& arrays, D4rlReward kind, size_t row) {
  const auto paid = made_of_success(kind);
  if (!paid) return arrays.rewards[row];
  return static_cast<float>(arrays.success[row] ? paid->success : paid->failure);
}

/// Steps of the episode and the state after the last one; see read_d4rl.
Episode make_episode(const D4rlArrays& arrays, const D4rlOptions& options, const D4rlRange& range) {
  const bool has_success = !arrays.success.empty();
  const bool has_next = !arrays.next_observations.empty();
  bool cut = false;
  int64_t last_step = range.last;
  if (options.cut_at_success && has_success) {
    const auto begin = arrays.success.begin();
    const auto hit = std::find_if(begin + range.first, begin + range.last + 1, [](uint8_t s) { return s != 0; });
    if (hit != begin + range.last + 1) {
      last_step = hit - begin;
      cut = true;
    }
  }
  Episode episode;
  const int64_t D = arrays.observation_dim;
  const int64_t A = arrays.action_dim;
  if (cut) {
    episode.end = EndReason::kSuccess;
  } else if (range.terminal) {
    episode.end =
        has_success && arrays.success[static_cast<size_t>(range.last)] ? EndReason::kSuccess : EndReason::kFailure;
  } else {
    episode.end = EndReason::kTimeLimit;
    if (!has_next) --last_step;
  }
  const auto row_of = [D](const std::vector<float>& values, int64_t row) { return values.begin() + row * D; };
  auto& state = episode.vectors["state"];
  state.assign(row_of(arrays.observations, range.first), row_of(arrays.observations, last_step + 1));
  const char* last_state = "the row that follows";
  auto from = arrays.observations.begin();
  if (has_next) {
    from = row_of(arrays.next_observations, last_step);
    last_state = "next_observations";
  } else if (last_step < range.last) {
    from = row_of(arrays.observations, last_step + 1);
  } else {
    from = row_of(arrays.observations, last_step);
    last_state = "repeated";
  }
  state.insert(state.end(), from, from + D);

  episode.action.assign(arrays.actions.begin() + range.first * A, arrays.actions.begin() + (last_step + 1) * A);
  if (!options.tolerant || options.clip_actions) {
    for (float& value : episode.action) value = std::clamp(value, -1.0F, 1.0F);
  }
  episode.executed_action = episode.action;
  for (int64_t row = range.first; row <= last_step; ++row) {
    const auto i = static_cast<size_t>(row);
    episode.reward.push_back(raw_reward(arrays, options.reward, i));
    episode.success.push_back(has_success && arrays.success[i] ? 1 : 0);
  }
  episode.observation_spec.entries = {{.name = "state", .dtype = DType::kFloat32, .shape = {D}}};
  episode.action_spec.dim = A;
  episode.meta = {{"first_row", std::to_string(arrays.first_row + range.first)}, {"last_state", last_state}};
  return episode;
}

}  // namespace

std::vector<D4rlRange> find_d4rl_episodes(const D4rlArrays& arrays, const D4rlOptions& options,
                                          const std::string& label) {
  std::vector<D4rlRange> ranges;
  int64_t first = 0;
  for (int64_t row = 0; row < arrays.rows; ++row) {
    const auto i = static_cast<size_t>(row);
    const bool terminal = arrays.terminals[i] != 0;
    const bool time_out = !arrays.timeouts.empty() && arrays.timeouts[i] != 0;
    if (terminal && time_out && !options.tolerant) {
      refuse(label, concat("row ", arrays.first_row + row, " is marked both in terminals and in timeouts"));
    }
    const bool limit = options.max_episode_steps > 0 && row - first + 1 >= options.max_episode_steps;
    if (!terminal && !time_out && !limit) continue;
    ranges.push_back({first, row, terminal});
    first = row + 1;
  }
  if (first < arrays.rows && options.tolerant) {
    ranges.push_back({first, arrays.rows - 1, /*terminal=*/false});
  } else if (first < arrays.rows) {
    refuse(label, concat("rows ", first, " to ", arrays.rows - 1, " never end: no terminals",
                         arrays.timeouts.empty() ? "" : " or timeouts", " mark there; if it is a time limit, ",
                         detail::how_to_set("max_episode_steps")));
  }
  return ranges;
}

std::vector<ArrayField> d4rl_fields() {
  return {{"observations"},
          {"actions"},
          {"rewards"},
          {"terminals", /*is_float=*/false},
          {"timeouts", /*is_float=*/false, /*required=*/false},
          {"infos/success", /*is_float=*/false, /*required=*/false},
          {"next_observations", /*is_float=*/true, /*required=*/false}};
}

D4rlArrays read_d4rl_arrays(const std::filesystem::path& file, const ReadLimits& limits) {
  return d4rl_arrays_of(read_arrays_guarded(file, d4rl_fields(), limits), file.string());
}

D4rlArrays d4rl_arrays_of(std::map<std::string, HostArray> fields, const std::string& label) {
  const auto& observations = fields["observations"];
  const auto& actions = fields["actions"];
  want_matrix(label, "observations", observations);
  want_matrix(label, "actions", actions);
  D4rlArrays arrays;
  arrays.rows = observations.shape[0];
  arrays.observation_dim = observations.shape[1];
  arrays.action_dim = actions.shape[1];
  if (actions.shape[0] != arrays.rows) {
    refuse(label, concat("actions: has ", actions.shape[0], " rows, want ", arrays.rows, " as observations have"));
  }
  for (const auto& [name, array] : fields) {
    if (name == "next_observations" && array.shape != observations.shape && !array.shape.empty()) {
      refuse(label, concat(name, ": has shape ", text_of(array.shape), ", want ", text_of(observations.shape),
                           " as observations have"));
    }
    if (name != "observations" && name != "actions" && name != "next_observations")
      want_rows(label, name, array, arrays.rows);
  }
  arrays.observations = std::move(fields["observations"].floats);
  arrays.actions = std::move(fields["actions"].floats);
  arrays.rewards = std::move(fields["rewards"].floats);
  arrays.terminals = std::move(fields["terminals"].bytes);
  if (const auto at = fields.find("timeouts"); at != fields.end()) arrays.timeouts = std::move(at->second.bytes);
  if (const auto at = fields.find("infos/success"); at != fields.end()) arrays.success = std::move(at->second.bytes);
  if (const auto at = fields.find("next_observations"); at != fields.end()) {
    arrays.next_observations = std::move(at->second.floats);
  }
  return arrays;
}

std::vector<Episode> episodes_from_d4rl(const D4rlArrays& arrays, const D4rlOptions& options,
                                        const std::string& label) {
  if (arrays.success.empty() && options.reward != D4rlReward::kFile) {
    refuse(label, "has no 'infos/success' to make a sparse reward of; set reward: file");
  }
  if (!options.tolerant) check_actions_and_numbers(arrays, options, label);
  std::vector<Episode> episodes;
  for (const auto& range : find_d4rl_episodes(arrays, options, label)) {
    Episode episode = make_episode(arrays, options, range);
    if (episode.length() == 0) continue;  // one row that ends by time-out holds a state and no step
    episode.meta["source"] = label;
    episode.meta["number"] = std::to_string(episodes.size());
    episodes.push_back(std::move(episode));
  }
  if (episodes.empty()) refuse(label, "holds no episode with a step");
  return episodes;
}

std::vector<Episode> read_d4rl(const std::filesystem::path& file, const D4rlOptions& options) {
  return episodes_from_d4rl(read_d4rl_arrays(file), options, file.string());
}

}  // namespace onramp
