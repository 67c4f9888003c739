#include <algorithm>
#include <cmath>
#include <set>

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
            .acting_learner = true,
            .updates = true,
            .episodes = config_.episodes,
            .plan = concat(counted(config_.episodes, "episode"), " by '", config_.learner, "', ", updates_plan())};
  }

  void run(Run& run) override {
    Agent& agent = run.agent(config_.learner);
    agent.begin_stage(Stage::kOnline);
    const auto plan = agent.sample_plan();
    auto& state = run.state();
    if (!state.notes.is_object()) state.notes = {{"recent", nlohmann::json::array()}};
    run.begin_progress(config_.episodes);
    while (state.step < config_.episodes) {
      const auto policy = agent.policy();
      const Episode episode = run.record(*policy, config_.act, config_.into, config_.successes_into);
      auto values = episode_metrics(episode);
      auto shown = gate_metrics(values);

      run.environment().standby();  // no command will come while the learner works
      run.prepare(plan);
      Metrics metrics;
      const int64_t updates = config_.updates_after(episode.length());
      for (int64_t i = 0; i < updates; ++i) metrics = agent.update(run.sample(config_.learner, plan));
      for (const auto& [name, value] : metrics) values.emplace_back(name, value.item<double>());
      ++state.step;
      run.log(state.step, values);
      shown.emplace(shown.begin(), "success of last 20", recent_success(state.notes["recent"], episode.succeeded()));
      run.show(state.step, shown);
      run.tick();
    }
    run.keep_agent(config_.name, config_.learner);
    run.hand_over(config_.learner);
  }

 private:
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

int64_t InterleaveConfig::updates_after(int64_t steps) const {
  if (!updates_per_step) return updates_per_episode;
  return std::llround(*updates_per_step * static_cast<double>(steps));
}

std::unique_ptr<Phase> make_interleave(const InterleaveConfig& config) { return std::make_unique<Interleave>(config); }

}  // namespace onramp
