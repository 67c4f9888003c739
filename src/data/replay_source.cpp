#include "onramp/data/replay_source.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "onramp/base/error.h"

namespace onramp {

ReplaySource::ReplaySource(std::string name, const Dataset& dataset, ReplaySourceConfig config)
    : name_(std::move(name)), dataset_(&dataset), config_(config) {}

void ReplaySource::add(EpisodeId id) {
  if (id < 0 || id >= dataset_->episodes()) throw ValueError(concat("source '", name_, "': there is no episode ", id));
  if (!members_.insert(id).second) throw ValueError(concat("source '", name_, "': holds episode ", id, " already"));
  const auto& episode = dataset_->info(id);
  for (Members* members : {&all_, episode.succeeded ? &successful_ : &failed_}) {
    members->episodes.push_back(id);
    for (int64_t t = 0; t < episode.length; ++t) members->step_rows.push_back(episode.first_row + t);
  }
}

const ReplaySource::Members& ReplaySource::members(EpisodeFilter filter) const {
  switch (filter) {
    case EpisodeFilter::kSuccessful:
      return successful_;
    case EpisodeFilter::kFailed:
      return failed_;
    case EpisodeFilter::kAll:
      break;
  }
  return all_;
}

std::span<const EpisodeId> ReplaySource::episodes(EpisodeFilter filter) const { return members(filter).episodes; }
std::span<const int64_t> ReplaySource::step_rows(EpisodeFilter filter) const { return members(filter).step_rows; }

std::vector<int64_t> ReplaySource::state_rows(EpisodeFilter filter) const {
  std::vector<int64_t> rows;
  for (const EpisodeId id : episodes(filter)) {
    const auto& episode = dataset_->info(id);
    for (int64_t row = episode.first_row; row <= episode.last_row(); ++row) rows.push_back(row);
  }
  return rows;
}

std::span<const float> ReplaySource::mc_returns(double gamma) const {
  auto& cache = mc_[gamma];
  if (cache.episodes_done == all_.episodes.size()) return cache.by_row;
  cache.by_row.resize(static_cast<size_t>(dataset_->rows()), std::numeric_limits<float>::quiet_NaN());
  for (; cache.episodes_done < all_.episodes.size(); ++cache.episodes_done) {
    const EpisodeId id = all_.episodes[cache.episodes_done];
    const auto& episode = dataset_->info(id);
    const bool lasts = this->lasts(episode);
    const bool cut_off = lasts || (!episode.terminal && !episode.succeeded);
    const auto returns = monte_carlo_returns(dataset_->rewards(id), gamma, cut_off,
                                             lasts ? McTail::kInfinite : config_.mc_tail, config_.reward);
    for (size_t t = 0; t < returns.size(); ++t) {
      cache.by_row[static_cast<size_t>(episode.first_row) + t] = static_cast<float>(returns[t]);
    }
  }
  return cache.by_row;
}

Replay::Replay(ObservationSpec observation, ActionSpec action, const std::shared_ptr<FrameSpace>& frames)
    : dataset_(std::make_unique<Dataset>(std::move(observation), std::move(action), frames)) {}

ReplaySource& Replay::add_source(const std::string& name, const ReplaySourceConfig& config) {
  const auto [found, is_new] = sources_.try_emplace(name, name, *dataset_, config);
  auto& source = found->second;
  if (!is_new && !(source.config() == config)) {
    throw ValueError(concat("replay source '", name, "' exists with another reward transform, mc_tail or safety_stop"));
  }
  return source;
}

const ReplaySource& Replay::source(const std::string& name) const {
  const auto found = sources_.find(name);
  if (found != sources_.end()) return found->second;
  std::string known;
  for (const auto& [key, source] : sources_) known += (known.empty() ? "" : ", ") + key;
  throw ValueError(concat("there is no replay source '", name, "' (known: ", known.empty() ? "none" : known, ")"));
}

ReplaySource& Replay::source(const std::string& name) {
  return const_cast<ReplaySource&>(std::as_const(*this).source(name));
}

std::vector<std::string> Replay::source_names() const {
  std::vector<std::string> names;
  for (const auto& [name, source] : sources_) names.push_back(name);
  return names;
}

EpisodeId Replay::add(const Episode& episode, const std::vector<std::string>& sources) {
  for (const auto& name : sources) source(name);  // unknown names before anything is stored
  const EpisodeId id = dataset_->add(episode);
  for (const auto& name : sources) source(name).add(id);
  return id;
}

SparseWorth sparse_worth(const RewardTransform& transform, const SparseReward& raw, double gamma) {
  const double for_ever = 1.0 / (1.0 - gamma);
  return {.failure = transform(raw.failure) * for_ever,
          .success = transform(raw.success) * (raw.success_ends ? 1.0 : for_ever)};
}

std::string why_not_transform(const RewardTransform& transform, const SparseWorth& worth) {
  const auto [failure, success] = worth;
  constexpr double kLeastGain = 1e-6;  // of what single precision tells apart from failing
  const auto with = concat("with scale ", transform.scale, " and bias ", transform.bias);
  if (failure < success && success - failure < kLeastGain * std::max(1.0, std::abs(failure))) {
    return concat(with, " success is worth ", success - failure, " more than failing for ever (", failure,
                  "), which vanishes in single precision; raise the scale");
  }
  if (failure < success) return {};
  const bool more = failure > success;
  return concat(with, " failing for ever is worth ", failure, more ? ", more than" : ", as much as", " success (",
                success, "): a learner would ", more ? "avoid" : "not seek", " success; ",
                more ? "lower the bias" : "raise the scale, or lower the bias");
}

std::string why_not_range(const std::array<double, 2>& range, const SparseWorth& worth) {
  const double rounding = 1e-6 * (range[1] - range[0]);
  const bool cuts_success = worth.success > range[1] + rounding;
  const bool cuts_failure = worth.failure < std::min(0.0, range[0] - rounding);
  if (!cuts_success && !cuts_failure) return {};
  return concat("[", range[0], ", ", range[1], "]: ", cuts_success ? "success" : "failing for ever", " is worth ",
                cuts_success ? worth.success : worth.failure,
                " there, and targets would be cut to the range; widen it");
}

}  // namespace onramp
