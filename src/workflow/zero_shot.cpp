#include "onramp/workflow/zero_shot.h"

#include <algorithm>
#include <sstream>
#include <utility>

#include "onramp/base/atomic_file.h"
#include "onramp/base/interrupt.h"
#include "onramp/envs/batched_environment.h"
#include "onramp/training/evaluation.h"
#include "onramp/training/policy_file.h"

namespace onramp {
namespace {

using nlohmann::json;

std::filesystem::path store_of(const RunRecord& run) { return run.folder / "report" / "zero_shot.json"; }

struct Stored {
  Scenario scenario;
  EvaluationResult result;
};

std::vector<Stored> read_stored(const RunRecord& run) {
  std::vector<Stored> rows;
  if (!std::filesystem::exists(store_of(run))) return rows;
  try {
    const auto stored = json::parse(read_file(store_of(run)));
    for (const auto& row : stored.at("scenarios")) {
      rows.push_back({{row.at("name").get<std::string>(), row.at("settings").get<std::vector<std::string>>()},
                      EvaluationResult::from_json(row.at("result"))});
    }
  } catch (const json::exception& error) {
    throw DataError(concat(store_of(run).string(), ": damaged (", error.what(), "); remove it and score again"));
  }
  return rows;
}

void write_stored(const RunRecord& run, const std::vector<Stored>& rows) {
  json list = json::array();
  for (const auto& row : rows) {
    list.push_back(
        {{"name", row.scenario.name}, {"settings", row.scenario.settings}, {"result", row.result.to_json()}});
  }
  create_folders(store_of(run).parent_path());
  write_file_atomic(store_of(run), json{{"scenarios", list}}.dump(1));
}

ZeroShotRow as_row(const Stored& stored) {
  const auto& result = stored.result;
  return {stored.scenario,
          {.policy = result.name,
           .policy_hash = result.policy_hash,
           .successes = result.successes(),
           .episodes = static_cast<int64_t>(result.success.size()),
           .mean_return = result.mean_return(),
           .ends = result.ends,
           .seeds = result.seeds,
           .success = result.success}};
}

}  // namespace

std::vector<Scenario> known_scenarios(const std::string& task) {
  if (task != "vacuum_grasp") return {};
  return {{"one training item", {"items=training"}},
          {"one in another colour", {"items=blue"}},
          {"one of another shape", {"items=can"}},
          {"three training items", {"items=three"}},
          {"three different items", {"items=three_mixed"}},
          {"one to three at random", {"items=random"}},
          {"another light", {"lighting=unseen"}}};
}

Scenario parse_scenario(const std::string& text) {
  const auto colon = text.find(':');
  Scenario scenario{.name = text.substr(0, colon)};
  if (colon != std::string::npos) {
    std::istringstream words(text.substr(colon + 1));
    for (std::string word; words >> word;) scenario.settings.push_back(word);
  }
  const bool sound = std::all_of(scenario.settings.begin(), scenario.settings.end(),
                                 [](const auto& word) { return word.find('=') != std::string::npos; });
  if (scenario.name.empty() || scenario.settings.empty() || !sound) {
    throw ConfigError(concat("--scenario '", text, "': want NAME: key=value [key=value ...]"));
  }
  return scenario;
}

std::vector<ZeroShotRow> load_zero_shot(const RunRecord& run) {
  std::vector<ZeroShotRow> rows;
  if (run.is_summary) return rows;
  const auto stored = read_stored(run);
  if (stored.empty()) return rows;
  const auto hash = read_policy_file(run.folder, at::kCPU).hash;
  for (const auto& row : stored) {
    if (row.result.policy_hash == hash) rows.push_back(as_row(row));
  }
  return rows;
}

std::vector<ZeroShotRow> score_zero_shot(const RunRecord& run, const Catalog& catalog,
                                         const std::vector<Scenario>& scenarios, int64_t episodes,
                                         const std::function<void(const Scenario&)>& tell) {
  if (!std::filesystem::is_directory(run.folder / "policies"))
    throw DataError(concat(run.folder.string(), ": no policy to score in other situations"));
  const PolicyFile file = read_policy_file(run.folder, at::kCPU);
  const auto task = file.about.value("env", std::string());
  if (task.empty()) throw DataError(concat(run.folder.string(), ": it was trained on data alone, without a task"));
  const auto node = parse_config_text(task, (file.folder / "manifest.json").string());
  auto stored = read_stored(run);
  std::erase_if(stored, [&](const Stored& row) { return row.result.policy_hash != file.hash; });
  std::vector<ZeroShotRow> rows;
  for (const auto& scenario : scenarios) {
    const auto same = std::find_if(stored.begin(), stored.end(), [&](const Stored& row) {
      return row.scenario == scenario && static_cast<int64_t>(row.result.success.size()) == episodes;
    });
    if (same != stored.end()) {
      rows.push_back(as_row(*same));
      continue;
    }
    const auto component = catalog.environments.parse(apply_overrides(node, scenario.settings));
    if (tell) tell(scenario);
    const EvaluationSettings settings{.episodes = episodes};
    auto environments = environments_for(settings, [&] { return component.make(); });
    Stored row{scenario, evaluate(environments, *file.policy, file.folder.filename().string(), settings, {},
                                  interrupt_requested)};
    if (interrupt_requested())
      throw InterruptedError("interrupted; no page was written, what was scored before is kept");
    std::erase_if(stored, [&](const Stored& other) { return other.scenario.name == scenario.name; });
    stored.push_back(std::move(row));
    write_stored(run, stored);
    rows.push_back(as_row(stored.back()));
  }
  return rows;
}

}  // namespace onramp
