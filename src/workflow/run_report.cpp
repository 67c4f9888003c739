#include "onramp/workflow/run_report.h"

#include <utility>

#include "onramp/base/config.h"
#include "onramp/base/interrupt.h"
#include "onramp/base/log.h"
#include "onramp/base/text.h"
#include "onramp/data/n_step.h"
#include "onramp/training/run_config.h"

namespace onramp {
namespace {

/// An entry that a person can look at.
std::string picture_entry(const Observation& observation) {
  for (const auto& [name, value] : observation) {
    if (value.scalar_type() == at::kByte && value.dim() == 4 && value.size(3) == 3) return name;
  }
  return {};
}

std::optional<ConfigNode> child(const ConfigNode& node, const std::string& key) {
  if (!node.is_map() || !node.has(key)) return std::nullopt;
  return node.at(key);
}

void stop_where_asked() {
  if (interrupt_requested()) throw InterruptedError("interrupted; no page was written");
}

/// A mistake in a situation that was asked for by hand is told before anything is scored, and not on the page.
void check_scenarios(const ReportOptions& options, const std::vector<Method>& methods, const Catalog& catalog) {
  if (!options.zero_shot) return;
  for (const auto& method : methods) {
    const RunRecord& run = *method.runs.front();
    const auto env = child(run.config, "env");
    if (run.is_summary || !env || !env->is_map() || !catalog.environments.has(env->at("type").text())) continue;
    for (const auto& scenario : options.scenarios)
      catalog.environments.parse(apply_overrides(*env, scenario.settings, concat("--scenario ", scenario.name, ":")));
  }
}

/// In the units of what the critic learns: the largest raw reward seen, through the transform of the source that the agent learned from
/// last, all of which have the same (a run refuses two).
ValueBounds bounds_of(const RunRecord& run, const Recorded& recorded, const Catalog& catalog,
                      const std::string& learner) {
  const auto settings = run.config.at("learners").at(learner);
  RewardTransform transform;
  const auto key = run.online_phase() ? "online_source" : "offline_source";
  if (const auto sources = child(run.config, "sources"); sources && settings.has(key)) {
    if (const auto own = child(*sources, settings.at(key).text()); own && own->has("reward"))
      transform = own->at("reward").as<RewardTransform>();
  }
  const double seen = recorded.largest_reward.value_or(0.0);
  const double reward = transform(seen > 0 || recorded.success_ends ? seen : 1.0);  // 1: no success was seen yet
  int64_t max_steps = 0;
  if (const auto env = child(run.config, "env"); env && env->is_map())
    max_steps = catalog.environments.parse(*env).make()->spec().max_steps;
  auto bounds = value_bounds(settings.at("gamma").as<double>(), reward, max_steps);
  if (recorded.success_ends && transform(recorded.largest_without_success.value_or(0.0)) <= 0.0)
    bounds.success = reward;
  // A summary has no episodes: what targets were cut to says it too.
  if (recorded.episodes == 0 && settings.has("value_range") && settings.at("value_range").is_list())
    bounds.success = settings.at("value_range").element(1).as<double>();
  return bounds;
}

/// Which runs of a method are summaries, and what is missing therefore; "": none.
std::string summaries_of(const Method& method) {
  std::vector<std::string> seeds;
  for (const auto* run : method.runs) {
    if (run->is_summary) seeds.push_back(std::to_string(run->seed));
  }
  if (seeds.empty()) return {};
  const auto runs = method.runs.size();
  const bool one = seeds.size() == 1;
  std::string who = concat("of the ", runs, " runs of ", method.name, one ? " seed " : " seeds ", join(seeds),
                           one ? " is a summary" : " are summaries");
  if (seeds.size() == runs) {
    who = one ? concat(method.runs[0]->name(), " is a summary")
              : concat(runs == 2 ? std::string("both") : concat("all ", runs), " runs of ", method.name,
                       " are summaries");
  }
  return who + ": without episodes, critics and videos";
}

class Gatherer {
 public:
  Gatherer(const ReportOptions& options, const Catalog& catalog, std::vector<std::string>& notes)
      : options_(options), catalog_(catalog), notes_(notes) {}

  RunLook look(const RunRecord& run) {
    RunLook look{.run = &run};
    if (run.is_summary) {
      attempt_bounds(run, look);
      return look;
    }
    attempt(run, "recorded episodes", [&] { look.recorded = read_recorded(run, {.pairs = options_.pairs}); });
    for (const auto& note : look.recorded.notes) notes_.push_back(note);
    if (run.online_phase() && look.recorded.episodes > 0 && look.recorded.online_episodes == 0)
      notes_.push_back(concat(run.name(), " has made no on-line attempt yet: no actions and trajectories"));
    look_at_critics(run, look);
    attempt(run, "zero-shot scores", [&] { add_zero_shot(run, look); });
    return look;
  }

 private:
  template <class Function>
  void attempt(const RunRecord& run, const std::string& what, Function&& function) {
    stop_where_asked();
    try {
      function();
    } catch (const InterruptedError&) {
      throw;
    } catch (const Error& error) {
      notes_.push_back(concat(what, " of ", run.name(), ": ", error.what()));
    }
  }

  void look_at_critics(const RunRecord& run, RunLook& look) {
    const auto folders = critic_folders(run);
    if (folders.empty()) {
      notes_.push_back(
          concat(run.name(), " keeps no critic under critics/<phase>: its method has none, no phase of it has ",
                 "ended yet, or an older version ran it; so no similarity of representations, no Q-values ",
                 "of pairs, no gradient of Q"));
      attempt_bounds(run, look);
      return;
    }
    for (size_t i = 0; i < folders.size(); ++i) {
      attempt(run, concat("critic of phase '", folders[i].filename().string(), "'"), [&] {
        auto file = read_critic_file(folders[i], catalog_.learners, at::kCPU);
        if (!look.recorded.pairs.action.defined()) return;
        auto critic = look_at(*file.critic, look.recorded.pairs);
        critic.phase = folders[i].filename().string();
        const auto* phase = run.phase(critic.phase);
        critic.updates = run.updates_at(critic.phase, double(phase->planned));
        look.critics.push_back(std::move(critic));
        if (i + 1 == folders.size()) add_fields(look, file);
      });
    }
    attempt_bounds(run, look);
  }

  void attempt_bounds(const RunRecord& run, RunLook& look) {
    std::string learner;
    for (const auto& phase : run.phases) {
      if (!phase.learner.empty() && run.metrics.find(phase.name, "q_data")) learner = phase.learner;
    }
    if (!learner.empty())
      attempt(run, "largest values possible", [&] { look.bounds = bounds_of(run, look.recorded, catalog_, learner); });
  }

  void add_fields(RunLook& look, CriticFile& file) {
    const auto velocity = find_velocity(file.action);
    if (!velocity) {
      notes_.push_back(concat(look.run->name(), ": its actions name no velocities vx and vy: no gradient field"));
      return;
    }
    for (const auto& state : look.recorded.states) {
      look.fields.push_back({state, picture_entry(state.obs), value_field(file, state.obs, *velocity)});
    }
  }

  void add_zero_shot(const RunRecord& run, RunLook& look) {
    if (!options_.zero_shot) {
      look.zero_shot = load_zero_shot(run);
      return;
    }
    auto scenarios = options_.scenarios;
    if (const auto env = child(run.config, "env"); scenarios.empty() && env && env->is_map())
      scenarios = known_scenarios(env->at("type").text());
    if (scenarios.empty())
      throw DataError("no situations of another kind are known of its task; name some with --scenario");
    look.zero_shot =
        score_zero_shot(run, catalog_, scenarios, options_.zero_shot_episodes, [&](const Scenario& scenario) {
          log_info(run.name(), ": scoring '", scenario.name, "', ", counted(options_.zero_shot_episodes, "episode"));
        });
  }

  const ReportOptions& options_;
  const Catalog& catalog_;
  std::vector<std::string>& notes_;
};

}  // namespace

ReportData gather_report(const ReportOptions& options, const Catalog& catalog) {
  ReportData data;
  for (const auto& run : options.runs) data.runs.push_back(read_run(run.folder, run.label));
  data.methods = group_by_method(data.runs);
  check_scenarios(options, data.methods, catalog);
  for (auto& run : data.runs) run.complete = complete_run_config(run.config, catalog);
  if (!options.over.empty()) setting_figure(data.methods, options.over);  // a key that is wrong is told at once
  for (auto& run : data.runs) {
    for (const auto& note : run.notes) data.notes.push_back(concat(run.name(), ": ", note));
    if (run.stands != "finished") data.notes.push_back(concat(run.name(), " is not finished: it is ", run.stands));
    if (run.scores.empty())
      data.notes.push_back(concat(run.name(), ": no policy was scored yet, so it has no success rate"));
  }
  for (const auto& method : data.methods) {
    for (auto& difference : differences_within(method)) data.notes.push_back(std::move(difference));
    if (auto note = summaries_of(method); !note.empty()) data.notes.push_back(std::move(note));
    data.looks.push_back(Gatherer(options, catalog, data.notes).look(*method.runs.front()));
  }
  return data;
}

std::filesystem::path report_path(const ReportOptions& options) {
  if (!options.out.empty()) return options.out;
  if (options.runs.size() == 1 && std::filesystem::is_directory(options.runs[0].folder / "report"))
    return options.runs[0].folder / "report" / "report.html";
  return "onramp-report.html";
}

std::filesystem::path report_runs(const ReportOptions& options, const Catalog& catalog) {
  const auto page = report_path(options);
  const auto data = gather_report(options, catalog);
  stop_where_asked();
  write_report_page(data, options, page);
  return page;
}

}  // namespace onramp
