#include "onramp/data/dataset.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "onramp/base/error.h"
#include "onramp/base/printable.h"
#include "onramp/base/text.h"

namespace onramp {

namespace {

/// float [K] or [K, W]: rows of a flat column whose row 0 is `first_row`.
at::Tensor gather_rows(const std::vector<float>& values, int64_t width, std::span<const int64_t> rows, bool flatten,
                       int64_t first_row = 0) {
  const auto K = static_cast<int64_t>(rows.size());
  auto out = flatten ? at::empty({K}, at::kFloat) : at::empty({K, width}, at::kFloat);
  float* to = out.mutable_data_ptr<float>();
  for (const int64_t row : rows) {
    std::copy_n(values.data() + (row - first_row) * width, width, to);
    to += width;
  }
  return out;
}

void want_size(std::string_view what, size_t got, int64_t want) {
  if (got != static_cast<size_t>(want)) {
    throw DataError(concat("episode: ", printable(what), " has ", got, " values, want ", want));
  }
}

void want_finite(std::string_view what, const std::vector<float>& values, int64_t width) {
  const auto bad = std::find_if(values.begin(), values.end(), [](float v) { return !std::isfinite(v); });
  if (bad == values.end()) return;
  const int64_t at = bad - values.begin();
  throw DataError(
      concat("episode: ", printable(what), " holds ", *bad, " at step ", at / width, ", value ", at % width));
}

void append(std::vector<float>& column, const std::vector<float>& values, int64_t padding) {
  column.insert(column.end(), values.begin(), values.end());
  column.resize(column.size() + static_cast<size_t>(padding), 0.0F);
}

}  // namespace

Dataset::Dataset(ObservationSpec observation, ActionSpec action, const std::shared_ptr<FrameSpace>& frames)
    : frames_(frames), observation_spec_(std::move(observation)), action_spec_(std::move(action)) {
  for (const auto& entry : observation_spec_.entries) {
    if (entry.is_image()) {
      images_.emplace(entry.name, ImageEntry{FrameStore(entry.shape, frames), {}});
    } else {
      ONRAMP_CHECK(entry.dtype == DType::kFloat32, "entry '", entry.name, "' is neither a float vector nor an image");
      vectors_.emplace(entry.name, VectorEntry{entry.numel(), {}});
    }
  }
}

void Dataset::check(const Episode& episode) const {
  const int64_t T = episode.length();
  const int64_t A = action_spec_.dim;
  if (T == 0) throw DataError("episode: has no steps");
  if (episode.action_spec.dim != A) {
    throw DataError(concat("episode: actions have ", episode.action_spec.dim, " values, the data set wants ", A));
  }
  for (const auto& want : observation_spec_.entries) {
    const auto* got = episode.observation_spec.find(want.name);
    if (!got) {
      std::vector<std::string> names;
      for (const auto& entry : episode.observation_spec.entries) names.push_back(entry.name);
      throw DataError(concat("episode: observation '", printable(want.name),
                             "' is missing (has: ", printable(join(names), 400), ")"));
    }
    if (got->dtype != want.dtype || got->shape != want.shape) {
      throw DataError(concat("episode: observation '", printable(want.name), "' has shape ",
                             at::IntArrayRef(got->shape), ", the data set wants ", at::IntArrayRef(want.shape),
                             got->dtype == want.dtype ? "" : " of another dtype"));
    }
    if (want.is_image()) {
      const auto found = episode.images.find(want.name);
      want_size(want.name, found == episode.images.end() ? 0 : found->second.size(), (T + 1) * want.numel());
    } else {
      const auto found = episode.vectors.find(want.name);
      want_size(want.name, found == episode.vectors.end() ? 0 : found->second.size(), (T + 1) * want.numel());
      want_finite(want.name, found->second, want.numel());
    }
  }
  want_size("action", episode.action.size(), T * A);
  want_size("executed_action", episode.executed_action.size(), T * A);
  want_size("success", episode.success.size(), T);
  want_finite("action", episode.action, A);
  want_finite("executed_action", episode.executed_action, A);
  want_finite("reward", episode.reward, 1);
  for (const auto& [name, column] : episode.extra) {
    want_size(name, column.values.size(), T * column.width);
    const auto known = extra_.find(name);
    if (known != extra_.end() && known->second.width != column.width) {
      throw DataError(concat("episode: column '", printable(name), "' has width ", column.width,
                             ", earlier episodes have ", known->second.width));
    }
  }
}

void Dataset::reserve(int64_t rows) {
  for (auto& [name, entry] : images_) entry.store.reserve(rows);
}

bool Dataset::fits_in_memory(int64_t rows) const {
  int64_t bytes = 0;
  for (const auto& [name, entry] : images_) bytes += entry.store.missing_bytes(rows);
  return bytes == 0 || frames_->has_memory(bytes);
}

EpisodeId Dataset::add(const Episode& episode) {
  check(episode);
  const int64_t T = episode.length();
  const int64_t A = action_spec_.dim;
  const EpisodeId id = episodes();
  const int64_t first_row = rows();
  reserve(first_row + T + 1);  // what can fail comes before anything is changed
  for (auto& [name, entry] : vectors_) append(entry.values, episode.vectors.at(name), 0);
  for (auto& [name, entry] : images_) {
    const FrameId first = entry.store.append(episode.images.at(name));
    for (int64_t t = 0; t <= T; ++t) entry.ids.push_back(first + t);
  }
  for (const auto& [name, column] : episode.extra) {
    auto [found, is_new] = extra_.try_emplace(name, ExtraColumn{column.width, {}, first_row, {}});
    auto& to = found->second;
    to.values.resize(static_cast<size_t>((first_row - to.first_row) * to.width), 0.0F);  // episodes that lacked it
    append(to.values, column.values, to.width);
    to.holders.push_back(id);
  }
  append(action_, episode.action, A);
  append(executed_action_, episode.executed_action, A);
  append(reward_, episode.reward, 1);
  success_.insert(success_.end(), episode.success.begin(), episode.success.end());
  success_.push_back(0);
  row_episode_.insert(row_episode_.end(), static_cast<size_t>(T + 1), id);
  double raw_return = 0.0;
  for (const float r : episode.reward) raw_return += r;
  infos_.push_back({first_row, T, episode.end, episode.terminal(), episode.succeeded(), raw_return, episode.meta});
  return id;
}

std::span<const float> Dataset::rewards(EpisodeId id) const {
  const auto& episode = info(id);
  return std::span(reward_).subspan(static_cast<size_t>(episode.first_row), static_cast<size_t>(episode.length));
}

Observation Dataset::observations(std::span<const int64_t> rows, const std::vector<std::string>& entries,
                                  ImageForm images) const {
  for (const auto& name : entries) {
    if (!observation_spec_.find(name)) throw ValueError(concat("the data set has no observation '", name, "'"));
  }
  Observation out;
  for (const auto& entry : observation_spec_.entries) {
    const bool wanted =
        entries.empty() ? !entry.privileged : std::find(entries.begin(), entries.end(), entry.name) != entries.end();
    if (!wanted) continue;
    if (!entry.is_image()) {
      const auto& column = vectors_.at(entry.name);
      out.set(entry.name, gather_rows(column.values, column.width, rows, /*flatten=*/false));
      continue;
    }
    const auto& column = images_.at(entry.name);
    auto ids = at::empty({static_cast<int64_t>(rows.size())}, at::kLong);
    auto* id = ids.mutable_data_ptr<int64_t>();
    for (size_t i = 0; i < rows.size(); ++i) id[i] = column.ids[static_cast<size_t>(rows[i])];
    out.set(entry.name, images == ImageForm::kFrameIds ? ids : column.store.gather(std::span(id, rows.size())));
  }
  return out;
}

at::Tensor Dataset::actions(std::span<const int64_t> rows) const {
  return gather_rows(action_, action_spec_.dim, rows, /*flatten=*/false);
}

at::Tensor Dataset::executed_actions(std::span<const int64_t> rows) const {
  return gather_rows(executed_action_, action_spec_.dim, rows, /*flatten=*/false);
}

at::Tensor Dataset::column(const std::string& name, std::span<const int64_t> rows) const {
  const auto found = extra_.find(name);
  if (found == extra_.end()) throw ValueError(concat("the data set has no column '", name, "'"));
  const auto& column = found->second;
  for (const int64_t row : rows) {
    ONRAMP_CHECK(has_column(name, episode_of(row)), "episode ", episode_of(row), " has no column '", name, "'");
  }
  return gather_rows(column.values, column.width, rows, column.width == 1, column.first_row);
}

bool Dataset::has_column(const std::string& name, EpisodeId id) const {
  const auto found = extra_.find(name);
  return found != extra_.end() && std::binary_search(found->second.holders.begin(), found->second.holders.end(), id);
}

std::vector<std::string> Dataset::column_names() const {
  std::vector<std::string> names;
  for (const auto& [name, column] : extra_) names.push_back(name);
  return names;
}

const FrameStore& Dataset::frames(const std::string& entry) const {
  const auto found = images_.find(entry);
  if (found == images_.end()) throw ValueError(concat("the data set has no image '", entry, "'"));
  return found->second.store;
}

int64_t Dataset::resident_bytes() const {
  size_t bytes =
      4 * (action_.size() + executed_action_.size() + reward_.size()) + success_.size() + 8 * row_episode_.size();
  for (const auto& [name, entry] : vectors_) bytes += 4 * entry.values.size();
  for (const auto& [name, column] : extra_) bytes += 4 * column.values.size();
  for (const auto& [name, entry] : images_) {
    bytes += static_cast<size_t>(entry.store.resident_bytes()) + 8 * entry.ids.size();
  }
  return static_cast<int64_t>(bytes);
}

ObservationSpec visible_entries(const ObservationSpec& observation) {
  ObservationSpec visible;
  for (const auto& entry : observation.entries) {
    if (!entry.privileged) visible.entries.push_back(entry);
  }
  return visible;
}

int64_t memory_bill_bytes(const ObservationSpec& observation, const ActionSpec& action, int64_t steps,
                          int64_t episodes) {
  int64_t row = 4 * 2 * action.dim + 4 + 1 + 8;
  for (const auto& entry : observation.entries) row += entry.is_image() ? entry.numel() + 8 : 4 * entry.numel();
  return row * (steps + episodes);
}

int64_t frame_bill_bytes(const ObservationSpec& observation, int64_t rows) {
  int64_t row = 0;
  for (const auto& entry : observation.entries) row += entry.is_image() ? entry.numel() : 0;
  return row * rows;
}

}  // namespace onramp
