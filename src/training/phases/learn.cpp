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
    return {.learners = {config_.learner},
            .leaves_policy = true,
            .plan = concat(config_.updates, " updates of '", config_.learner, "'")};
  }

  void run(Run& run) override {
    Learnable& learner = run.learner(config_.learner);
    auto* agent = dynamic_cast<Agent*>(&learner);
    if (agent) agent->begin_stage(config_.stage);
    const auto plan = learner.sample_plan();
    run.prepare(plan);
    auto& state = run.state();
    run.begin_progress(config_.updates);
    while (state.step < config_.updates) {
      const Metrics metrics = learner.update(run.sample(config_.learner, plan));
      run.updated(metrics);
      ++state.step;
      if (state.step % run.config().run.log_every == 0 || state.step == config_.updates) run.log(state.step, metrics);
      run.show(state.step);
      run.tick();
    }
    if (agent) run.keep_agent(config_.name, config_.learner);
    run.hand_over(config_.learner);
  }

 private:
  const LearnConfig config_;
};

}  // namespace

std::unique_ptr<Phase> make_learn(const LearnConfig& config) { return std::make_unique<Learn>(config); }

}  // namespace onramp
