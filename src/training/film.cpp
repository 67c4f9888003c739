#include "onramp/training/film.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

#include "onramp/base/random.h"
#include "onramp/base/text.h"
#include "onramp/core/device.h"
#include "onramp/training/collector.h"

namespace onramp {
namespace {

/// Tells who acts, where the policy that it stands before chooses between two.
class Watched final : public Policy {
 public:
  explicit Watched(Policy& inner) : inner_(inner) {}
  std::optional<Acting> acting() const { return acting_; }

  std::unique_ptr<PolicyState> begin(int64_t batch) override { return inner_.begin(batch); }
  Action act(const Observation& obs, PolicyState& state, ActMode mode, Rng& random) override {
    Action action = inner_.act(obs, state, mode, random);
    acting_ = who_acted(action);
    return action;
  }
  const ActionSpec& action_spec() const override { return inner_.action_spec(); }
  const ObservationSpec& observation_spec() const override { return inner_.observation_spec(); }
  std::string content_hash() const override { return inner_.content_hash(); }
  ActMode usual_mode() const override { return inner_.usual_mode(); }

 private:
  Policy& inner_;
  std::optional<Acting> acting_;
};

/// Films whatever happens in the environment it stands before.
class Filmed final : public Environment {
 public:
  Filmed(Environment& inner, VideoWriter& film, std::string policy, const Watched& watched)
      : inner_(inner), film_(film), watched_(watched) {
    moment_.task = inner.spec().name;
    moment_.policy = std::move(policy);
    moment_.max_steps = inner.spec().max_steps;
  }
  void begin(const std::string& take) {
    moment_.take = take;
    moment_.step = 0;
    moment_.success = false;
    moment_.end.reset();
    moment_.acting.reset();
  }

  const EnvSpec& spec() const override { return inner_.spec(); }
  Observation reset(uint64_t seed) override {
    Observation first = inner_.reset(seed);
    add(first);
    return first;
  }
  Step step(const at::Tensor& action) override {
    Step step = inner_.step(action);
    ++moment_.step;
    moment_.success |= step.success;
    moment_.end = step.end;
    moment_.acting = watched_.acting();
    add(step.obs);
    return step;
  }
  void standby() override { inner_.standby(); }

 private:
  void add(const Observation& observation) {
    const double period_s = spec().control_period_s;
    moment_.time_s = static_cast<double>(moment_.step) * period_s;
    at::Tensor frame = film_frame(inner_, observation);
    draw_caption(frame, caption_of(moment_));
    if (moment_.acting) draw_border(frame, *moment_.acting);
    // The outcome stands long enough to be read.
    const auto times = moment_.end ? std::max<int64_t>(1, std::llround(1.0 / period_s)) : 1;
    for (int64_t i = 0; i < times; ++i) film_.add(frame);
  }

  Environment& inner_;
  VideoWriter& film_;
  const Watched& watched_;
  FilmMoment moment_;
};

}  // namespace

std::vector<CaptionLine> caption_of(const FilmMoment& moment) {
  using Tone = CaptionLine::Tone;
  char time[32];
  std::snprintf(time, sizeof time, "%.1f s", moment.time_s);
  std::vector<CaptionLine> lines{{moment.task + ", " + moment.policy},
                                 {concat(moment.take, ", step ", moment.step,
                                         moment.max_steps > 0 ? concat(" of ", moment.max_steps) : "", ", ", time)}};
  if (moment.acting) {
    const bool cloned = *moment.acting == Acting::kCloned;
    lines.push_back(
        {cloned ? "the cloned policy acts" : "the learned policy acts", cloned ? Tone::kCloned : Tone::kLearned});
  }
  if (!moment.end) {
    if (moment.success) lines.push_back({"success", Tone::kGood});
    return lines;
  }
  std::string end(to_string(*moment.end));
  std::replace(end.begin(), end.end(), '_', ' ');
  const bool said = *moment.end == EndReason::kSuccess || *moment.end == EndReason::kFailure;
  lines.push_back({said ? end : concat(moment.success ? "success" : "no success", ", ended by ", end),
                   moment.success ? Tone::kGood : Tone::kBad});
  return lines;
}

void film_policy(Environment& environment, Policy& policy, ActMode mode, const FilmPlan& plan,
                 const std::function<void(const Episode&)>& tell) {
  const OneComputeThread one;  // as evaluate(): the same seed is the same episode
  VideoWriter film(plan.path, 1.0 / environment.spec().control_period_s);
  Watched watched(policy);
  Filmed filmed(environment, film, plan.policy, watched);
  for (const auto& take : plan.takes) {
    filmed.begin(take.name);
    const CollectedEpisode collected = collect_episode(filmed, watched, mode, take.seed, {});
    if (collected.failure) std::rethrow_exception(collected.failure);
    if (tell) tell(collected.episode);
  }
  film.close();
}

std::vector<Take> held_out_takes(int64_t first, int64_t count) {
  std::vector<Take> takes;
  for (int64_t k = first; k < first + count; ++k) takes.push_back({held_out_seed(k), concat("held-out ", k)});
  return takes;
}

uint64_t held_out_seed(int64_t number) { return derive_seed(0, "held-out", static_cast<uint64_t>(number)); }

}  // namespace onramp
