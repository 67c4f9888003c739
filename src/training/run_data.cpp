#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "onramp/data/check.h"
#include "onramp/training/phase.h"
#include "onramp/training/run.h"

namespace onramp {

namespace {

/// Privileged simulator state stays on disk; memory holds what learners may see.
ObservationSpec visible_to_learners(const ObservationSpec& spec) {
  ObservationSpec visible;
  for (const auto& entry : spec.entries) {
    if (!entry.privileged) visible.entries.push_back(entry);
  }
  return visible;
}

}  // namespace

void Run::load_data() {
  if (config_.env) {
    replay_.emplace(visible_to_learners(environment().spec().observation), environment().spec().action);
  }
  std::unique_ptr<DataSource> recorded;
  std::optional<Episode> first;
  if (config_.data) {
    recorded = open_data(config_.data->path, config_.data->options, config_.data->filter_key);
    first = recorded->read(0);
    if (!replay_) replay_.emplace(visible_to_learners(first->observation_spec), first->action_spec);
  }
  if (!replay_) throw ConfigError("nothing to learn from: give `env`, `data`, or both");
  std::set<std::string> names{"offline"};
  if (config_.data) names.insert(config_.data->source);
  for (const auto& phase : phases_) {
    for (const auto& name : phase->needs().fills_sources) names.insert(name);
  }
  for (const auto& name : names) {
    const auto settings = config_.sources.find(name);
    replay_->add_source(name, settings == config_.sources.end() ? ReplaySourceConfig{} : settings->second);
  }
  if (!recorded) return;
  DataSummary summary;
  for (int64_t i = 0; i < recorded->episodes(); ++i) {
    const Episode episode = i == 0 ? std::move(*first) : recorded->read(i);
    if (episode.length() == 0) continue;  // a state before a time limit
    summary.add(episode);
    replay_->add(episode, {config_.data->source});
  }
  summary.notes = recorded->notes().lines();
  data_notes_ = summary.lines();
}

}  // namespace onramp
