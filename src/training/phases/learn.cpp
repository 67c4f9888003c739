#include "onramp/base/error.h"
#include "onramp/base/text.h"
#include "onramp/training/phase.h"
#include "onramp/training/phases/factories.h"
#include "onramp/training/run.h"

namespace onramp {
namespace {

class Learn final : public Phase {
 public:
  explicit Learn(LearnConfig config) : config_(std::move(config)) {}
  const std::string& name() const override { return config_.name; }

  PhaseNeeds needs() const override {
    const int64_t every = config_.keep_policy_every;
    std::vector<std::string> snapshots;
    for (int64_t step = every; every > 0 && step < config_.updates; step += every) snapshots.push_back(snapshot(step));
    return {.learners = {config_.learner},
            .leaves_policy = true,
            .snapshots = std::move(snapshots),
            .updates = config_.updates > 0 && config_.from.empty(),
            .takes_from = config_.from,
            .plan = config_.from.empty()
                        ? concat(counted(config_.updates, "update"), " of '", config_.learner, "'",
                                 every > 0 ? concat(", its policy kept each ", every) : "")
                        : concat("'", config_.learner, "' as it has become in ", config_.from.string())};
  }

  void run(Run& run) override {
    Learnable& learner = run.learner(config_.learner);
    auto* agent = dynamic_cast<Agent*>(&learner);
    if (agent) agent->begin_stage(config_.stage);
    const auto plan = learner.sample_plan();
    run.prepare(plan);
    auto& state = run.state();
    if (!config_.from.empty()) {
      run.take_over(config_.learner, config_.from);
      state.step = config_.updates;
    }
    run.begin_progress(config_.updates);
    while (state.step < config_.updates) {
      const Metrics metrics = learner.update(run.sample(config_.learner, plan));
      run.updated(metrics);
      ++state.step;
      if (state.step % run.config().run.log_every == 0 || state.step == config_.updates) run.log(state.step, metrics);
      if (agent && keeps_at(state.step)) run.keep_agent(snapshot(state.step), config_.learner);
      run.show(state.step);
      run.tick();
    }
    if (agent) run.keep_agent(config_.name, config_.learner);
    run.hand_over(config_.learner);
  }

 private:
  std::string snapshot(int64_t step) const { return concat(config_.name, "@", step); }
  bool keeps_at(int64_t step) const {
    return config_.keep_policy_every > 0 && step % config_.keep_policy_every == 0 && step < config_.updates;
  }

  const LearnConfig config_;
};

}  // namespace

void LearnConfig::validate() const {
  if (keep_policy_every > 0 && !from.empty())
    throw ConfigError("from: nothing is learned that keep_policy_every could keep");
  constexpr int64_t kMostPolicies = 1000;
  if (keep_policy_every > 0 && updates / keep_policy_every > kMostPolicies) {
    throw ConfigError(concat("keep_policy_every = ", keep_policy_every, " would keep ", updates / keep_policy_every,
                             " policies; want at most ", kMostPolicies));
  }
}

std::unique_ptr<Phase> make_learn(const LearnConfig& config) { return std::make_unique<Learn>(config); }

}  // namespace onramp
