#include "onramp/workflow/comparison.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <numeric>

#include "onramp/base/error.h"
#include "onramp/training/run_config.h"

namespace onramp {
namespace {

void add_leaves(const ConfigNode& node, const std::string& path,
                std::vector<std::pair<std::string, std::string>>& leaves) {
  if (node.is_map()) {
    for (const auto& item : node.items())
      add_leaves(item.value, path.empty() ? item.key : path + "." + item.key, leaves);
  } else if (node.is_list() && node.size() > 0 && !node.element(0).is_scalar()) {
    for (size_t i = 0; i < node.size(); ++i) add_leaves(node.element(i), concat(path, "[", i, "]"), leaves);
  } else if (node.is_list()) {
    std::vector<std::string> words;
    for (const auto& element : node.elements()) words.push_back(element.text());
    leaves.emplace_back(path, concat("[", join(words), "]"));
  } else {
    leaves.emplace_back(path, node.is_null() ? "none" : node.text());
  }
}

/// Of a phase that takes its learner from the run of the same seed, which run that is but for the seed.
ConfigNode without_seed(const ConfigNode& phase, int64_t seed) {
  if (phase.get("from").is_null()) return phase;
  const std::filesystem::path from = phase.at("from").text();
  if (from.filename() != concat("seed", seed)) return phase;
  return phase.with("from", ConfigNode::scalar(from.parent_path().string()));
}

ConfigNode identity_of(const RunRecord& run) {
  const auto node = run_identity(run.to_compare());
  auto phases = node.at("phases").elements();
  for (auto& phase : phases) phase = without_seed(phase, run.seed);
  return node.with("run", node.at("run").without("seed")).with("phases", ConfigNode::list(std::move(phases)));
}

/// Adds one pair of scores to a row. @return false when no situation was met by both
bool add_pair(PairedRow& row, const Score& first, const Score& second) {
  std::map<int64_t, bool> other;
  for (size_t i = 0; i < second.seeds.size(); ++i) other[second.seeds[i]] = second.success[i] != 0;
  int64_t met = 0, gained = 0, lost = 0;
  for (size_t i = 0; i < first.seeds.size(); ++i) {
    const auto found = other.find(first.seeds[i]);
    if (found == other.end()) continue;
    ++met;
    gained += first.success[i] && !found->second;
    lost += !first.success[i] && found->second;
  }
  if (met == 0) return false;
  ++row.runs;
  row.situations += met;
  row.gained += gained;
  row.lost += lost;
  row.difference.values.push_back(double(gained - lost) / double(met));
  return true;
}

void finish(PairedRow& row) {
  row.p = sign_test(row.gained, row.lost);
  row.difference = over_seeds(std::move(row.difference.values));
}

bool repeats(const Score& score, const Score& other) {
  return !score.success.empty() && score.policy_hash == other.policy_hash && score.seeds == other.seeds &&
         score.success == other.success && score.mean_return == other.mean_return;
}

PolicyRow row_of(std::string policy, std::vector<const Score*> scores) {
  PolicyRow row{.policy = std::move(policy), .scores = std::move(scores)};
  std::vector<double> rates;
  for (const auto* score : row.scores) {
    const auto is_it = [&](const Score* other) { return repeats(*score, *other); };
    if (!score || std::any_of(row.counted.begin(), row.counted.end(), is_it)) continue;
    row.counted.push_back(score);
    rates.push_back(score->rate());
  }
  row.rates = over_seeds(std::move(rates));
  return row;
}

}  // namespace

std::vector<Method> group_by_method(const std::vector<RunRecord>& runs) {
  std::vector<Method> methods;
  for (const auto& run : runs) {
    auto found = std::find_if(methods.begin(), methods.end(), [&](const auto& m) { return m.name == run.method; });
    if (found == methods.end()) found = methods.insert(methods.end(), {.name = run.method});
    for (const auto* other : found->runs) {
      if (other->seed != run.seed) continue;
      throw ConfigError(concat(run.folder.string(), " and ", other->folder.string(), " are both '", run.name(),
                               "': give one of them a name of its own with --label NAME=RUN"));
    }
    found->runs.push_back(&run);
  }
  for (auto& method : methods) {
    std::sort(method.runs.begin(), method.runs.end(), [](const auto* a, const auto* b) { return a->seed < b->seed; });
  }
  return methods;
}

std::vector<std::string> differences_within(const Method& method) {
  std::vector<std::string> lines;
  const auto& first = *method.runs.front();
  for (size_t i = 1; i < method.runs.size(); ++i) {
    if (const auto difference = config_difference(identity_of(first), identity_of(*method.runs[i]))) {
      lines.push_back(concat("'", method.name, "' mixes configs: seed ", first.seed, " and seed ", method.runs[i]->seed,
                             " differ in ", *difference));
    }
  }
  return lines;
}

std::vector<SettingRow> setting_differences(const std::vector<Method>& methods) {
  std::vector<SettingRow> rows;
  std::map<std::string, size_t> places;
  for (size_t i = 0; i < methods.size(); ++i) {
    std::vector<std::pair<std::string, std::string>> leaves;
    add_leaves(identity_of(*methods[i].runs.front()), "", leaves);
    for (const auto& [key, value] : leaves) {
      const auto [place, is_new] = places.emplace(key, rows.size());
      if (is_new) rows.push_back({key, std::vector<std::string>(methods.size())});
      rows[place->second].values[i] = value;
    }
  }
  std::erase_if(rows, [](const SettingRow& row) {
    return std::all_of(row.values.begin(), row.values.end(), [&](const auto& v) { return v == row.values.front(); });
  });
  return rows;
}

OverSeeds over_seeds(std::vector<double> values) {
  OverSeeds result{.values = std::move(values)};
  if (result.values.empty()) return result;
  result.mean = std::accumulate(result.values.begin(), result.values.end(), 0.0) / double(result.values.size());
  if (result.values.size() > 1) result.interval = mean_interval(result.values);
  return result;
}

std::vector<PolicyRow> policy_rows(const Method& method) {
  std::vector<std::string> policies;
  for (const auto* run : method.runs) {
    for (const auto& score : run->scores) {
      if (std::find(policies.begin(), policies.end(), score.policy) == policies.end()) policies.push_back(score.policy);
    }
  }
  std::vector<PolicyRow> rows;
  for (const auto& policy : policies) {
    std::vector<const Score*> scores;
    for (const auto* run : method.runs) scores.push_back(run->score(policy));
    rows.push_back(row_of(policy, std::move(scores)));
  }
  return rows;
}

PolicyRow snapshot_row(const Method& method, Snapshot which) {
  std::vector<const Score*> scores;
  std::string policy;
  bool same = true;
  for (const auto* run : method.runs) {
    const auto* score = which == Snapshot::kLast ? run->last_score() : run->best_score();
    scores.push_back(score);
    if (!score) continue;
    same = same && (policy.empty() || policy == score->policy);
    policy = score->policy;
  }
  return row_of(same ? policy : "", std::move(scores));
}

std::vector<PairedRow> paired_within(const Method& method) {
  std::vector<PairedRow> rows;
  const auto last = snapshot_row(method, Snapshot::kLast);
  for (const auto& other : policy_rows(method)) {
    if (last.policy.empty() || other.policy == last.policy) continue;
    PairedRow row{.first = last.policy, .second = other.policy};
    for (size_t i = 0; i < method.runs.size(); ++i) {
      if (last.scores[i] && other.scores[i]) add_pair(row, *last.scores[i], *other.scores[i]);
    }
    if (row.runs == 0) continue;
    finish(row);
    rows.push_back(std::move(row));
  }
  return rows;
}

std::optional<PairedRow> paired_between(const Method& first, const Method& second) {
  PairedRow row{.first = first.name, .second = second.name};
  for (const auto* run : first.runs) {
    for (const auto* other : second.runs) {
      if (run->seed != other->seed || !run->last_score() || !other->last_score()) continue;
      add_pair(row, *run->last_score(), *other->last_score());
    }
  }
  if (row.runs == 0) return std::nullopt;
  finish(row);
  return row;
}

}  // namespace onramp
