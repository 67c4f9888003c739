// One episode: a policy acts in an environment until its end, and what happened is recorded.
#pragma once

#include <cstdint>
#include <exception>
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

/// Runs one episode. Everything random in it is a function of `seed`: the reset and every draw of the policy.
/// @param meta provenance stored with the episode; "seed" and "policy_hash" are added.
CollectedEpisode collect_episode(Environment& environment, Policy& policy, ActMode mode, uint64_t seed,
                                 std::map<std::string, std::string> meta = {});

}  // namespace onramp
