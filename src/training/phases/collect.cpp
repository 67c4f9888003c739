#include <algorithm>

#include "onramp/base/error.h"
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
    const bool in_part = config_.first > 0;
    return {.environment = true,
            .policies = {config_.policy},
            .fills_sources = config_.sources_of(0),
            .act = config_.act,
            .episodes = config_.episodes,
            .plan = concat(
                counted(config_.episodes, keeps_all() ? "episode" : "successful episode"), " by '", config_.policy,
                "' into ", join(config_.into),
                in_part ? concat(", the first ", config_.first, " into ", join(config_.first_into), " as well") : "",
                keeps_all() ? "" : concat(", of at most ", config_.most_attempts(), " attempts"))};
  }

  void run(Run& run) override {
    const std::shared_ptr<Policy> policy = run.policy(config_.policy);
    const ActMode act = act_mode(config_.act, *policy);
    auto& state = run.state();  // step counts what is kept
    if (!state.notes.is_object()) state.notes = {{"attempts", 0}, {"successes", 0}};
    run.begin_progress(config_.episodes);
    while (state.step < config_.episodes) {
      if (attempts(run) >= config_.most_attempts()) give_up(run);
      auto sources = config_.sources_of(state.step);
      const auto into =
          keeps_all() ? EpisodeSources{.always = std::move(sources)} : EpisodeSources{.successes = std::move(sources)};
      const Episode episode = run.finish_recording(run.begin_recording(policy, act, into));
      state.step += keeps_all() || episode.succeeded();
      state.notes["attempts"] = attempts(run) + 1;
      state.notes["successes"] = state.notes["successes"].get<int64_t>() + episode.succeeded();
      run.log(attempts(run), episode_metrics(episode));
      run.show(state.step, {{"success", state.notes["successes"].get<double>() / double(attempts(run))}});
      run.tick();
    }
  }

 private:
  bool keeps_all() const { return config_.keep == Keep::kAll; }
  static int64_t attempts(Run& run) { return run.state().notes["attempts"].get<int64_t>(); }

  [[noreturn]] void give_up(Run& run) const {
    run.checkpoint();  // the same command says the same at once
    throw ConfigError(concat("phase '", config_.name, "': ", run.state().step, " of ", attempts(run), " attempts by '",
                             config_.policy, "' succeeded, ", config_.episodes,
                             " are wanted; let a better policy act, ask for fewer episodes, or raise attempts_limit, "
                             "in a folder of its own"));
  }

  const CollectConfig config_;
};

}  // namespace

int64_t CollectConfig::most_attempts() const {
  constexpr int64_t kAttemptsAnEpisode = 20;
  return attempts_limit.value_or(kAttemptsAnEpisode * episodes);
}

std::vector<std::string> CollectConfig::sources_of(int64_t number) const {
  auto sources = into;
  if (number < first) sources.insert(sources.end(), first_into.begin(), first_into.end());
  return sources;
}

void CollectConfig::validate() const {
  if (first > episodes)
    throw ConfigError(concat("first = ", first, " is more than the ", episodes, " episodes wanted"));
  if (first > 0 && first_into.empty()) {
    throw ConfigError(concat("first = ", first, ", but first_into names no source that they enter"));
  }
  if (first == 0 && !first_into.empty())
    throw ConfigError("first_into: first = 0 lets no episode into it; set `first`");
  for (auto source = first_into.begin(); source != first_into.end(); ++source) {
    if (std::find(into.begin(), into.end(), *source) != into.end()) {
      throw ConfigError(concat("first_into: all episodes enter '", *source, "' anyway; leave it out of `into`"));
    }
    if (std::find(first_into.begin(), source, *source) != source) {
      throw ConfigError(concat("first_into: names '", *source, "' twice"));
    }
  }
  if (!attempts_limit) return;
  if (keep == Keep::kAll)
    throw ConfigError("attempts_limit: every attempt is kept; leave it out, or set keep: successes");
  if (*attempts_limit >= episodes) return;
  throw ConfigError(concat("attempts_limit = ", *attempts_limit, " is fewer than the ", episodes, " episodes wanted"));
}

std::unique_ptr<Phase> make_collect(const CollectConfig& config) { return std::make_unique<Collect>(config); }

}  // namespace onramp
