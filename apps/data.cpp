// onramp-data: what is in a recorded data set, and is it sound?
#include <CLI/CLI.hpp>
#include <cstdio>

#include "onramp/base/error.h"
#include "onramp/data/check.h"
#include "onramp/training/command_line.h"

namespace {

int run(int argc, char** argv) {
  CLI::App app(
      "Looks into recorded data: a D4RL HDF5 file, an onramp episode file, or a folder of those (a run's folder).\n"
      "Exit code 0: sound; 1: faults, listed one a line as file, field, episode, step; 2: wrong usage.");
  app.require_subcommand(1);
  std::vector<std::string> files;
  int64_t max_episode_steps = 0;
  auto* info = app.add_subcommand("info", "Counts, specs, lengths, returns, success, end reasons, action ranges");
  auto* check =
      app.add_subcommand("check",
                         "Proves a data set sound: no pair across episodes, no observation from after a reset, "
                         "bounds, NaN, frozen pictures, ends that contradict success flags");
  for (auto* command : {info, check}) {
    command->add_option("FILE", files, "files or folders")->required();
    onramp::want_at_least(command->add_option("--max-episode-steps", max_episode_steps,
                                              "time limit of the task, for D4RL files that do not mark time-outs"),
                          0);
  }
  if (!onramp::parse_command_line(app, argc, argv)) return 0;
  bool sound = true;
  for (const auto& file : files) {
    const auto found = onramp::inspect_data(file, max_episode_steps);
    for (const auto& fault : found.faults) std::printf("%s\n", fault.text().c_str());
    sound = sound && found.faults.empty();
    if (info->parsed() && found.summary.episodes() > 0) std::printf("%s", found.summary.text().c_str());
    if (check->parsed() && found.faults.empty()) {
      std::printf("%s: sound: %lld episodes, %lld steps; executed action differs in %lld steps\n", file.c_str(),
                  static_cast<long long>(found.summary.episodes()), static_cast<long long>(found.summary.steps),
                  static_cast<long long>(found.summary.limited_steps));
    }
  }
  return sound ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  return onramp::run_main([&] { return run(argc, argv); });
}
