#include "onramp/base/counted.h"
#include "onramp/base/text.h"
#include "onramp/training/phase.h"
#include "onramp/training/phases/factories.h"
#include "onramp/training/run.h"

namespace onramp {
namespace {

class Collect final : public Phase {
 public:
  explicit Collect(CollectConfig config) : config_(std::move(config)) {}
  const std::string& name() const override { return config_.name; }

  PhaseNeeds needs() const override {
    return {
        .environment = true,
        .policies = {config_.policy},
        .fills_sources = config_.into,
        .episodes = config_.episodes,
        .plan = concat(counted(config_.episodes, "episode"), " by '", config_.policy, "' into ", join(config_.into))};
  }

  void run(Run& run) override {
    const auto policy = run.policy(config_.policy);
    auto& state = run.state();
    if (!state.notes.is_object()) state.notes = {{"successes", 0}};
    run.begin_progress(config_.episodes);
    while (state.step < config_.episodes) {
      const Episode episode = run.record(*policy, config_.act, config_.into);
      ++state.step;
      state.notes["successes"] = state.notes["successes"].get<int64_t>() + episode.succeeded();
      run.log(state.step, episode_metrics(episode));
      run.show(state.step, {{"success", state.notes["successes"].get<double>() / double(state.step)}});
      run.tick();
    }
  }

 private:
  const CollectConfig config_;
};

}  // namespace

std::unique_ptr<Phase> make_collect(const CollectConfig& config) { return std::make_unique<Collect>(config); }

}  // namespace onramp
