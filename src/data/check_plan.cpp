#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

#include "onramp/base/error.h"
#include "onramp/base/log.h"
#include "onramp/data/sampler.h"
#include "request.h"

namespace onramp {

namespace detail {

std::string_view describe(EpisodeFilter filter) {
  constexpr std::string_view kTexts[] = {"episodes", "successful episodes", "failed episodes"};
  return kTexts[static_cast<size_t>(filter)];
}

std::vector<const SourceShare*> active_shares(const BatchRequest& request, const Replay& replay) {
  std::vector<const SourceShare*> active;
  for (const auto& share : request.sources) {
    if (!replay.source(share.source).empty(share.filter)) {
      active.push_back(&share);
    } else if (!share.optional) {
      throw DataError(concat("request '", request.name, "': source '", share.source, "' has no ",
                             describe(share.filter),
                             "; fill it first (demonstrations, a data file) or mark it optional"));
    }
  }
  if (active.empty()) {
    throw DataError(
        concat("request '", request.name, "': all of its sources are empty; collect or load episodes first"));
  }
  return active;
}

bool is_computed_column(std::string_view name) {
  return name == "mc_return" || name == "success" || name == "episode_success" || name == "step" ||
         name == "executed_action";
}

bool belongs_to_kind(std::string_view name, SampleKind kind) {
  return (name == "reached" && kind == SampleKind::kGoal) || (name == "mask" && kind == SampleKind::kSequence);
}

}  // namespace detail

namespace {

[[noreturn]] void refuse(const BatchRequest& request, const std::string& what) {
  throw ConfigError(concat("request '", request.name, "': ", what));
}

void check_numbers(const BatchRequest& request) {
  if (request.size < 1) refuse(request, concat("size: want >= 1, got ", request.size));
  if (request.minibatches < 1) refuse(request, concat("minibatches: want >= 1, got ", request.minibatches));
  if (request.n_step < 1) refuse(request, concat("n_step: want >= 1, got ", request.n_step));
  if (!(request.gamma >= 0.0 && request.gamma <= 1.0))
    refuse(request, concat("gamma: want in [0, 1], got ", request.gamma));
  if (request.kind == SampleKind::kSequence && request.steps < 1)
    refuse(request, concat("steps: want >= 1, got ", request.steps));
  if (request.kind != SampleKind::kGoal) return;
  if (!(request.gamma < 1.0)) refuse(request, "gamma: want below 1 where goals are drawn");
  if (!(request.goal_future >= 0.0 && request.goal_self >= 0.0 &&
        request.goal_future + request.goal_self <= 1.0 + 1e-12)) {
    refuse(request, concat("goal_future ", request.goal_future, " and goal_self ", request.goal_self,
                           ": want shares of 1, their sum at most 1"));
  }
}

void check_observations(const BatchRequest& request, const Dataset& dataset) {
  std::vector<std::string> known;
  for (const auto& entry : dataset.observation_spec().entries) {
    if (!entry.privileged) known.push_back(entry.name);
  }
  if (known.empty()) refuse(request, "the data set has no observation that a network may see");
  for (const auto& name : request.observations) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    const bool privileged = dataset.observation_spec().find(name) != nullptr;
    refuse(request, concat("observation '", name, privileged ? "' is privileged simulator state" : "' does not exist",
                           did_you_mean(name, known), " (known: ", join(known), ")"));
  }
}

void check_columns(const BatchRequest& request, const Replay& replay, const std::vector<const SourceShare*>& active) {
  const auto& dataset = replay.dataset();
  for (const auto& name : request.columns) {
    if (detail::is_computed_column(name) || detail::belongs_to_kind(name, request.kind)) continue;
    for (const auto* share : active) {
      for (const EpisodeId id : replay.source(share->source).episodes(share->filter)) {
        if (dataset.has_column(name, id)) continue;
        auto known = dataset.column_names();
        for (const char* computed : {"mc_return", "success", "episode_success", "step", "executed_action"}) {
          known.emplace_back(computed);
        }
        refuse(request, concat("column '", name, "' is not stored with episode ", id, " of source '", share->source,
                               "'", did_you_mean(name, known), " (known: ", join(known), ")"));
      }
    }
  }
}

/// Mean raw reward of the steps of a source with or without success; nothing when there are none.
std::optional<double> mean_reward(const Dataset& dataset, const ReplaySource& source, bool success) {
  double sum = 0.0;
  int64_t steps = 0;
  for (const int64_t row : source.step_rows()) {
    if ((dataset.success_column()[static_cast<size_t>(row)] != 0) != success) continue;
    sum += dataset.reward_column()[static_cast<size_t>(row)];
    ++steps;
  }
  return steps > 0 ? std::optional(sum / double(steps)) : std::nullopt;
}

/// Whether success may be held: an episode that is not terminal went on after it. The end alone does not tell: clock or protective stop
/// may come with success. Nor does going on alone: a task may want some steps of it, and ends then.
bool success_may_be_held(const Dataset& dataset, const ReplaySource& source) {
  for (const EpisodeId id : source.episodes(EpisodeFilter::kSuccessful)) {
    const auto& info = dataset.info(id);
    if (info.terminal) continue;
    const auto* success = dataset.success_column().data() + info.first_row;
    if (std::any_of(success, success + info.length - 1, [](auto flag) { return flag != 0; })) return true;
  }
  return false;
}

/// One request has one scale of rewards, under a transform success must still be worth more than failing for ever, and targets that
/// are cut to a range must be able to reach both.
void check_rewards(const BatchRequest& request, const Replay& replay) {
  const auto& first = replay.source(request.sources.front().source);
  for (const auto& share : request.sources) {
    const auto& source = replay.source(share.source);
    if (!(source.config().reward == first.config().reward)) {
      refuse(request, concat("sources '", first.name(), "' and '", source.name(),
                             "' transform rewards differently; give both the same `reward` under `sources`"));
    }
    const bool transforms = !(source.config().reward == RewardTransform{});
    if ((!transforms && !request.value_range) || !(request.gamma < 1.0)) continue;
    const auto& dataset = replay.dataset();
    const auto failure = mean_reward(dataset, source, false), success = mean_reward(dataset, source, true);
    if (!failure || !success) continue;
    const auto& reward = source.config().reward;
    const SparseReward raw{*failure, *success, !success_may_be_held(dataset, source)};
    const auto worth = sparse_worth(reward, raw, request.gamma);
    const auto refuse_unless_empty = [](const std::string& where, const std::string& why) {
      if (!why.empty()) throw ConfigError(concat(where, why, ", in a run.folder of its own where a run has begun"));
    };
    if (transforms)
      refuse_unless_empty(concat("sources.", source.name(), ".reward: "), why_not_transform(reward, worth));
    if (request.value_range) {
      refuse_unless_empty(concat("source '", source.name(), "': value_range = "),
                          why_not_range(*request.value_range, worth));
    }
  }
}

/// Where a method learns from what success was worth, there must have been one.
void check_success(const BatchRequest& request, const Replay& replay, const std::vector<const SourceShare*>& active) {
  if (!request.wants_success) return;
  const auto& rewards = replay.dataset().reward_column();
  size_t episodes = 0;
  std::vector<std::string> names;
  float best = 0.0F;
  for (const auto* share : active) {
    const auto& source = replay.source(share->source);
    if (!source.empty(EpisodeFilter::kSuccessful)) return;
    episodes += source.episodes().size();
    names.push_back(share->source);
    for (const int64_t row : source.step_rows()) best = std::max(best, rewards[static_cast<size_t>(row)]);
  }
  const auto whose = concat("request '", request.name, "': none of the ", episodes, " episodes of source '",
                            join(names, "', '"), "' ");
  if (best > 0) {
    throw DataError(
        concat(whose, "has its success flag set, although steps earn up to ", best,
               ": mark what success is where they come from, or go on without it by without_success: true, in a "
               "folder of its own (run.folder)"));
  }
  throw DataError(
      concat(whose,
             "succeeded, so that all returns are alike, and a gate that compares values of them says nothing; "
             "collect more of them, or from a better policy, or go on all the same by without_success: true, in a "
             "folder of its own (run.folder)"));
}

}  // namespace

void check_plan(const std::vector<BatchRequest>& plan, const Replay& replay) {
  std::set<std::string> names;
  for (const auto& request : plan) {
    if (!names.insert(request.name).second) refuse(request, "the plan has two requests of this name");
    check_numbers(request);
    if (request.sources.empty()) refuse(request, "names no source");
    for (const auto& share : request.sources) {
      if (!(share.share > 0.0 && std::isfinite(share.share))) {
        refuse(request, concat("source '", share.source, "': share: want > 0, got ", share.share));
      }
      const auto known = replay.source_names();
      if (!replay.has_source(share.source)) {
        refuse(request, concat("there is no source '", share.source, "'", did_you_mean(share.source, known),
                               " (known: ", join(known), ")"));
      }
    }
    const auto active = detail::active_shares(request, replay);
    for (const auto& share : request.sources) {
      if (std::find(active.begin(), active.end(), &share) != active.end()) continue;
      log_info("request '", request.name, "': source '", share.source, "' has no ", detail::describe(share.filter),
               " yet; its share goes to the others until it has");
    }
    check_rewards(request, replay);
    check_observations(request, replay.dataset());
    check_columns(request, replay, active);
    check_success(request, replay, active);
  }
}

}  // namespace onramp
