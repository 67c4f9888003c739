// onramp-sim: look at a task, film it, measure it, try it by hand.
#include <CLI/CLI.hpp>

#include "apps/catalog.h"
#include "apps/sim_commands.h"
#include "apps/sim_play.h"
#include "onramp/base/error.h"
#include "onramp/base/interrupt.h"
#include "onramp/training/command_line.h"

int main(int argc, char** argv) {
  return onramp::run_main([&] {
    using namespace onramp;
    const Catalog catalog = builtin_catalog();
    CLI::App app{
        "Simulated tasks: list and describe them, film a policy, measure the speed, try one with the keyboard."};
    app.require_subcommand(1);
    app.footer(
        "Examples:\n"
        "  onramp-sim record vacuum_grasp --policy expert --episodes 3\n"
        "  onramp-sim record vacuum_grasp --policy runs/quickstart/seed1 --set items=blue\n"
        "  onramp-sim play vacuum_grasp --set items=three\n"
        "Exit codes: 0 done, 1 error, 2 mistake in the command line or in a setting, 130 interrupted.");
    sim::Options options;
    const auto with_task = [&](const std::string& name, const std::string& description) {
      CLI::App* command = app.add_subcommand(name, description);
      command->add_option("task", options.task, "name of the task (see onramp-sim list)")->required();
      command->add_option("--set", options.overrides, "a setting of the task: --set items=can (repeatable)")
          ->allow_extra_args(false);
      return command;
    };
    const auto with_episodes = [&](CLI::App* command, int64_t episodes) {
      options.episodes = episodes;
      want_at_least(command->add_option("--episodes", options.episodes, "how many")->capture_default_str(), 1);
      command->add_option("--seed", options.seed, "seed of the first")->capture_default_str();
    };
    const auto with_policy = [&](CLI::App* command) {
      command
          ->add_option("--policy", options.policy,
                       "expert, random, a name in the catalog, or a run's or policy's folder (the task then has the "
                       "run's settings)")
          ->capture_default_str();
      command
          ->add_option("--policy-set", options.policy_overrides,
                       "a setting of a scripted policy: --policy-set noise=0 (repeatable)")
          ->allow_extra_args(false);
    };

    CLI::App* list = app.add_subcommand("list", "tasks and scripted policies");
    CLI::App* spec = with_task("spec", "what a task observes and takes, and its settings");
    CLI::App* record = with_task("record", "film a policy: the scene and, beside it, what the policy sees");
    with_policy(record);
    with_episodes(record, 3);
    want_file(record->add_option("--out", options.out, "the film [TASK_POLICY.mp4]"), ".mp4");
    CLI::App* speed = with_task("speed", "steps and pictures a second, with and without images");
    want_at_least(speed->add_option("--steps", options.steps, "steps of each measurement")->capture_default_str(), 1);
    CLI::App* play = with_task("play", "try a task with the keyboard, in this terminal");
    play->add_option("--seed", options.seed, "seed of the first attempt")->capture_default_str();
    if (!parse_command_line(app, argc, argv)) return 0;
    if (list->parsed()) return sim::list(catalog);
    if (spec->parsed()) return sim::spec(catalog, options);
    install_interrupt_handler();
    if (record->parsed()) sim::record(catalog, options);
    if (speed->parsed()) sim::speed(catalog, options);
    if (play->parsed()) sim::play(catalog, options);
    if (interrupt_requested()) throw InterruptedError("interrupted");
    return 0;
  });
}
