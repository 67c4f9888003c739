#include "foreign_arrays.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "fault_list.h"
#include "onramp/base/error.h"
#include "onramp/base/printable.h"
#include "option_names.h"

namespace onramp::detail {

std::string shape_text(const std::vector<int64_t>& shape) {
  std::string text;
  for (const int64_t size : shape) text += (text.empty() ? "" : ", ") + std::to_string(size);
  return concat("[", text, "]");
}

int64_t bytes_in_memory(const Hdf5Listing::Array& array, int64_t rows) {
  constexpr int64_t kEnormous = int64_t{1} << 50;
  const bool is_picture = array.kind == Hdf5Listing::Kind::kByte && array.shape.size() == 4;
  int64_t bytes = is_picture ? 1 : 4;
  for (size_t i = 0; i < array.shape.size(); ++i) {
    if (__builtin_mul_overflow(bytes, i == 0 ? rows : array.shape[i], &bytes)) return kEnormous;
  }
  return std::min(bytes, kEnormous);
}

bool is_numeric(const Hdf5Listing::Array& array) {
  using Kind = Hdf5Listing::Kind;
  return !array.shape.empty() &&
         (array.kind == Kind::kFloat || array.kind == Kind::kInteger || array.kind == Kind::kByte);
}

EntrySpec entry_of(const std::string& name, const Hdf5Listing::Array& array) {
  EntrySpec entry{.name = name};
  entry.shape.assign(array.shape.begin() + 1, array.shape.end());
  if (array.kind == Hdf5Listing::Kind::kByte && entry.shape.size() == 3) {
    entry.dtype = DType::kUint8;
    entry.low = 0;
    entry.high = 255;
  }
  if (entry.shape.empty()) entry.shape = {1};
  return entry;
}

void note_precision(const std::string& what, const Hdf5Listing::Array& array, ImportNotes& notes) {
  if (array.kind == Hdf5Listing::Kind::kFloat && array.item_bytes > 4) {
    notes.lost(concat("digits of ", what, " beyond float32 (the file has ", 8 * array.item_bytes, " bit)"));
  } else if (array.kind == Hdf5Listing::Kind::kInteger && array.item_bytes > 2) {
    notes.lost(concat("whole numbers of ", what, " beyond 16777216: they become float32"));
  }
}

void append_observations(Episode& episode, const EntrySpec& entry, HostArray& values, const std::string& label) {
  const auto numel = static_cast<size_t>(entry.numel());
  const size_t got = entry.dtype == DType::kUint8 ? values.bytes.size() : values.floats.size();
  const size_t rows = values.shape.empty() ? 0 : static_cast<size_t>(values.shape[0]);
  if (got != rows * numel) {
    throw DataError(concat(label, ": observation '", printable(entry.name), "' has shape ", shape_text(values.shape),
                           ", want rows of ", shape_text(entry.shape), " as in other episodes"));
  }
  const auto append = [](auto& to, auto& from) {
    if (to.empty()) {
      to = std::move(from);
    } else {
      to.insert(to.end(), from.begin(), from.end());
    }
  };
  if (entry.dtype == DType::kUint8) {
    append(episode.images[entry.name], values.bytes);
  } else {
    append(episode.vectors[entry.name], values.floats);
  }
}

void cut_after(Episode& episode, int64_t last) {
  const auto T = static_cast<size_t>(last + 1);
  const auto A = static_cast<size_t>(episode.action_spec.dim);
  for (const auto& entry : episode.observation_spec.entries) {
    const size_t size = (T + 1) * static_cast<size_t>(entry.numel());
    if (entry.dtype == DType::kUint8) {
      episode.images[entry.name].resize(size);
    } else {
      episode.vectors[entry.name].resize(size);
    }
  }
  episode.action.resize(T * A);
  episode.executed_action.resize(T * A);
  episode.reward.resize(T);
  episode.success.resize(T);
  for (auto& [name, column] : episode.extra) column.values.resize(T * static_cast<size_t>(column.width));
}

void complete_last_observation(Episode& episode, ImportNotes& notes) {
  const int64_t T = episode.length();
  if (!episode.terminal()) {
    notes.assumed_here(
        "no observation follows the last action: the last row becomes that state and gives no step of its own");
    episode.meta["last_state"] = "the row that follows";
    const auto after = T - 2;  // its next observation is the last row
    if (after < -1) return;
    cut_after(episode, after);
    return;
  }
  notes.assumed_here("no observation follows the last action: at a terminal end the last one is repeated");
  episode.meta["last_state"] = "repeated";
  for (auto& [name, values] : episode.vectors) {
    const auto numel = static_cast<std::ptrdiff_t>(episode.observation_spec.find(name)->numel());
    const std::vector<float> last(values.end() - numel, values.end());
    values.insert(values.end(), last.begin(), last.end());
  }
  for (auto& [name, values] : episode.images) {
    const auto numel = static_cast<std::ptrdiff_t>(episode.observation_spec.find(name)->numel());
    const std::vector<uint8_t> last(values.end() - numel, values.end());
    values.insert(values.end(), last.begin(), last.end());
  }
}

void apply_options(Episode& episode, const DataOptions& options, bool cut_by_default, const std::string& label) {
  if (options.cut_at_success.value_or(cut_by_default)) {
    const auto hit = std::find_if(episode.success.begin(), episode.success.end(), [](uint8_t s) { return s != 0; });
    if (hit != episode.success.end()) {
      cut_after(episode, hit - episode.success.begin());
      episode.end = EndReason::kSuccess;
    }
  }
  if (const auto paid = made_of_success(options.reward.value_or(D4rlReward::kFile))) {
    for (size_t t = 0; t < episode.reward.size(); ++t)
      episode.reward[t] = static_cast<float>(episode.success[t] ? paid->success : paid->failure);
  }
  if (options.tolerant && !options.clip_actions) return;
  const int64_t A = std::max<int64_t>(1, episode.action_spec.dim);
  for (size_t i = 0; i < episode.action.size(); ++i) {
    if (!options.clip_actions && std::abs(episode.action[i]) > 1.0F + kActionSlack) {
      throw DataError(concat(label, ": actions: ", episode.action[i], " at step ", static_cast<int64_t>(i) / A,
                             ", value ", static_cast<int64_t>(i) % A, " is outside [-1, 1]; ",
                             how_to_set("clip_actions"), " if that is meant"));
    }
  }
  for (auto* values : {&episode.action, &episode.executed_action}) {
    for (float& value : *values) value = std::clamp(value, -1.0F, 1.0F);
  }
}

std::string list_text(const std::vector<std::string>& items) {
  return nlohmann::json(items).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::vector<std::string> items_of(const std::string& text) {
  const auto list = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  std::vector<std::string> items;
  if (!list.is_array()) return items;
  for (const auto& item : list) {
    if (item.is_string()) items.push_back(item.get<std::string>());
  }
  return items;
}

}  // namespace onramp::detail
