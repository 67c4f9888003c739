// onramp-data: what is in a recorded data set, is it sound, in which layout, and what does it look like?
#include <CLI/CLI.hpp>

#include "apps/catalog.h"
#include "apps/data_commands.h"
#include "onramp/base/error.h"
#include "onramp/training/command_line.h"

namespace {

int run(int argc, char** argv) {
  using namespace onramp;
  CLI::App app(
      "Recorded data: look into them, check them, convert them, see them. Formats are told apart by what is in them:\n"
      "  onramp     a run's folder, a folder of episode files (000000.h5, ...), or one such file\n"
      "  robomimic  HDF5 with data/demo_0, ...; low-dimensional and picture observations, masks, env_args\n"
      "  Minari     its folder, or main_data.hdf5 with metadata.json beside it\n"
      "  D4RL       flat HDF5 with observations, actions, rewards, terminals\n"
      "Files of others are read in child processes with limits: a damaged one is one clear line.");
  app.require_subcommand(1);
  app.footer(
      "Examples:\n"
      "  onramp-data info low_dim.hdf5                      what it holds, what is taken for granted, faults\n"
      "  onramp-data check runs/quickstart/seed1            one line a fault\n"
      "  onramp-data convert door_human.hdf5 door --to store\n"
      "  onramp-data convert runs/quickstart/seed1 grasp.hdf5 --to robomimic\n"
      "  onramp-data replay door_human.hdf5 --episode 3 --out door.mp4\n"
      "  onramp-data replay runs/quickstart/seed1 --episode 3 --simulate\n"
      "Exit codes: 0 done or sound, 1 error or faults, 2 mistake in the command line,\n"
      "130 interrupted (Ctrl-C: convert then leaves nothing behind).");
  data::Options options;
  auto* info = app.add_subcommand(
      "info", "Counts, specs, lengths, returns, success, end reasons, action ranges; what was found and assumed");
  auto* check =
      app.add_subcommand("check",
                         "Proves a data set sound: no pair across episodes, no observation from after a reset, "
                         "bounds, NaN, frozen pictures, ends that contradict success flags. Faults are listed "
                         "one a line: file, field, episode, step");
  auto* convert = app.add_subcommand(
      "convert",
      "Writes a data set in another layout, as it was recorded; an episode at a time, whole or not at all. What a "
      "layout "
      "has no place for is kept under names that its own readers pass over, so that it comes back unchanged");
  auto* replay = app.add_subcommand(
      "replay",
      "Films an episode: pictures or plots of the state, actions, rewards, why it ended. With --simulate: plays "
      "its actions back from the recorded seed and says how far observations drift");
  for (auto* command : {info, check}) command->add_option("FILE", options.files, "files or folders")->required();
  for (auto* command : {convert, replay}) command->add_option("FILE", options.from, "file or folder")->required();
  for (auto* command : {info, check, convert, replay}) {
    want_at_least(command->add_option("--max-episode-steps", options.max_episode_steps,
                                      "time limit of the task, for D4RL files that do not mark time-outs"),
                  0);
    command->add_flag("--clip-actions", options.clip_actions, "clip actions to [-1, 1] instead of refusing others");
  }
  for (auto* command : {info, check, convert}) {
    command->add_option("--filter-key", options.filter_key, "only the episodes under this filter key (train, valid)");
  }
  convert->add_option("TO", options.to, "file to write; for store and minari a folder")->required();
  std::vector<std::string> formats;
  for (const auto& [value, name] : enum_names(static_cast<DataFormat*>(nullptr))) formats.emplace_back(name);
  convert->add_option("--to", options.format, "layout to write")->required()->check(CLI::IsMember(formats));
  convert->add_flag("--force", options.force,
                    "replace a data set of that name and layout, but never the one that is read");

  want_at_least(replay->add_option("--episode", options.episode, "its number in the set")->capture_default_str(), 0);
  want_file(
      replay->add_option("--out", options.out, "the film [FILE_EPISODE.mp4]; with --simulate none unless it is named"),
      ".mp4");
  replay->add_option("--entries", options.entries, "pictures to show, side by side [all]")->delimiter(',');
  replay->add_option("--fps", options.frames_per_s, "frames a second [10, or the environment's]")
      ->check(CLI::PositiveNumber);
  auto* simulate = replay->add_flag("--simulate", options.simulate, "play the actions back in simulation");
  replay->add_option("--env", options.env, "task to play them back in [that of the run]")->needs(simulate);
  replay->add_option("--set", options.overrides, "a setting of the task (repeatable)")
      ->allow_extra_args(false)
      ->needs(simulate);
  replay->add_option("--seed", options.seed, "seed of the reset [the recorded one]")->needs(simulate);
  want_file(replay->add_option("--json", options.json, "the drift of every step, into this .json")->needs(simulate),
            ".json");
  if (!parse_command_line(app, argc, argv)) return 0;
  if (convert->parsed()) return data::convert(options);
  if (replay->parsed()) return data::replay(builtin_catalog(), options);
  return data::inspect(options, info->parsed());
}

}  // namespace

int main(int argc, char** argv) {
  return onramp::run_main([&] { return run(argc, argv); });
}
