// What sampling a request and checking it beforehand have in common.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "onramp/data/batch.h"
#include "onramp/data/replay_source.h"

namespace onramp::detail {

/// "episodes", "successful episodes", "failed episodes".
std::string_view describe(EpisodeFilter filter);

/// The sources that take part now: an empty one drops out when it is optional, else nothing can be drawn.
/// @throws DataError naming the request and the source
std::vector<const SourceShare*> active_shares(const BatchRequest& request, const Replay& replay);

/// Whether the sampler makes the column itself; the others are stored with episodes.
bool is_computed_column(std::string_view name);

/// Whether a request of that kind gets the column in any case: "reached" of goals, "mask" of sequences.
bool belongs_to_kind(std::string_view name, SampleKind kind);

}  // namespace onramp::detail
