// Of a policy that chooses between two, which of them acted.
#pragma once

#include <cstdint>
#include <optional>

#include "onramp/data/episode.h"
#include "onramp/data/policy.h"

namespace onramp {

/// A cloned policy, or the one that learns beside it.
enum class Acting : uint8_t { kCloned, kLearned };

/// The info column by which a policy that chooses says so with each step, float [B, 1]: 1, the cloned policy acted; 0, the
/// learned one (policies/gated_policy.h, policies/residual_policy.h).
inline constexpr const char* kActingColumn = "gate";

/// The column of what the cloned policy proposed at each step, float [B, A]: those that choose or correct report it, and a run stores it
/// with the cloned policy's own attempts, where it is what was done.
inline constexpr const char* kProposalColumn = "a_bc";

/// In row `row` of what a policy did; nothing where it does not choose.
std::optional<Acting> who_acted(const Action& action, int64_t row = 0);
/// As an episode recorded it. REQUIRES: 0 <= step < episode.length()
std::optional<Acting> who_acted(const Episode& episode, int64_t step);

}  // namespace onramp
