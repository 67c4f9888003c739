// The commands of onramp-sim.
#pragma once

#include <ATen/Functions.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "apps/catalog.h"
#include "onramp/base/atomic_file.h"
#include "onramp/base/clock.h"
#include "onramp/base/error.h"
#include "onramp/base/interrupt.h"
#include "onramp/base/text.h"
#include "onramp/envs/video.h"
#include "onramp/envs/wrappers.h"
#include "onramp/training/command_line.h"
#include "onramp/training/evaluation.h"
#include "onramp/training/film.h"
#include "onramp/training/policy_file.h"

namespace onramp::sim {

struct Options {
  std::string task, policy = "expert";
  std::vector<std::string> overrides, policy_overrides;
  int64_t episodes = 3, steps = 2000;
  uint64_t seed = 0;
  std::filesystem::path out;
};

/// `{type: name}` with overrides, as a run's config would say it.
inline ConfigNode settings(const std::string& name, const std::vector<std::string>& overrides,
                           const std::string& option = "--set") {
  const ConfigNode node = ConfigNode::map({}).with("type", ConfigNode::scalar(name));
  return apply_overrides(node, overrides, option);
}

inline std::unique_ptr<Environment> make_task(const Catalog& catalog, const Options& options) {
  want_known("task", options.task, catalog.environments.names());
  return catalog.environments.parse(settings(options.task, options.overrides)).make();
}

/// A policy that a run left behind, where --policy names one.
inline std::optional<PolicyFile> trained_policy(const Options& options) {
  if (!std::filesystem::exists(options.policy)) return std::nullopt;
  if (!options.policy_overrides.empty())
    throw ConfigError("--policy-set: a trained policy has no settings, scripted ones do");
  return read_policy_file(options.policy, at::kCPU);
}

/// The task as the policy's run had it, where it acted in this one; else with its defaults. --set changes either.
inline std::unique_ptr<Environment> make_task_of(const Catalog& catalog, const Options& options,
                                                 const PolicyFile& file) {
  want_known("task", options.task, catalog.environments.names());
  if (const auto recorded = file.about.value("env", std::string()); !recorded.empty()) {
    const auto node = parse_config_text(recorded, (file.folder / "manifest.json").string());
    if (node.at("type").text() == options.task)
      return catalog.environments.parse(apply_overrides(node, options.overrides)).make();
  }
  return make_task(catalog, options);
}

/// "expert" is the task's own.
inline std::unique_ptr<Policy> scripted_policy(const Catalog& catalog, const Options& options, const EnvSpec& spec) {
  if (options.policy.find('/') != std::string::npos)
    throw ConfigError(concat("--policy ", options.policy, ": no such run or policy folder"));
  const std::string name = options.policy == "expert" ? options.task + "_expert" : options.policy;
  auto known = catalog.policies.names();
  known.emplace_back("expert");
  want_known("policy", name, known);
  return catalog.policies.parse(settings(name, options.policy_overrides, "--policy-set"))
      .make({spec.observation, spec.action});
}

inline int list(const Catalog& catalog) {
  std::cout << "tasks:\n";
  for (const auto& name : catalog.environments.names())
    std::cout << "  " << name << "  " << catalog.environments.summary(name) << "\n";
  std::cout << "policies:\n";
  for (const auto& name : catalog.policies.names())
    std::cout << "  " << name << "  " << catalog.policies.summary(name) << "\n";
  return 0;
}

inline int spec(const Catalog& catalog, const Options& options) {
  const auto environment = make_task(catalog, options);
  const EnvSpec& spec = environment->spec();
  std::cout << spec.name << ": a step each " << spec.control_period_s << " s, at most " << spec.max_steps
            << " steps; a protective stop is " << (spec.safety_stop_is_terminal ? "terminal" : "cut off")
            << "\n\nobservation\n";
  for (const auto& entry : spec.observation.entries) {
    std::cout << "  " << entry.name << "  " << type_text(entry) << " in " << entry.low << " .. " << entry.high
              << (entry.privileged ? ", privileged: no network may see it" : "") << "\n";
    if (!entry.fields.empty()) std::cout << "    " << join(entry.fields) << "\n";
  }
  std::cout << "\naction, each in -1 .. 1\n    " << join(spec.action.fields)
            << "\n\nsettings (--set key=value, or under `env:`)\n"
            << catalog.environments.help_config(options.task);
  return 0;
}

inline int record(const Catalog& catalog, const Options& options) {
  auto trained = trained_policy(options);
  const auto environment = trained ? make_task_of(catalog, options, *trained) : make_task(catalog, options);
  const auto policy = trained ? std::move(trained->policy) : scripted_policy(catalog, options, environment->spec());
  check_fits(*policy, environment->spec());
  const auto name = std::filesystem::path(options.policy).filename().string();
  const std::filesystem::path out =
      options.out.empty() ? std::filesystem::path(options.task + "_" + name + ".mp4") : options.out;
  check_can_write(out);
  FilmPlan film{.path = out, .policy = options.policy};
  for (int64_t i = 0; i < options.episodes; ++i) {
    const uint64_t seed = options.seed + static_cast<uint64_t>(i);
    film.takes.push_back({seed, concat("seed ", seed)});
  }
  int64_t successes = 0;
  film_policy(*environment, *policy, ActMode::kMode, film, [&](const Episode& episode) {
    std::cout << "seed " << episode.meta.at("seed") << ": " << (episode.succeeded() ? "success" : "no success") << ", "
              << counted(episode.length(), "step") << ", ended by " << to_string(episode.end) << "\n";
    successes += episode.succeeded();
    if (interrupt_requested()) throw InterruptedError("interrupted; no film was written");
  });
  std::cout << successes << " of " << options.episodes << " succeeded; film: " << out.string() << "\n";
  return 0;
}

/// @param missing  what an interruption leaves unsaid
inline double steps_per_s(Environment& environment, int64_t steps, const std::string& missing) {
  RandomStream stream(0, "speed");
  Rng random = stream.next();
  const int64_t dim = environment.spec().action.dim;
  environment.reset(0);
  const SteadyClock clock;
  uint64_t seed = 1;
  for (int64_t i = 0; i < steps; ++i) {
    auto action = at::empty({dim});
    for (int64_t k = 0; k < dim; ++k) action.data_ptr<float>()[k] = static_cast<float>(random.uniform(-1, 1));
    if (environment.step(action).end) environment.reset(seed++);
    if (interrupt_requested()) throw InterruptedError("interrupted; " + missing);
  }
  return static_cast<double>(steps) / clock.now();
}

inline int speed(const Catalog& catalog, Options options) {
  const auto environment = make_task(catalog, options);
  const double whole = steps_per_s(*environment, options.steps, "there is nothing to say yet");
  int64_t images = 0;
  for (const auto& entry : environment->spec().observation.entries) images += entry.is_image();
  std::printf("%-28s %8.0f steps/s in one thread\n", concat("with ", images, " image", images == 1 ? "" : "s").c_str(),
              whole);
  std::fflush(stdout);  // the next line takes as long again
  if (images == 0) return 0;
  options.overrides.emplace_back("images=false");
  const double bare = steps_per_s(*make_task(catalog, options), options.steps, "without images it was not measured");
  std::printf("%-28s %8.0f steps/s\n", "without images", bare);
  std::printf("%-28s %8.0f pictures/s\n", "pictures alone, by difference",
              static_cast<double>(images) / (1 / whole - 1 / bare));
  return 0;
}

}  // namespace onramp::sim
