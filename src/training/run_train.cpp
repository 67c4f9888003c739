#include "onramp/training/run_train.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <exception>
#include <functional>
#include <iostream>
#include <sstream>

#include "onramp/base/error.h"
#include "onramp/base/interrupt.h"
#include "onramp/base/log.h"
#include "onramp/base/printable.h"
#include "onramp/base/process_setup.h"
#include "onramp/base/text.h"
#include "onramp/core/checkpoint.h"
#include "onramp/data/dataset.h"
#include "onramp/training/brought_policies.h"
#include "onramp/training/command_line.h"
#include "onramp/training/learner_file.h"
#include "onramp/training/memory_bill.h"
#include "onramp/training/phase.h"
#include "onramp/training/phases.h"
#include "onramp/training/report.h"
#include "onramp/training/run.h"
#include "onramp/training/run_folder.h"

namespace onramp {
namespace {

/// What the data are, by what their reader finds at once and by the first episode: reading all may take minutes.
std::string look_at_data(const DataConfig& data) {
  const auto source = open_data(data.path, data.options, data.filter_key);
  const Episode first = source->read(0);
  std::vector<std::string> parts{concat(source->kind(), ", ", counted(source->episodes(), "episode"))};
  for (const auto& entry : first.observation_spec.entries) {
    parts.push_back(concat(printable(entry.name), " ", type_text(entry)));
  }
  parts.push_back(concat("actions of ", first.action_spec.dim));
  return join(parts);
}

/// What a learner would be built for: the environment's task, else that of recorded data.
LearnerContext task_of(const RunConfig& config) {
  LearnerContext context{.device = resolve_device(config.compute.device)};
  if (config.env) {
    const auto spec = config.env.make()->spec();
    context.observation = visible_entries(spec.observation), context.action = spec.action;
  } else {
    const Episode first = open_data(config.data->path, config.data->options, config.data->filter_key)->read(0);
    context.observation = visible_entries(first.observation_spec), context.action = first.action_spec;
  }
  return context;
}

bool brings_policies(const RunConfig& config) {
  return std::any_of(config.learners.begin(), config.learners.end(),
                     [](const auto& learner) { return !learner.second.make()->policy_file().empty(); });
}

std::string look_at_policies(const RunConfig& config, const std::filesystem::path& folder) {
  if (!list_checkpoints(folder / "checkpoints").empty()) return "as the run in that folder took it";
  const auto context = task_of(config);
  std::vector<std::string> lines;
  for (const auto& [name, learner] : bring_policies(config, [&](const std::string&) { return context; })) {
    lines.push_back(
        concat("'", name, "', ", config.learners.at(name).make()->policy_file(), ": ", describe_brought(*learner)));
  }
  return join(lines, "; ");
}

/// Looks at what the run would need: the device, the data, policies from elsewhere, the folder. @throws what the run would, first things first
void look_around(const RunConfig& config, const std::filesystem::path& folder) {
  std::exception_ptr refused;
  const auto look = [&](const char* what, const std::function<std::string()>& at) {
    std::string found;
    try {
      found = at();
    } catch (const Error& error) {
      found = concat("refused: ", error.what());
      if (!refused) refused = std::current_exception();
    }
    std::cout << "# " << what << ": " << found << "\n";
  };
  look("device", [&] { return resolve_device(config.compute.device).str(); });
  if (config.data) look("data", [&] { return look_at_data(*config.data); });
  for (const auto& component : config.phases) {
    const auto needs = component.make()->needs();
    if (needs.takes_from.empty()) continue;
    look("taken", [&] {
      const auto& name = needs.learners.at(0);
      return concat("'", name, "', ",
                    counted(read_learner(needs.takes_from, name, dump_run_config(config)).size(), "part"));
    });
  }
  if (brings_policies(config)) look("policy", [&] { return look_at_policies(config, folder); });
  look("folder", [&] { return look_at_run_folder(folder, dump_run_config(config)); });
  if (refused) std::rethrow_exception(refused);
}

/// What --dry-run prints: the resolved config, the plan, the memory bill.
void print_plan(const RunConfig& config, const std::filesystem::path& folder) {
  std::cout << to_yaml(dump_run_config(config)) << "\n# plan, into " << folder.string() << "\n";
  MemoryBill bill;
  for (const auto& component : config.phases) {
    const auto phase = component.make();
    const auto needs = phase->needs();
    std::cout << "#   " << phase->name() << ": " << needs.plan << "\n";
    bill.add(needs);
  }
  if (config.env && bill.episodes + bill.more_steps > 0) {
    const auto environment = config.env.make();
    const auto& spec = environment->spec();
    bill.steps = spec.max_steps > 0 ? spec.max_steps : 1000;
    std::cout << "# memory: "
              << memory_bill_text(bill, visible_entries(spec.observation), spec.action, config.replay, folder) << "\n";
  }
}

int train(const Catalog& catalog, int argc, char** argv) {
  CLI::App app{"Trains what a config describes; the same command continues a run that was stopped."};
  std::filesystem::path file;
  std::vector<std::string> overrides;
  bool dry_run = false, help = false;
  app.add_option("config", file, "YAML file, e.g. configs/quickstart.yaml");
  app.add_option("--set", overrides, "override a key: --set learners.agent.alpha=0.5 (repeatable)")
      ->allow_extra_args(false);
  app.add_flag(
      "--dry-run", dry_run,
      "print the resolved config, the plan and the memory bill, look at device, data and folder; create nothing");
  app.add_flag("--help-config", help, "print every key of a config with type, default, range and meaning");
  app.footer(
      "Exit codes: 0 done, 1 error, 2 mistake in config or command line, 130 interrupted and saved.\n"
      "Ctrl-C saves and stops; a second one stops at once. Everything goes into runs/<config>/seed<seed>.");
  if (!parse_command_line(app, argc, argv)) return 0;
  if (help) {
    std::cout << help_run_config(catalog);
    return 0;
  }
  if (file.empty()) throw ConfigError("which config? onramp-train CONFIG.yaml (see --help)");

  const ConfigNode given = load_config(file, overrides);
  const RunConfig config = read_run_config(given, catalog);
  const auto folder = run_folder(config, given, file);
  if (dry_run) {
    print_plan(config, folder);
    look_around(config, folder);
    return 0;
  }
  install_interrupt_handler();
  Run run(config, folder);
  run.execute();
  write_report(run.folder());
  std::ostringstream report;
  print_report(run.folder(), report);
  std::cout << report.str();
  log_to_files(LogLevel::kInfo, report.str());
  if (interrupt_requested()) log_info("finished before it could be stopped");
  return 0;
}

}  // namespace

int run_train(const Catalog& given, int argc, char** argv) noexcept {
  return run_main([&] {
    process_setup();
    Catalog catalog = given;
    if (!catalog.phases.has("learn")) add_phases(catalog.phases);
    return train(catalog, argc, argv);
  });
}

}  // namespace onramp
