// Draws the batches that learners ask for.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "onramp/data/batch.h"
#include "onramp/data/replay_source.h"

namespace onramp {

/// Uniform over the steps of each source, with replacement. Row j of draw k belongs to the source that position k * B
/// + j of a fixed cycle names, so that shares are exact over a cycle for any share.
///
/// Columns that a request may name: `mc_return` (with the request's gamma), `success` (the step's raw flag),
/// `episode_success`, `step` (t), `executed_action` [B, A], or a stored extra column. With SampleKind::kGoal, next_obs
/// is the very next state, and `reached` (1 where the goal is the state itself), reward (-1, or 0 where reached) and
/// discount (gamma, or 0 where reached) describe the goal. With SampleKind::kSequence a drawn step is the first of a row's T,
/// which end with its episode: so that every step begins as many sequences as any other, and each episode's last ones are short.
///
/// Draw k of a request is a pure function of (seed, request name, k, contents of its sources): the state in a
/// checkpoint is one counter a request. Thread safety: none.
class Sampler {
 public:
  explicit Sampler(uint64_t seed) : seed_(seed) {}

  /// The next draw of that request. O(rows * entry bytes). @throws DataError when nothing can be drawn.
  Batch sample(const BatchRequest& request, const Replay& replay);
  /// All requests of a plan.
  Batches sample(const std::vector<BatchRequest>& plan, const Replay& replay);
  /// Draw number k, without touching the counter.
  Batch draw(const BatchRequest& request, const Replay& replay, uint64_t k) const;

  uint64_t counter(const std::string& request_name) const;
  nlohmann::json save() const;
  /// @throws CheckpointError when the state was written by a sampler of another seed.
  void load(const nlohmann::json& state);

 private:
  uint64_t seed_;
  std::map<std::string, uint64_t> counters_;
  mutable std::map<std::vector<double>, std::vector<uint16_t>> cycles_;  // share_cycle() of the shares seen so far
};

/// Asked once, before a phase starts: can each request be fulfilled? Logs once where an optional source is empty.
/// @throws ConfigError (a name, range or column that cannot be) or DataError (a source without fitting episodes),
/// naming the request, what it wants and what there is.
void check_plan(const std::vector<BatchRequest>& plan, const Replay& replay);

/// The cycle behind the shares: position p belongs to source cycle[p]; each appears in proportion to its share (a
/// fraction with denominator up to 65536, which covers 1/3 as 0.3333333333), spread as evenly as can be.
/// REQUIRES: every share > 0.
std::vector<uint16_t> share_cycle(const std::vector<double>& shares);

}  // namespace onramp
