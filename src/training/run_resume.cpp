// Checkpoints of a run, and how it goes on from one.

#include <ATen/Functions.h>

#include <algorithm>
#include <sstream>
#include <string_view>

#include "onramp/base/atomic_file.h"
#include "onramp/base/log.h"
#include "onramp/base/safetensors_header.h"
#include "onramp/base/text.h"
#include "onramp/data/store/episode_file.h"
#include "onramp/policies/actor_policy.h"
#include "onramp/training/phase.h"
#include "onramp/training/run.h"

namespace onramp {
namespace {

/// Source names in an episode's meta: "offline,online".
std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> words;
  std::stringstream stream(text);
  for (std::string word; std::getline(stream, word, ',');) words.push_back(word);
  return words;
}

/// Where a manifest says that the run stood.
RunState state_of(const nlohmann::json& extra, int64_t phases, const std::filesystem::path& checkpoint) {
  RunState state;
  try {
    state.phase = extra.at("phase").get<int64_t>();
    state.step = extra.at("step").get<int64_t>();
    state.episodes = extra.at("episodes").get<int64_t>();
    state.phase_seconds = extra.at("phase_seconds").get<std::map<std::string, double>>();
    (void)extra.at("metrics");
  } catch (const nlohmann::json::exception&) {
    refuse_checkpoint_file(checkpoint / "manifest.json", "where the run stood cannot be read");
  }
  if (state.phase < 0 || state.phase > phases || state.step < 0 || state.episodes < 0) {
    refuse_checkpoint_file(checkpoint / "manifest.json", "where the run stood is impossible");
  }
  return state;
}

/// An episode that a checkpoint counts: the run cannot go on without it, so that moving it away would not help.
Episode load_counted(const EpisodeStore& store, int64_t number) {
  constexpr std::string_view kRemedy = "put the run's own file back, or start anew in another run.folder";
  if (!store.contains(number)) {
    throw IoError(concat(store.path(number).string(), ": is missing, and the checkpoint counts it; ", kRemedy));
  }
  try {
    return store.load(number);
  } catch (const DataError& error) {
    const std::string what = error.what();
    throw DataError(concat(what.substr(0, what.rfind(kDamagedEpisodeRemedy)), "; the checkpoint counts it: ", kRemedy));
  }
}

}  // namespace

void Run::check_sound(const Parts& parts) {
  const bool finished = state_.phase >= static_cast<int64_t>(phases_.size());
  const std::string phase = finished ? "finished" : phases_[static_cast<size_t>(state_.phase)]->name();
  std::vector<std::pair<std::string, double>> values;
  for (const auto& [name, value] : latest_) values.emplace_back(name, value.item<double>());
  latest_.clear();
  watch_.check(phase, state_.step, values);
  for (const auto& [name, part] : parts) {
    for (const auto& [tensor_name, tensor] : part.tensors) {
      if (!tensor.is_floating_point() || at::isfinite(tensor).all().item<bool>()) continue;
      throw DivergenceError(concat(phase, " step ", state_.step, ": tensor '", tensor_name, "' of ", name,
                                   " is not finite; begin anew in another folder with a lower learning rate"));
    }
  }
}

void Run::checkpoint() {
  Parts parts;
  for (const auto& [name, learner] : learners_) {
    Parts own;
    learner->save(own);
    for (auto& [part, state] : own) parts[concat("learners/", name, "/", part)] = std::move(state);
  }
  // Learners of later phases that this process has not touched yet keep what the last checkpoint held of them.
  for (const auto& [name, state] : unread_) parts[name] = state;
  for (const auto& [name, state] : given_) parts["given/" + name] = state;
  for (const auto& [name, sampler] : samplers_) parts["samplers/" + name].host = sampler.save();
  if (const auto* agent = acting_agent())
    parts["policy"] = save_policy(*agent->policy());  // so that any checkpoint can be scored
  parts["run"].host = {{"notes", state_.notes}};
  check_sound(parts);

  CheckpointInfo info{.config_hash = identity_, .device = device_.str()};
  std::vector<std::string> order;
  for (const auto& phase : phases_) order.push_back(phase->name());
  const bool finished = state_.phase >= static_cast<int64_t>(phases_.size());
  info.extra = {{"phase", state_.phase},
                {"phase_name", finished ? "finished" : phases_[static_cast<size_t>(state_.phase)]->name()},
                {"step", state_.step},
                {"episodes", state_.episodes},
                {"phase_seconds", state_.phase_seconds},
                {"phase_order", order},
                {"env", config_.env ? to_yaml(config_.env.dump()) : ""},
                {"metrics", sinks_.position()}};
  // Numbered by what is there, so that names sort by age.
  const auto kept = list_checkpoints(folder_ / "checkpoints");
  const int64_t number = kept.empty() ? 1 : std::stoll(kept.back().filename().string()) + 1;
  std::ostringstream name;
  name.fill('0');
  name.width(6);
  name << number;
  const auto path = folder_ / "checkpoints" / name.str();
  write_checkpoint(path, parts, info);
  last_checkpoint_ = path.string();
  last_checkpoint_s_ = clock_.now();
  const auto all = list_checkpoints(folder_ / "checkpoints");
  for (size_t i = 0; i + static_cast<size_t>(config_.run.keep_checkpoints) < all.size(); ++i) {
    std::filesystem::remove_all(all[i]);
  }
}

void Run::resume() {
  const auto checkpoints = list_checkpoints(folder_ / "checkpoints");
  if (checkpoints.empty()) {
    // Killed before its first checkpoint: begin again, over whatever rows and episodes that left.
    sinks_.truncate_to(nlohmann::json::object());
    return;
  }
  const auto& path = checkpoints.back();
  Checkpoint saved = read_checkpoint(path);
  check_config_hash(saved.manifest, identity_, path);
  const auto& extra = saved.manifest.at("extra");
  state_ = state_of(extra, static_cast<int64_t>(phases_.size()), path);
  state_.notes = require_host<nlohmann::json>("run", require_part(saved.parts, "run"), "notes");
  for (auto& [name, part] : saved.parts) {
    if (name.starts_with("given/")) {
      given_[name.substr(6)] = std::move(part);
    } else if (name.starts_with("samplers/")) {
      const std::string learner = name.substr(9);
      samplers_.emplace(learner, Sampler(seed("sampler/" + learner, 0))).first->second.load(part.host);
    } else if (name.starts_with("learners/") || name == "policy") {
      unread_[name] = std::move(part);
    }
  }
  sinks_.truncate_to(extra.at("metrics"));
  rebuild_replay(state_.episodes);
  last_checkpoint_ = path.string();
  const bool finished = state_.phase == static_cast<int64_t>(phases_.size());
  log_info("continuing from ", path.string(), ": phase '",
           finished ? "finished" : phases_[static_cast<size_t>(state_.phase)]->name(), "', step ", state_.step, ", ",
           counted(state_.episodes, "episode"));
  for (const auto& difference : machine_differences(saved.manifest, device_.str())) {
    log_warning("the continued run is not bit-identical to an uninterrupted one: ", difference);
  }
}

void Run::rebuild_replay(int64_t episodes) {
  for (int64_t number = 0; number < episodes; ++number) {
    const Episode episode = load_counted(*store_, number);
    const auto sources = episode.meta.find("sources");
    if (sources == episode.meta.end()) {
      throw DataError(
          concat(store_->path(number).string(),
                 ": does not say which replay sources it is in; no run recorded it. Put the run's own back"));
    }
    enter_replay(episode, split(sources->second));
  }
  state_.episodes = episodes;
}

}  // namespace onramp
