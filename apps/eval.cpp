// onramp-eval POLICY: scores what a run left behind, on held-out seeds.
#include <CLI/CLI.hpp>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>

#include "apps/catalog.h"
#include "onramp/base/clock.h"
#include "onramp/base/error.h"
#include "onramp/base/interrupt.h"
#include "onramp/base/log.h"
#include "onramp/base/process_setup.h"
#include "onramp/base/progress.h"
#include "onramp/base/text.h"
#include "onramp/training/command_line.h"
#include "onramp/training/evaluation.h"
#include "onramp/training/film.h"
#include "onramp/training/policy_file.h"

namespace onramp {
namespace {

struct Options {
  std::filesystem::path policy, video, json;
  std::vector<std::string> overrides;
  std::string task;
  int64_t video_episodes = 4;
  EvaluationSettings settings;
};

/// A policy's folder says it otherwise than a checkpoint.
std::string phase_of(const nlohmann::json& about) {
  return about.contains("phase_name") ? about.at("phase_name") : about.at("phase");
}

nlohmann::json to_json(const ConfigNode& node) {
  if (node.is_null()) return nullptr;
  if (node.is_scalar()) {
    const auto value = nlohmann::json::parse(node.text(), nullptr, /*allow_exceptions=*/false);
    return !node.quoted() && (value.is_number() || value.is_boolean()) ? value : nlohmann::json(node.text());
  }
  auto json = node.is_list() ? nlohmann::json::array() : nlohmann::json::object();
  for (const auto& element : node.elements()) json.push_back(to_json(element));
  for (const auto& item : node.items()) json[item.key] = to_json(item.value);
  return json;
}

/// What the policy's file says of the environment that it was trained in, or the one that was asked for.
ConfigNode named_environment(const PolicyFile& file, const Options& options, const Catalog& catalog) {
  const auto recorded = file.about.value("env", std::string());
  if (recorded.empty() && options.task.empty()) {
    throw ConfigError(
        "the policy was trained on data alone, so that no environment is known to it: name one that shows and takes "
        "the "
        "same with --task NAME (onramp-sim list; one of your own: docs/library.md), or let it act elsewhere "
        "(onramp-export)");
  }
  if (options.task.empty()) {
    auto node = parse_config_text(recorded, (file.folder / "manifest.json").string());
    want_environment_of_this_program(node, catalog.environments.names());
    return node;
  }
  want_known("task", options.task, catalog.environments.names());
  return ConfigNode::map({}).with("type", ConfigNode::scalar(options.task));
}

/// Refuses an environment that the policy cannot act in, naming the setting that makes it so.
void check_environment(const Policy& policy, const ConfigNode& named, const Options& options, const Catalog& catalog) {
  const auto misfit = [&](const std::vector<std::string>& overrides) -> std::optional<std::string> {
    try {
      check_fits(policy, catalog.environments.parse(apply_overrides(named, overrides)).make()->spec());
      return std::nullopt;
    } catch (const ConfigError& error) {
      return error.what();
    }
  };
  const auto all = misfit(options.overrides);
  if (!all) return;
  for (const auto& setting : options.overrides) {
    if (const auto why = misfit({setting}); why && !misfit({}))
      throw ConfigError(concat("--set ", setting, ": ", *why));
  }
  throw ConfigError(options.task.empty() ? *all : concat("--task ", options.task, ": ", *all));
}

/// What was scored, how and in which situations, beside the numbers.
nlohmann::json described(const EvaluationResult& result, const PolicyFile& file,
                         const Component<Environment>& component, const EvaluationSettings& settings) {
  auto json = result.to_json();
  json["policy"] = std::filesystem::absolute(file.folder).lexically_normal().string();
  json["phase"] = phase_of(file.about);
  json["step"] = file.about.at("step");
  json["task"] = to_json(component.dump());
  json["settings"] = {{"episodes", settings.episodes},
                      {"first_seed", settings.first_seed},
                      {"batch", settings.batch},
                      {"act", settings.sample ? "sample" : "mode"}};
  return json;
}

int evaluate_policy(const Options& options) {
  const Catalog catalog = builtin_catalog();
  PolicyFile file = read_policy_file(options.policy, at::kCPU);
  const auto named = named_environment(file, options, catalog);
  const auto component = catalog.environments.parse(apply_overrides(named, options.overrides));
  check_environment(*file.policy, named, options, catalog);
  std::cout << "policy " << file.folder.string() << "\n  hash " << file.hash << "\n  from phase "
            << phase_of(file.about) << ", step " << file.about.at("step") << ", after "
            << counted(file.about.at("episodes").get<int64_t>(), "episode") << "\n";

  install_interrupt_handler();
  auto environments = environments_for(options.settings, [&] { return component.make(); });
  const auto name = file.folder.filename().string();
  const SteadyClock clock;
  Progress progress(clock);
  progress.begin(name, options.settings.episodes);
  const auto show = [&](int64_t finished, double rate) {
    progress.set_values({{"success", rate}});
    progress.update(finished);
  };
  const auto result = evaluate(environments, *file.policy, name, options.settings, show, interrupt_requested);
  const auto done = static_cast<int64_t>(result.seeds.size());
  const bool whole = done == options.settings.episodes;
  if (whole) progress.finish();
  if (done > 0) std::cout << "\n" << success_table({result});
  const bool files = !options.json.empty() || !options.video.empty();
  if (!whole) {
    throw InterruptedError(concat("interrupted after ", done, " of ", options.settings.episodes, " episodes",
                                  files ? "; no file was written" : ""));
  }
  if (!options.json.empty()) {
    write_named_file(options.json, described(result, file, component, options.settings).dump(1));
  }
  if (options.video.empty()) {
    if (interrupt_requested()) log_info("finished before it could be stopped");
    return 0;
  }
  film_policy(*component.make(), *file.policy, options.settings.sample ? ActMode::kSample : ActMode::kMode,
              {.path = options.video,
               .policy = name,
               .takes = held_out_takes(options.settings.first_seed, options.video_episodes)},
              [](const Episode&) {
                if (interrupt_requested()) throw InterruptedError("interrupted; no film was written");
              });
  std::cout << "film " << options.video.string() << "\n";
  return 0;
}

int evaluate_main(int argc, char** argv) {
  process_setup();
  Options options;
  CLI::App app{"Scores a policy on held-out seeds: success with its 95 % interval, returns, how episodes ended."};
  app.add_option("policy", options.policy, "a run's folder (its last policy), one of its policies/ or checkpoints/")
      ->required();
  want_at_least(app.add_option("--episodes", options.settings.episodes, "held-out seeds")->capture_default_str(), 1);
  want_at_least(
      app.add_option("--first-seed", options.settings.first_seed, "number of the first")->capture_default_str(), 0);
  want_at_least(app.add_option("--batch", options.settings.batch, "environments side by side, at most one a core")
                    ->capture_default_str(),
                1);
  app.add_flag("--sample", options.settings.sample, "act as the policy draws, instead of its single best action");
  app.add_option("--task", options.task, "another task than the one it was trained in");
  app.add_option("--set", options.overrides, "a setting of the task: --set items=blue (repeatable)")
      ->allow_extra_args(false);
  want_file(app.add_option("--video", options.video, "film the first episodes into this .mp4"), ".mp4");
  want_at_least(
      app.add_option("--video-episodes", options.video_episodes, "how many are filmed")->capture_default_str(), 1);
  want_file(app.add_option("--json", options.json, "write everything, by seed, into this .json"), ".json");
  app.footer(
      "Examples:\n"
      "  onramp-eval runs/quickstart/seed1\n"
      "  onramp-eval runs/quickstart/seed1/policies/offline --episodes 500 --json offline.json\n"
      "  onramp-eval runs/quickstart/seed1 --set items=blue --video blue.mp4\n"
      "Exit codes: 0 done, 1 error, 2 mistake in the command line or in a setting, 130 interrupted (Ctrl-C: episodes\n"
      "that run are finished and what is done is shown, no file is written; a second one stops at once).");
  if (!parse_command_line(app, argc, argv)) return 0;
  return evaluate_policy(options);
}

}  // namespace
}  // namespace onramp

int main(int argc, char** argv) {
  return onramp::run_main([&] { return onramp::evaluate_main(argc, argv); });
}
