#include "onramp/workflow/run_record.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <set>

#include "onramp/base/atomic_file.h"
#include "onramp/base/config.h"
#include "onramp/core/checkpoint.h"
#include "onramp/training/report.h"
#include "onramp/training/run_config.h"

namespace onramp {
namespace {

namespace fs = std::filesystem;

std::string method_of(const fs::path& folder) {
  const auto whole = fs::weakly_canonical(folder);
  const auto name = whole.filename().empty() ? whole.parent_path().filename().string() : whole.filename().string();
  const bool is_seed = name.starts_with("seed") && name.find_first_not_of("0123456789", 4) == std::string::npos;
  return is_seed && whole.has_parent_path() ? whole.parent_path().filename().string() : name;
}

int64_t whole_number(const ConfigNode& node, const char* key) {
  return node.get(key).is_null() ? int64_t{0} : node.at(key).as<int64_t>();
}

PhaseRecord read_phase(const ConfigNode& node) {
  PhaseRecord phase{.name = node.at("name").text(), .type = node.at("type").text()};
  if (node.has("learner")) phase.learner = node.at("learner").text();
  if (node.has("policy")) phase.policy = node.at("policy").text();
  if (phase.type == "learn") {
    phase.planned = whole_number(node, "updates");
    phase.updates_per_unit = 1.0;
    phase.taken = node.has("from") && !node.at("from").text().empty();
  } else if (phase.type == "evaluate") {
    phase.planned = static_cast<int64_t>(node.get("policies").size());
  } else {
    phase.planned = whole_number(node, "episodes");
    phase.by_steps = !node.get("steps").is_null();
    phase.updates_per_unit = static_cast<double>(whole_number(node, "updates_per_episode"));
  }
  return phase;
}

/// The newest checkpoint's; a run that is going may replace it between two looks.
std::optional<nlohmann::json> newest_manifest(const fs::path& folder) {
  for (int tries = 0; tries < 5; ++tries) {
    const auto checkpoints = list_checkpoints(folder / "checkpoints");
    if (checkpoints.empty()) return std::nullopt;
    try {
      return read_manifest(checkpoints.back());
    } catch (const CheckpointError&) {
      if (tries == 4) throw;
    }
  }
  return std::nullopt;
}

void read_state(RunRecord& run) {
  run.stands = "before its first checkpoint";
  const auto manifest = newest_manifest(run.folder);
  if (!manifest) {
    run.notes.emplace_back("no checkpoint yet: nothing is known of its machine and wall time");
    return;
  }
  const auto& extra = manifest->at("extra");
  run.machine = manifest->at("machine");
  const auto phase = extra.at("phase").get<int64_t>();
  const auto name = extra.at("phase_name").get<std::string>();
  run.stands = name == "finished" ? name : concat("in phase '", name, "', step ", extra.at("step").get<int64_t>());
  for (size_t i = 0; i < run.phases.size(); ++i) {
    auto& record = run.phases[i];
    record.seconds = extra.at("phase_seconds").value(record.name, 0.0);
    const auto index = static_cast<int64_t>(i);
    record.finished = index < phase ? record.planned : index == phase ? extra.at("step").get<int64_t>() : 0;
    if (index >= phase && record.by_steps) record.planned = 0;
  }
}

void read_scores(RunRecord& run) {
  for (const auto& result : load_results(run.folder)) {
    Score score{.policy = result.name,
                .phase = result.phase,
                .policy_hash = result.policy_hash,
                .successes = result.successes(),
                .episodes = static_cast<int64_t>(result.success.size()),
                .mean_return = result.mean_return(),
                .ends = result.ends,
                .seeds = result.seeds,
                .success = result.success};
    run.scores.push_back(std::move(score));
  }
}

void read_summary(RunRecord& run) {
  const auto json = nlohmann::json::parse(read_file(run.folder / "summary.json"));
  run.stands = "finished";
  run.machine = json.at("machine");
  for (auto& phase : run.phases) {
    phase.seconds = json.at("phase_seconds").value(phase.name, 0.0);
    phase.finished = phase.planned;
  }
  for (const auto& row : json.at("policies")) {
    Score score{.policy = row.at("name"),
                .policy_hash = row.at("policy_hash"),
                .successes = row.at("successes"),
                .episodes = row.at("episodes"),
                .mean_return = row.at("mean_return"),
                .ends = row.at("ends")};
    const auto flags = row.value("success", std::string());  // "0110...", from first_seed on
    for (size_t i = 0; i < flags.size(); ++i) {
      score.seeds.push_back(row.at("first_seed").get<int64_t>() + static_cast<int64_t>(i));
      score.success.push_back(flags[i] == '1');
    }
    run.scores.push_back(std::move(score));
  }
}

/// Where a phase goes by steps, or makes updates by them, the attempts that were made say how many that is.
void count_by_steps(RunRecord& run) {
  const auto nodes = run.config.at("phases").elements();
  for (size_t i = 0; i < run.phases.size(); ++i) {
    const auto* length = run.metrics.find(run.phases[i].name, "length");
    if (!length || length->value.empty()) continue;
    const auto attempts = static_cast<int64_t>(length->value.size());
    if (run.phases[i].by_steps) run.phases[i].planned = attempts;
    const auto per_step = nodes[i].get("updates_per_step");
    if (per_step.is_null()) continue;
    const double steps = std::accumulate(length->value.begin(), length->value.end(), 0.0);
    run.phases[i].updates_per_unit = per_step.as<double>() * steps / static_cast<double>(attempts);
  }
}

/// A part of the folder that may be damaged, while the rest of it is worth a report.
template <class Function>
void attempt(RunRecord& run, const std::string& what, Function&& read) {
  try {
    read();
  } catch (const Error& error) {
    run.notes.push_back(concat(what, " left out: ", error.what()));
  } catch (const nlohmann::json::exception& error) {
    run.notes.push_back(concat(what, " left out: ", error.what()));
  }
}

void read_metrics_of(RunRecord& run) {
  const auto file = run.folder / "metrics.csv";
  if (!fs::exists(file)) {
    run.notes.emplace_back("no metrics.csv yet: no curves");
    return;
  }
  run.metrics = read_metrics(file);
  if (run.metrics.damaged == 0) return;
  run.notes.push_back(concat("metrics.csv: ", run.metrics.damaged, " damaged line", run.metrics.damaged > 1 ? "s" : "",
                             " left out, the first is line ", run.metrics.first_damaged));
}

}  // namespace

std::string RunRecord::name() const { return concat(method, " seed ", seed); }

const PhaseRecord* RunRecord::phase(const std::string& phase_name) const {
  const auto found = std::find_if(phases.begin(), phases.end(), [&](const auto& p) { return p.name == phase_name; });
  return found == phases.end() ? nullptr : &*found;
}

const PhaseRecord* RunRecord::online_phase() const {
  const auto found = std::find_if(phases.rbegin(), phases.rend(), [](const auto& p) { return p.collects_online(); });
  return found == phases.rend() ? nullptr : &*found;
}

const Score* RunRecord::score(const std::string& policy) const {
  const auto found = std::find_if(scores.rbegin(), scores.rend(), [&](const Score& s) { return s.policy == policy; });
  return found == scores.rend() ? nullptr : &*found;
}

const Score* RunRecord::last_score() const {
  for (auto phase = phases.rbegin(); phase != phases.rend(); ++phase) {
    if (const auto* found = score(phase->name)) return found;
  }
  return nullptr;
}

const Score* RunRecord::best_score() const {
  const Score* best = nullptr;
  for (const auto& score : scores) {
    if (phase(score.policy) && (!best || score.rate() > best->rate())) best = &score;
  }
  return best;
}

double RunRecord::updates_at(const std::string& phase_name, double step) const {
  const auto* wanted = phase(phase_name);
  double updates = 0.0;
  for (const auto& record : phases) {
    if (&record == wanted) return updates + step * record.updates_per_unit;
    if (wanted && record.learner == wanted->learner) updates += double(record.planned) * record.updates_per_unit;
  }
  return step;
}

RunRecord read_run(const fs::path& folder, const std::string& label) {
  RunRecord run{.folder = folder};
  if (!fs::exists(folder / "config.yaml")) {
    throw DataError(concat(folder.string(), ": no run: there is no config.yaml in it"));
  }
  run.is_summary = fs::exists(folder / "summary.json") && !fs::exists(folder / "checkpoints");
  try {
    run.config = load_config(folder / "config.yaml");
    for (const auto& phase : run.config.at("phases").elements()) run.phases.push_back(read_phase(phase));
    run.seed = run.config.at("run").at("seed").as<int64_t>();
  } catch (const ConfigError& error) {
    throw DataError(concat(folder.string(), ": no run: ", error.what()));
  }
  run.method = label.empty() ? method_of(folder) : label;
  run.config_hash = config_hash(run_identity(run.config));
  attempt(run, "curves", [&] { read_metrics_of(run); });
  attempt(run, "numbers of updates", [&] { count_by_steps(run); });
  if (run.is_summary) {
    attempt(run, "scores and wall time", [&] { read_summary(run); });
  } else {
    attempt(run, "machine and wall time", [&] { read_state(run); });
    attempt(run, "scores", [&] { read_scores(run); });
  }
  std::error_code none;
  for (const auto& file : fs::directory_iterator(folder / "videos", none)) {
    if (file.path().extension() == ".mp4" && !file.path().filename().string().starts_with('.'))
      run.videos.push_back(file.path());
  }
  std::sort(run.videos.begin(), run.videos.end());
  return run;
}

}  // namespace onramp
