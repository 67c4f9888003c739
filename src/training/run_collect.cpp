// How a run's environment is acted in: here, or in a thread of its own while the learner works.

#include <algorithm>
#include <exception>
#include <memory>
#include <utility>

#include "onramp/base/log.h"
#include "onramp/base/text.h"
#include "onramp/data/acting.h"
#include "onramp/policies/actor_policy.h"
#include "onramp/training/phase.h"
#include "onramp/training/run.h"

namespace onramp {
namespace {

bool same_record(const Episode& a, const Episode& b) {
  return a.vectors == b.vectors && a.images == b.images && a.action == b.action && a.reward == b.reward &&
         a.success == b.success && a.end == b.end;
}

/// What an environment finds wrong with its settings while it runs says that what it recorded is not what it seems, such as an
/// attempt of which nobody knows whether it succeeded: nothing of it is kept.
void refuse_misconfigured(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const ConfigError&) {
    throw;
  } catch (...) {  // told once what was recorded is kept
  }
}

}  // namespace

/// A graphics context stays in the thread that it was made in: all of an environment's steps and its end are in one.
void Run::make_collector() {
  if (!environment_) return;
  const bool overlaps = std::any_of(phases_.begin(), phases_.end(), [](const auto& p) { return p->needs().overlaps; });
  if (overlaps) collector_ = std::make_unique<c10::ThreadPool>(1);
}

void Run::close_environment() {
  if (collector_) {
    collector_->run([this] { environment_.reset(); });
    collector_->waitWorkComplete();
  }
}

/// What no source holds would lie in memory for nothing.
void Run::enter_replay(const Episode& episode, const std::vector<std::string>& sources) {
  if (!sources.empty()) replay_->add(episode, sources);
}

void Run::put_on_disk(int64_t number, const Episode& episode) {
  if (store_->contains(number)) {
    // Recorded before a kill, after the last checkpoint. In simulation it is now collected again.
    const Episode before = store_->load(number);
    if (same_record(before, episode)) return;
    const auto kept = store_->set_aside(number);
    log_warning("episode ", number, " differs from the one recorded before the interruption, which is kept as ",
                kept.string());
  }
  store_->write(number, episode);
}

bool Run::is_by_cloned_policy(const Episode& episode) const {
  const auto cloned = given_.find(kClonedPolicy);
  const auto& hash = episode.meta.at("policy_hash");
  return cloned != given_.end() && saved_policy_hash(cloned->second) == hash;
}

Run::Attempt Run::attempt(int64_t number, Policy& policy, ActMode mode, const EpisodeSources& into) {
  const auto& phase = phases_[static_cast<size_t>(state_.phase)]->name();
  Attempt attempt{.began_s = clock_.now()};
  attempt.collected =
      collect_episode(environment(), policy, mode, seed("episode/" + phase, number),
                      {{"number", std::to_string(number)}, {"phase", phase}, {"task", environment().spec().name}});
  if (attempt.collected.failure) refuse_misconfigured(attempt.collected.failure);
  Episode& episode = attempt.collected.episode;
  // What a gated policy stores of the cloned one (gated_policy.h) is here what was done.
  if (is_by_cloned_policy(episode))
    episode.extra[kProposalColumn] = {.width = episode.action_spec.dim, .values = episode.action};
  attempt.sources = into.always;
  if (episode.succeeded()) {
    for (const auto& name : into.successes) {
      if (std::find(into.always.begin(), into.always.end(), name) == into.always.end()) attempt.sources.push_back(name);
    }
  }
  episode.meta["sources"] = join(attempt.sources, ",");
  // An environment may fail before its first step: then there is nothing to keep.
  if (episode.length() > 0) put_on_disk(number, episode);
  if (!attempt.collected.failure) environment().standby();  // no command comes for a while: a robot holds still
  attempt.ended_s = clock_.now();
  return attempt;
}

Run::Recording Run::begin_recording(std::shared_ptr<Policy> policy, ActMode mode, EpisodeSources into) {
  auto task = std::make_shared<std::packaged_task<Attempt()>>(
      [this, number = state_.episodes, policy = std::move(policy), mode, into = std::move(into)] {
        return attempt(number, *policy, mode, into);
      });
  auto recording = task->get_future();
  if (collector_) {
    collector_->run([task] { (*task)(); });
  } else {
    (*task)();
  }
  return recording;
}

Episode Run::finish_recording(Recording recording, Waits* waits) {
  const double idle_from_s = clock_.now();
  Attempt attempt;
  try {
    attempt = recording.get();
  } catch (const EnvironmentError&) {  // it could not be reset: the run pauses
    if (state_.phase > 0 || state_.episodes > 0) checkpoint();
    throw;
  }
  if (waits != nullptr) {
    const double now_s = clock_.now();
    waits->of_s += now_s - attempt.began_s;
    waits->learner_s += now_s - idle_from_s;
    waits->environment_s += std::max(0.0, idle_from_s - attempt.ended_s);
  }
  Episode& episode = attempt.collected.episode;
  if (episode.length() > 0) {
    ++state_.episodes;
    enter_replay(episode, attempt.sources);
  }
  if (attempt.collected.failure) {
    checkpoint();
    std::rethrow_exception(attempt.collected.failure);
  }
  return std::move(episode);
}

}  // namespace onramp
