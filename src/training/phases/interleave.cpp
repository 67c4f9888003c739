#include <algorithm>
#include <cmath>
#include <set>

#include "onramp/base/log.h"
#include "onramp/base/text.h"
#include "onramp/training/phase.h"
#include "onramp/training/phases/factories.h"
#include "onramp/training/run.h"

namespace onramp {
namespace {

constexpr size_t kRecentEpisodes = 20;  // of the running success rate that is shown

using Values = std::vector<std::pair<std::string, double>>;

class Interleave final : public Phase {
 public:
  explicit Interleave(InterleaveConfig config) : config_(std::move(config)) {}
  const std::string& name() const override { return config_.name; }

  PhaseNeeds needs() const override {
    auto sources = config_.into;
    sources.insert(sources.end(), config_.successes_into.begin(), config_.successes_into.end());
    return {.environment = true,
            .learners = {config_.learner},
            .fills_sources = std::move(sources),
            .leaves_policy = true,
            .overlaps = config_.overlap,
            .acting_learner = true,
            .updates = true,
            .episodes = config_.steps ? 0 : config_.most_episodes(),
            .steps = config_.steps.value_or(0),
            .plan = concat(
                config_.steps ? counted(*config_.steps, "step") : counted(config_.most_episodes(), "episode"), " by '",
                config_.learner, "', ", updates_plan(), config_.overlap ? ", while the next one runs" : "")};
  }

  void run(Run& run) override {
    Agent& agent = run.agent(config_.learner);
    agent.begin_stage(Stage::kOnline);
    const auto plan = agent.sample_plan();
    auto& state = run.state();
    if (!state.notes.is_object()) state.notes = {{"recent", nlohmann::json::array()}};
    auto& ahead = state.notes["ahead"];  // what came of an episode that is recorded and not yet learned from; or null
    int64_t steps = state.notes.value("steps", int64_t{0});  // of the episodes that were learned from
    const auto progress = [&] { return config_.steps ? steps : state.step; };
    run.begin_progress(config_.steps.value_or(config_.most_episodes()), progress());
    Waits waits;
    while (!config_.complete(state.step, steps)) {
      if (ahead.is_null()) ahead = outcome(run.finish_recording(begin_episode(run, agent)));
      const int64_t length = ahead.at("length").get<int64_t>();
      const bool overlaps = config_.overlap && !config_.complete(state.step + 1, steps + length);
      Run::Recording next;
      if (overlaps) next = begin_episode(run, agent);

      auto values = ahead.at("values").get<Values>();
      auto shown = gate_metrics(values);
      run.prepare(plan);
      Metrics metrics;
      const int64_t updates = config_.updates_after(length);
      for (int64_t i = state.notes.value("updates", int64_t{0}); i < updates; ++i) {
        metrics = agent.update(run.sample(config_.learner, plan));
        if (overlaps || i + 1 == updates) continue;  // the next attempt is under way, or this one's row comes first
        state.notes["updates"] = i + 1;
        run.tick();
      }
      for (const auto& [name, value] : metrics) values.emplace_back(name, value.item<double>());
      ++state.step;
      steps += length;
      state.notes["steps"] = steps;
      state.notes.erase("updates");
      run.log(state.step, values);
      shown.emplace(shown.begin(), "success of last 20",
                    recent_success(state.notes["recent"], ahead.at("succeeded").get<bool>()));
      run.show(progress(), shown);
      ahead = nullptr;
      if (overlaps) ahead = outcome(run.finish_recording(std::move(next), &waits));
      run.tick();
    }
    if (waits.of_s > 0) {
      const auto percent = [&](double seconds) { return std::lround(100 * seconds / waits.of_s); };
      log_info("side by side: the learner waited ", percent(waits.learner_s), " % of the time, the environment ",
               percent(waits.environment_s), " %");
    }
    run.keep_agent(config_.name, config_.learner);
    run.hand_over(config_.learner);
  }

 private:
  Run::Recording begin_episode(Run& run, const Agent& agent) const {
    return run.begin_recording(agent.policy(), config_.act, {config_.into, config_.successes_into});
  }

  /// What is to be logged of an episode once it is learned from.
  static nlohmann::json outcome(const Episode& episode) {
    return {{"length", episode.length()}, {"succeeded", episode.succeeded()}, {"values", episode_metrics(episode)}};
  }

  std::string updates_plan() const {
    if (!config_.updates_per_step) return concat(counted(config_.updates_per_episode, "update"), " after each");
    return concat("after each as many updates as it had steps, times ", *config_.updates_per_step);
  }

  /// Of a policy that chooses between two, what is watched while it learns (Q2RL, fig. 5): who acted, and both values.
  static Values gate_metrics(const Values& values) {
    Values gate;
    for (const auto& value : values) {
      if (value.first == "bc_share" || value.first.starts_with("gate_")) gate.push_back(value);
    }
    return gate;
  }

  static double recent_success(nlohmann::json& recent, bool success) {
    recent.push_back(success ? 1 : 0);
    if (recent.size() > kRecentEpisodes) recent.erase(0);
    double sum = 0.0;
    for (const auto& x : recent) sum += x.get<double>();
    return sum / double(recent.size());
  }

  const InterleaveConfig config_;
};

}  // namespace

int64_t InterleaveConfig::updates_after(int64_t length) const {
  if (!updates_per_step) return updates_per_episode;
  return std::llround(*updates_per_step * static_cast<double>(length));
}

void InterleaveConfig::validate() const {
  if (!episodes || !steps) return;
  throw ConfigError(
      concat("episodes = ", *episodes, " and steps = ", *steps, ": it goes by one of them; set the other to null"));
}

bool InterleaveConfig::complete(int64_t episodes_made, int64_t steps_made) const {
  return steps ? steps_made >= *steps : episodes_made >= most_episodes();
}

std::unique_ptr<Phase> make_interleave(const InterleaveConfig& config) { return std::make_unique<Interleave>(config); }

}  // namespace onramp
