// One episode: a policy acts in an environment until its end, and what happened is recorded.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <string>

#include "onramp/data/episode.h"
#include "onramp/data/policy.h"
#include "onramp/envs/environment.h"

namespace onramp {

/// What was recorded, whole or up to a failure.
struct CollectedEpisode {
  Episode episode;
  /// Set when the environment failed in mid-episode: the steps up to there are in `episode` (end: comms_loss), to be
  /// stored before the failure is rethrown, so that nothing recorded is lost.
  std::exception_ptr failure;
};

/// Acts from an episode's first observation to its end. Draws of the policy follow from `seed` alone.
/// @param stepped  is shown each step and what was chosen for it, rows [1, .]
EndReason act_to_end(Environment& environment, Policy& policy, ActMode mode, uint64_t seed, Observation first,
                     const std::function<void(const Action& chosen, const Step& step)>& stepped);

/// Runs one episode. Everything random in it is a function of `seed`: the reset and every draw of the policy.
/// @param meta provenance stored with the episode; "seed" and "policy_hash" are added.
CollectedEpisode collect_episode(Environment& environment, Policy& policy, ActMode mode, uint64_t seed,
                                 std::map<std::string, std::string> meta = {});

}  // namespace onramp
