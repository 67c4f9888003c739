#include <algorithm>

#include "onramp/base/error.h"
#include "onramp/base/text.h"
#include "onramp/training/film.h"
#include "onramp/training/phase.h"
#include "onramp/training/phases/factories.h"
#include "onramp/training/report.h"
#include "onramp/training/run.h"

namespace onramp {
namespace {

class Evaluate final : public Phase {
 public:
  explicit Evaluate(EvaluateConfig config) : config_(std::move(config)) {}
  const std::string& name() const override { return config_.name; }

  PhaseNeeds needs() const override {
    return {
        .environment = true,
        .policies = config_.policies,
        .films = config_.videos,
        .plan = concat(counted(config_.settings.episodes, "held-out seed"), " for each of ", join(config_.policies))};
  }

  void run(Run& run) override {
    auto& state = run.state();
    auto environments = environments_for(config_.settings, [&run] { return run.make_environment(); });
    const int64_t each = config_.settings.episodes;
    run.begin_progress(each * static_cast<int64_t>(config_.policies.size()), state.step * each);
    while (state.step < static_cast<int64_t>(config_.policies.size())) {
      const auto& who = config_.policies[static_cast<size_t>(state.step)];
      const auto policy = run.policy(who);
      auto result = evaluate(environments, *policy, who, settings_of(who), [&](int64_t finished, double rate) {
        run.show(state.step * each + finished, {{who + " success", rate}});
        run.tick();  // on Ctrl-C this policy's evaluation will begin anew
      });
      result.phase = config_.name;
      store_result(run.folder(), result);
      if (std::find(config_.videos.begin(), config_.videos.end(), who) != config_.videos.end()) film(run, who);
      ++state.step;
      run.log(state.step, {{who + "/success", result.rate()},
                           {who + "/return", result.mean_return()},
                           {who + "/last_reward", result.mean_last_reward()}});
      run.tick();
    }
  }

 private:
  EvaluationSettings settings_of(const std::string& who) const {
    auto settings = config_.settings;
    settings.sample |= std::find(config_.sampled.begin(), config_.sampled.end(), who) != config_.sampled.end();
    return settings;
  }

  /// The first held-out situations, so that films of two policies can be laid side by side.
  void film(Run& run, const std::string& who) const {
    const auto policy = run.policy(who);
    film_policy(*run.make_environment(), *policy, settings_of(who).sample ? ActMode::kSample : ActMode::kMode,
                {.path = run.folder() / "videos" / (config_.name + "-" + who + ".mp4"),
                 .policy = who,
                 .takes = held_out_takes(config_.settings.first_seed, config_.video_episodes)});
  }

  const EvaluateConfig config_;
};

}  // namespace

void EvaluateConfig::validate() const {
  for (const auto& who : sampled) {
    if (std::find(policies.begin(), policies.end(), who) != policies.end()) continue;
    throw ConfigError(
        concat("sampled: '", who, "' is not among the `policies` that are scored (", join(policies), ")"));
  }
}

std::unique_ptr<Phase> make_evaluate(const EvaluateConfig& config) { return std::make_unique<Evaluate>(config); }

}  // namespace onramp
