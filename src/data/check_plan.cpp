#include <algorithm>
#include <cmath>
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
    if (detail::is_computed_column(name) || (name == "reached" && request.kind == SampleKind::kGoal)) continue;
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
    check_observations(request, replay.dataset());
    check_columns(request, replay, active);
  }
}

}  // namespace onramp
