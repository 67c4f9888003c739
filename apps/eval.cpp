// onramp-eval POLICY: scores what a run left behind, on held-out seeds.
#include <CLI/CLI.hpp>
#include <iostream>

#include "apps/catalog.h"
#include "onramp/base/atomic_file.h"
#include "onramp/base/clock.h"
#include "onramp/base/counted.h"
#include "onramp/base/process_setup.h"
#include "onramp/base/progress.h"
#include "onramp/core/device.h"
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

/// The environment that the policy was trained in, as its file records it, with the overrides of the command line.
Component<Environment> environment_of(const PolicyFile& file, const Options& options, const Catalog& catalog) {
  const auto recorded = file.about.value("env", std::string());
  if (recorded.empty() && options.task.empty()) {
    throw ConfigError(
        "the policy was trained on data alone: say where to try it with --task NAME (see onramp-sim list)");
  }
  if (!options.task.empty()) want_known("task", options.task, catalog.environments.names());
  ConfigNode node = options.task.empty() ? parse_config_text(recorded, (file.folder / "manifest.json").string())
                                         : ConfigNode::map({}).with("type", ConfigNode::scalar(options.task));
  return catalog.environments.parse(apply_overrides(node, options.overrides));
}

int evaluate_policy(const Options& options) {
  const Catalog catalog = builtin_catalog();
  PolicyFile file = read_policy_file(options.policy, at::kCPU);
  const auto component = environment_of(file, options, catalog);
  const auto& about = file.about;  // of a policy's folder, or of a checkpoint
  std::cout << "policy " << file.folder.string() << "\n  hash " << file.hash << "\n  from phase "
            << (about.contains("phase_name") ? about.at("phase_name") : about.at("phase")).get<std::string>()
            << ", step " << about.at("step") << ", after " << counted(about.at("episodes"), "episode") << "\n";

  BatchedEnvironment environments([&] { return component.make(); }, options.settings.batch, available_cores());
  const auto name = file.folder.filename().string();
  const SteadyClock clock;
  Progress progress(clock);
  progress.begin(name, options.settings.episodes);
  const auto result = evaluate(environments, *file.policy, name, options.settings, [&](int64_t finished, double rate) {
    progress.set_values({{"success", rate}});
    progress.update(finished);
  });
  progress.finish();
  std::cout << "\n" << success_table({result});
  if (!options.json.empty()) write_file_atomic(options.json, result.to_json().dump(1));
  if (!options.video.empty()) {
    film_policy(*component.make(), *file.policy, options.settings.sample ? ActMode::kSample : ActMode::kMode,
                {.path = options.video,
                 .policy = name,
                 .takes = held_out_takes(options.settings.first_seed, options.video_episodes)});
    std::cout << "film " << options.video.string() << "\n";
  }
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
  want_at_least(app.add_option("--batch", options.settings.batch, "environments side by side")->capture_default_str(),
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
      "Exit codes: 0 done, 1 error, 2 mistake in the command line or in a setting.");
  if (!parse_command_line(app, argc, argv)) return 0;
  return evaluate_policy(options);
}

}  // namespace
}  // namespace onramp

int main(int argc, char** argv) {
  return onramp::run_main([&] { return onramp::evaluate_main(argc, argv); });
}
