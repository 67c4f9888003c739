#include "onramp/base/config_node.h"
#include "onramp/base/text.h"
#include "onramp/training/run_config.h"
#include "page_parts.h"

namespace onramp {
namespace {

void add_control_steps(HtmlPage& page, const std::vector<RunLook>& looks) {
  std::vector<Cells> rows;
  for (const auto& look : looks) {
    for (const auto& [name, times] : look.recorded.timing_us) {
      rows.push_back({look.run->name(), name, number_text(times.p50, "%.0f"), number_text(times.p99, "%.0f"),
                      number_text(times.largest, "%.0f"), std::to_string(times.count)});
    }
  }
  page.subsection("Control steps");
  if (rows.empty()) {
    page.missing("times of the control steps: no recorded episode holds any");
    return;
  }
  page.table({{"run"}, {"column", true}, {"p50, us"}, {"p99, us"}, {"largest, us"}, {"steps"}}, rows);
  page.paragraph(
      "As recorded with each on-line step: how old state and image were when they were used, and how late the step "
      "was. In simulation time stands still between commands.");
}

/// Means over the runs of a method; no row when none has begun the phase.
void add_phase_time(std::vector<Cells>& rows, const Method& method, const std::string& name) {
  double runs = 0.0, seconds = 0.0, updates = 0.0, attempts = 0.0;
  std::string type;
  for (const auto* run : method.runs) {
    const auto* phase = run->phase(name);
    if (!phase || phase->seconds <= 0.0) continue;
    runs += 1.0;
    type = phase->type + (phase->taken ? ", taken" : "");
    seconds += phase->seconds;
    if (!phase->taken) updates += double(phase->finished) * phase->updates_per_unit;
    if (phase->collects_online()) attempts += double(phase->finished);
  }
  if (runs == 0.0) return;
  rows.push_back({method.name, name, type, number_text(runs, "%.0f"), format_duration(seconds / runs),
                  updates > 0 ? number_text(updates / seconds) : "",
                  attempts > 0 ? number_text(seconds / attempts) : ""});
}

/// In which precision its networks multiply.
std::string products_text(const RunRecord& run) {
  const auto reduced = reduced_precision(run.to_compare());
  return reduced.empty() ? "float32" : join(reduced);
}

void add_settings(HtmlPage& page, const std::vector<Method>& methods) {
  page.subsection("Settings in which the methods differ");
  std::vector<TableColumn> columns{{"setting"}};
  for (const auto& method : methods) columns.push_back({method.name, true});
  std::vector<Cells> rows;
  for (const auto& row : setting_differences(methods)) {
    Cells cells{row.key};
    cells.insert(cells.end(), row.values.begin(), row.values.end());
    rows.push_back(std::move(cells));
  }
  if (rows.empty()) {
    page.paragraph("None: their configs are the same.");
  } else {
    page.table(columns, rows);
  }
}

}  // namespace

void add_timing(HtmlPage& page, const ReportData& data) {
  page.section("Timing");
  std::vector<Cells> rows;
  for (const auto& method : data.methods) {
    for (const auto& phase : method.runs.front()->phases) add_phase_time(rows, method, phase.name);
  }
  if (rows.empty()) {
    page.missing("wall time: no checkpoint tells");
  } else {
    page.table({{"method"}, {"phase", true}, {"type", true}, {"runs"}, {"wall time"}, {"updates/s"}, {"s per attempt"}},
               rows);
    page.paragraph(
        "Means over the runs that have begun the phase. Updates a second of a phase that acts as well count the time "
        "of acting too. Taken: the learner is the one of another run, nothing was learned here.");
  }
  add_control_steps(page, data.looks);
}

void add_provenance(HtmlPage& page, const ReportData& data) {
  page.section("How it was run");
  std::vector<Cells> rows;
  for (const auto& run : data.runs) {
    const auto& machine = run.machine;
    const auto text = [&](const char* key) {
      if (!machine.is_object() || !machine.contains(key)) return std::string();
      return machine[key].is_string() ? machine[key].get<std::string>() : machine[key].dump();
    };
    rows.push_back({run.name(), text("device"), text("threads"), text("libtorch"), text("instruction_set"),
                    products_text(run), run.config_hash.substr(0, 12)});
  }
  page.table(
      {{"run"}, {"device", true}, {"threads"}, {"LibTorch"}, {"instruction set", true}, {"products", true}, {"config"}},
      rows);
  if (data.methods.size() > 1) add_settings(page, data.methods);
  page.paragraph("The same again, into another folder:");
  std::string commands;
  for (const auto& run : data.runs) {
    commands += concat("onramp-train ", (run.folder / "config.yaml").string(), " --set run.folder=runs/again/",
                       run.method, "/seed", run.seed, "\n");
  }
  page.code(commands);
  for (const auto& method : data.methods)
    page.folded(concat("Resolved config of ", method.runs[0]->name()), to_yaml(method.runs[0]->config));
}

}  // namespace onramp
