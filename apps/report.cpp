// onramp-report RUN...: pictures and one HTML page of what came out.
#include <CLI/CLI.hpp>
#include <iostream>

#include "apps/catalog.h"
#include "onramp/base/interrupt.h"
#include "onramp/base/log.h"
#include "onramp/base/process_setup.h"
#include "onramp/training/command_line.h"
#include "onramp/workflow/run_report.h"

namespace onramp {
namespace {

ReportRun parse_label(const std::string& text) {
  const auto equals = text.find('=');
  if (equals == 0 || equals == std::string::npos || equals + 1 == text.size())
    throw ConfigError(concat("--label '", text, "': want NAME=RUN"));
  return {text.substr(equals + 1), text.substr(0, equals)};
}

int report_main(int argc, char** argv) {
  process_setup();
  CLI::App app{
      "Makes pictures and one self-contained HTML page of runs: success and its intervals, curves, what policy and "
      "critic do,\n"
      "timing, videos, configs. Runs are grouped by method (the folder's name) and seed. Reads only, beside the page "
      "itself."};
  ReportOptions options;
  std::vector<std::filesystem::path> runs;
  std::vector<std::string> labels, scenarios;
  app.add_option("run", runs, "folders of runs, finished or not, or of scripts/summarize_run.py");
  app.add_option("--label", labels, "NAME=RUN: a run whose method goes by that name (repeatable)")
      ->allow_extra_args(false);
  want_file(app.add_option("--out", options.out,
                           "the page; pictures go beside it into <page>-figures/ [RUN/report/report.html; of several "
                           "runs onramp-report.html]"),
            ".html", ".htm");
  want_at_least(
      app.add_option("--window", options.window, "attempts that curves of success and of the gate are smoothed over")
          ->capture_default_str(),
      1);
  want_at_least(
      app.add_option("--pairs", options.pairs, "random steps that a critic is asked about")->capture_default_str(), 2);
  app.add_option("--over", options.over,
                 "a setting in which the methods differ, and that success is drawn over: "
                 "--over phases.rollouts.episodes");
  app.add_option("--inline-mb", options.inline_video_mb,
                 "videos up to this size become part of the page, larger ones are linked")
      ->capture_default_str();
  app.add_flag("--zero-shot", options.zero_shot,
               "score the last policy in situations that it was not trained in (minutes); kept in "
               "RUN/report/zero_shot.json and reused");
  want_at_least(
      app.add_option("--zero-shot-episodes", options.zero_shot_episodes, "of each situation")->capture_default_str(),
      1);
  app.add_option("--scenario", scenarios,
                 "'NAME: key=value ...': score in such a situation, by settings of the task, instead of those known of "
                 "it; with or without --zero-shot (repeatable)")
      ->allow_extra_args(false);
  app.footer(
      "Examples:\n"
      "  onramp-report runs/quickstart/seed1 --zero-shot\n"
      "  onramp-report runs/quickstart/seed* --out quickstart.html\n"
      "  onramp-report --label tuned=runs/tuned/seed1 --label plain=runs/quickstart/seed1 --out both.html\n"
      "  onramp-report runs/q2rl/lift/rollouts_*/seed? --over phases.rollouts.episodes --out rollouts.html\n"
      "Exit codes: 0 done, 1 error (a folder that is no run), 2 mistake in the command line, 130 interrupted: no page "
      "was\nwritten, situations that were scored are kept.");
  if (!parse_command_line(app, argc, argv)) return 0;
  for (auto& run : runs) options.runs.push_back({std::move(run), ""});
  for (const auto& label : labels) options.runs.push_back(parse_label(label));
  for (const auto& scenario : scenarios) options.scenarios.push_back(parse_scenario(scenario));
  if (options.runs.empty()) throw ConfigError("which runs? onramp-report RUN... (see --help)");
  if (!options.scenarios.empty()) options.zero_shot = true;
  install_interrupt_handler();
  std::cout << report_runs(options, builtin_catalog()).string() << "\n";
  if (interrupt_requested()) log_info("finished before it could be stopped");
  return 0;
}

}  // namespace
}  // namespace onramp

int main(int argc, char** argv) {
  return onramp::run_main([&] { return onramp::report_main(argc, argv); });
}
