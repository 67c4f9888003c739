#include "onramp/training/report.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "onramp/base/atomic_file.h"
#include "onramp/base/log.h"
#include "onramp/base/text.h"
#include "onramp/core/checkpoint.h"

namespace onramp {
namespace {

const char* const kPlotScript =
#include "plot_curves.py.inc"
    ;

std::filesystem::path results_file(const std::filesystem::path& run) { return run / "report" / "results.json"; }

/// Runs a program and waits. @return exit status, or -1 when it could not be started
int run_program(const std::vector<std::string>& words, const std::filesystem::path& output) {
  std::vector<char*> argv;
  for (const auto& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  const pid_t child = fork();
  if (child < 0) return -1;
  if (child == 0) {
    if (!std::freopen(output.c_str(), "w", stderr) || !std::freopen("/dev/null", "w", stdout)) _exit(126);
    execvp(argv[0], argv.data());
    _exit(127);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

std::vector<EvaluationResult> load_results(const std::filesystem::path& run) {
  std::vector<EvaluationResult> results;
  if (!std::filesystem::exists(results_file(run))) return results;
  try {
    const auto json = nlohmann::json::parse(read_file(results_file(run)));
    for (const auto& row : json.at("policies")) results.push_back(EvaluationResult::from_json(row));
  } catch (const nlohmann::json::exception& error) {
    throw DataError(
        concat(results_file(run).string(), ": not a results file (", error.what(), "); remove it and evaluate again"));
  }
  return results;
}

void store_result(const std::filesystem::path& run, const EvaluationResult& result) {
  auto results = load_results(run);
  std::erase_if(results, [&](const auto& other) { return other.name == result.name && other.phase == result.phase; });
  results.push_back(result);
  nlohmann::json rows = nlohmann::json::array();
  for (const auto& row : results) rows.push_back(row.to_json());
  write_file_atomic(results_file(run), nlohmann::json{{"policies", rows}}.dump(1));
}

void write_report(const std::filesystem::path& run) {
  const auto script = run / "report" / "plot_curves.py";
  const auto picture = run / "report" / "curves.png";
  const auto messages = run / "report" / "plot.log";
  write_file_atomic(script, std::string_view(kPlotScript));
  // The Python that a person has first in the path may be one without matplotlib; Debian's own package is under /usr.
  int status = 0;
  for (const char* python : {"python3", "/usr/bin/python3"}) {
    status = run_program({python, script.string(), run.string(), picture.string()}, messages);
    if (status == 0) break;
  }
  if (status == 0) {
    std::filesystem::remove(messages);
  } else {
    log_warning(
        "no picture of the curves: python3 with matplotlib is needed (Debian: apt install python3-matplotlib); then "
        "`python3 ",
        script.string(), " ", run.string(), " ", picture.string(), "`; its message is in ", messages.string());
  }
}

void print_report(const std::filesystem::path& run, std::ostream& out) {
  const auto results = load_results(run);
  std::vector<std::string> phases;
  for (const auto& result : results) {
    if (std::find(phases.begin(), phases.end(), result.phase) == phases.end()) phases.push_back(result.phase);
  }
  for (const auto& phase : phases) {
    std::vector<EvaluationResult> of_phase;
    for (const auto& result : results) {
      if (result.phase == phase) of_phase.push_back(result);
    }
    out << "\n" << (phases.size() > 1 ? phase + "\n" : "") << success_table(of_phase) << "\n";
  }
  const auto checkpoints = list_checkpoints(run / "checkpoints");
  if (!checkpoints.empty()) {
    const auto extra = read_manifest(checkpoints.back()).at("extra");
    double total = 0.0;
    out << "wall time";
    for (const auto& name : extra.at("phase_order")) {
      const double seconds = extra.at("phase_seconds").value(name.get<std::string>(), 0.0);
      out << "  " << name.get<std::string>() << " " << format_duration(seconds);
      total += seconds;
    }
    out << "  in all " << format_duration(total) << "\n";
  }
  const auto show = [&](const char* what, const std::filesystem::path& path) {
    if (std::filesystem::exists(path)) out << what << path.string() << "\n";
  };
  show("curves       ", run / "report" / "curves.png");
  if (std::filesystem::exists(run / "videos")) {
    for (const auto& file : std::filesystem::directory_iterator(run / "videos")) show("video        ", file.path());
  }
  show("run folder   ", run);
  out << "TensorBoard  tensorboard --logdir " << (run / "tensorboard").string() << "\n";
}

}  // namespace onramp
