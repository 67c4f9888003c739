#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "onramp/base/log.h"
#include "onramp/base/text.h"
#include "onramp/data/check.h"
#include "onramp/training/memory_bill.h"
#include "onramp/training/phase.h"
#include "onramp/training/run.h"

namespace onramp {

/// Every episode is read and checked while nothing is on disk. Those whose images would need the file, and with it the
/// run's folder, are read once more by fill_replay: all of them need not fit into memory.
Run::Recorded Run::load_data() {
  const auto frames = std::make_shared<FrameSpace>(config_.replay.memory_bytes(),
                                                   config_.replay.folder.empty() ? folder_ : config_.replay.folder);
  if (config_.env) {
    replay_.emplace(visible_entries(environment().spec().observation), environment().spec().action, frames);
  }
  Recorded recorded;
  std::optional<Episode> first;
  if (config_.data) {
    recorded.source = open_data(config_.data->path, config_.data->options, config_.data->filter_key);
    first = recorded.source->read(0);
    if (!replay_) replay_.emplace(visible_entries(first->observation_spec), first->action_spec, frames);
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
  if (!recorded.source) return recorded;
  const int64_t there = recorded.source->episodes();
  recorded.episodes = config_.data->episodes > 0 ? config_.data->episodes : there;
  if (recorded.episodes > there) {
    throw ConfigError(concat("data.episodes = ", recorded.episodes, ", but ", config_.data->path.string(), " holds ",
                             counted(there, "episode")));
  }
  DataSummary summary;
  bool fits = true;
  for (int64_t i = 0; i < recorded.episodes; ++i) {
    const Episode episode = i == 0 ? std::move(*first) : recorded.source->read(i);
    if (episode.length() == 0) continue;  // a state before a time limit
    summary.add(episode);
    recorded.rows += episode.length() + 1;
    fits = fits && replay_->dataset().fits_in_memory(recorded.rows);
    try {
      if (fits) {
        replay_->add(episode, {config_.data->source});
        recorded.loaded = i + 1;
      } else {
        replay_->dataset().check(episode);
      }
    } catch (const DataError& error) {
      throw DataError(concat("data.path: ", config_.data->path.string(), ", number ", recorded.source->number(i), ": ",
                             error.what()));
    }
  }
  summary.notes = recorded.source->notes().lines();
  recorded.notes = summary.lines();
  return recorded;
}

/// The space for images beyond the memory limit is reserved before anything is done.
void Run::fill_replay(Recorded recorded) {
  auto& data = replay_->dataset();
  MemoryBill bill{.recorded_rows = recorded.rows};
  for (const auto& phase : phases_) bill.add(phase->needs());
  if (bill.episodes > 0 || bill.more_steps > 0) bill.steps = environment_->spec().max_steps;
  const bool has_bill = bill.episodes > 0 ? bill.steps > 0 : bill.more_steps > 0;  // no limit, no bill
  if (has_bill) {
    log_info("memory: ", memory_bill_text(bill, data.observation_spec(), data.action_spec(), config_.replay, folder_));
  }
  data.reserve(has_bill ? bill.likely_rows() : bill.recorded_rows);
  if (!recorded.source) return;
  for (int64_t i = recorded.loaded; i < recorded.episodes; ++i) {
    const Episode episode = recorded.source->read(i);
    if (episode.length() > 0) replay_->add(episode, {config_.data->source});
  }
  log_info("data: ", counted(data.episodes(), "episode"), ", ", counted(data.steps(), "step"), " from ",
           config_.data->path.string());
  for (const auto& note : recorded.notes) log_info("data: ", note);
}

}  // namespace onramp
