// The commands of onramp-data.
#pragma once

#include <charconv>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "apps/catalog.h"
#include "onramp/base/atomic_file.h"
#include "onramp/base/error.h"
#include "onramp/base/interrupt.h"
#include "onramp/base/text.h"
#include "onramp/data/check.h"
#include "onramp/data/convert.h"
#include "onramp/envs/episode_film.h"
#include "onramp/envs/replay_actions.h"
#include "onramp/training/command_line.h"
#include "onramp/training/run_config.h"

namespace onramp::data {

struct Options {
  std::vector<std::string> files;
  int64_t max_episode_steps = 0;
  std::filesystem::path from, to;  // convert, replay
  std::string format;
  bool force = false, clip_actions = false;
  std::string filter_key;
  int64_t episode = 0;
  std::filesystem::path out, json;
  std::vector<std::string> entries, overrides;
  double frames_per_s = 0.0;
  bool simulate = false;
  std::string env;
  std::string seed;
};

inline DataOptions reading(const Options& options) {
  auto how = DataOptions::as_recorded();
  how.max_episode_steps = options.max_episode_steps;
  how.clip_actions = options.clip_actions;
  return how;
}

inline int inspect(const Options& options, bool info) {
  std::string first;
  int64_t faults = 0;
  for (const auto& file : options.files) {
    const auto found = inspect_data(file, reading(options), options.filter_key);
    if (info && !found.summary.kind.empty()) std::cout << found.summary.text();
    for (const auto& fault : found.faults) std::cout << fault.text() << "\n";
    if (faults == 0 && !found.faults.empty()) first = found.faults.front().text();
    faults += std::ssize(found.faults);
    if (!info && found.faults.empty()) {
      std::cout << file << ": sound: " << counted(found.summary.episodes(), "episode") << ", "
                << counted(found.summary.steps, "step") << "; executed action differs in "
                << counted(found.summary.limited_steps, "step") << "\n";
    }
  }
  std::cout << std::flush;
  if (faults > 0) throw DataError(faults > 1 ? concat(first, "; and ", faults - 1, " more, see above") : first);
  return 0;
}

inline std::unique_ptr<DataSource> open_recorded(const Options& options) {
  return open_data(options.from, reading(options), options.filter_key);
}

inline int convert(const Options& options) {
  DataFormat format{};
  for (const auto& [value, name] : enum_names(static_cast<DataFormat*>(nullptr))) {
    if (name == options.format) format = value;
  }
  install_interrupt_handler();
  const auto source = open_recorded(options);
  const Conversion done = convert_data(*source, options.to, format, options.force);
  std::cout << options.to.string() << ": " << options.format << ", " << counted(done.summary.episodes(), "episode")
            << ", " << counted(done.summary.steps, "step") << ", from " << options.from.string() << " ("
            << source->kind() << ")\n";
  for (const auto& line : done.summary.lines()) std::cout << "  " << line << "\n";
  if (!done.unseen.empty()) {
    std::cout << "  kept beside the layout, for onramp alone (other readers do not see it): " << done.unseen << "\n";
  }
  return 0;
}

/// config.yaml of the run that a folder or an episode file belongs to; empty: of none.
inline std::filesystem::path config_beside(const std::filesystem::path& data) {
  const auto whole = std::filesystem::absolute(data);
  for (auto folder = whole; folder.has_relative_path(); folder = folder.parent_path()) {
    if (std::filesystem::is_regular_file(folder / "config.yaml")) return folder / "config.yaml";
    if (folder.filename() != "episodes" && folder != whole && folder != whole.parent_path()) break;
  }
  return {};
}

/// The environment that was named, else the one that the run's config says.
inline std::unique_ptr<Environment> environment_of(const Catalog& catalog, const Options& options) {
  if (!options.env.empty()) {
    const auto node = ConfigNode::map({}).with("type", ConfigNode::scalar(options.env));
    return catalog.environments.parse(apply_overrides(node, options.overrides)).make();
  }
  const auto config = config_beside(options.from);
  if (config.empty()) {
    throw ConfigError(concat(options.from.string(),
                             ": no config.yaml of a run lies beside it, so that nothing says where "
                             "it was recorded; name the task: --env vacuum_grasp [--set key=value]"));
  }
  const auto recorded = load_config(config).get("env");
  if (recorded.is_null()) throw ConfigError(concat(config.string(), " names no environment; name one: --env TASK"));
  want_environment_of_this_program(recorded, catalog.environments.names());
  return catalog.environments.parse(apply_overrides(recorded, options.overrides)).make();
}

inline uint64_t seed_of(const Options& options, const Episode& episode) {
  const auto known = episode.meta.find("seed");
  const std::string text = !options.seed.empty() ? options.seed : known == episode.meta.end() ? "" : known->second;
  uint64_t seed = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seed);
  if (error != std::errc{} || end != text.data() + text.size()) {
    throw ConfigError(text.empty() ? "the episode records no seed of its reset; give the one it had: --seed N"
                                   : concat("seed '", text, "': want a whole number >= 0"));
  }
  return seed;
}

inline nlohmann::json to_json(const ReplayDrift& drift, const Episode& episode, uint64_t seed) {
  auto entries = nlohmann::json::object();
  for (const auto& entry : drift.entries) entries[entry.entry] = {{"max", entry.max}, {"mean", entry.mean}};
  const auto first = drift.first_difference();
  return {{"seed", std::to_string(seed)},
          {"steps", drift.steps},
          {"recorded_steps", episode.length()},
          {"end", drift.end ? nlohmann::json(to_string(*drift.end)) : nlohmann::json(nullptr)},
          {"recorded_end", to_string(episode.end)},
          {"identical", !first && drift.steps == episode.length()},
          {"first_difference", first ? nlohmann::json(*first) : nlohmann::json(nullptr)},
          {"largest", drift.largest()},
          {"observations", entries},
          {"reward", drift.reward},
          {"executed_action", drift.executed_action},
          {"not_compared", drift.not_compared}};
}

inline void simulate(const Catalog& catalog, const Options& options, const Episode& episode, double& period_s) {
  const auto environment = environment_of(catalog, options);
  period_s = environment->spec().control_period_s;
  const uint64_t seed = seed_of(options, episode);
  const ReplayDrift drift = replay_actions(*environment, episode, seed);
  std::cout << "in " << environment->spec().name << ", seed " << seed << ": " << drift.verdict(episode) << "\n";
  if (!drift.not_compared.empty()) {
    std::cout << "  not compared, since the environment does not have them so: " << join(drift.not_compared) << "\n";
  }
  if (drift.first_difference() == 0) {
    std::cout
        << "  the very first observation differs: was the task set up otherwise? --set key=value (onramp-sim spec "
        << environment->spec().name << ")\n";
  }
  if (drift.first_difference()) {
    for (const auto& entry : drift.entries) {
      std::printf("  %-20s", entry.entry.c_str());
      for (int part = 0; part <= 4; ++part) {
        const auto t = static_cast<size_t>(drift.steps * part / 4);
        std::printf("  at %lld: max %.3g, mean %.3g;", static_cast<long long>(t), entry.max[t], entry.mean[t]);
      }
      std::printf("\n");
    }
  }
  if (!options.json.empty()) write_named_file(options.json, to_json(drift, episode, seed).dump(1) + "\n");
}

inline int replay(const Catalog& catalog, const Options& options) {
  const auto source = open_recorded(options);
  int64_t index = -1;
  for (int64_t i = 0; i < source->episodes(); ++i) {
    if (source->number(i) == options.episode) index = i;
  }
  if (index < 0) {
    throw DataError(concat(options.from.string(), ": has no episode ", options.episode, " (there are ",
                           source->episodes(), ", numbers ", source->number(0), " to ",
                           source->number(source->episodes() - 1), ")"));
  }
  const Episode episode = source->read(index);
  if (episode.length() == 0)
    throw DataError(concat(options.from.string(), ": episode ", options.episode, " has no steps"));
  double period_s = 0.1;
  if (options.simulate) simulate(catalog, options, episode, period_s);
  if (options.simulate && options.out.empty()) return 0;
  const auto name = std::filesystem::absolute(options.from).lexically_normal();
  const auto stem = name.has_filename() ? name.stem() : name.parent_path().stem();
  const auto out =
      options.out.empty() ? std::filesystem::path(concat(stem.string(), "_", options.episode, ".mp4")) : options.out;
  check_can_write(out);
  film_episode(episode,
               {.title = concat(options.from.string(), ", ", source->name(index)),
                .entries = options.entries,
                .frames_per_s = options.frames_per_s > 0 ? options.frames_per_s : 1.0 / period_s},
               out);
  double sum = 0;
  for (const float reward : episode.reward) sum += reward;
  std::cout << options.from.string() << ", " << source->name(index) << ": " << counted(episode.length(), "step")
            << ", return " << sum << ", " << (episode.succeeded() ? "success" : "no success") << ", ended by "
            << to_string(episode.end) << "; film: " << out.string() << "\n";
  return 0;
}

}  // namespace onramp::data
