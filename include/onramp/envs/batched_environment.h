// N environments side by side in a few threads: no second interface, just many resets and steps at once.
//
// Thread safety: one caller at a time. Invariant: an environment is made, stepped and destroyed by one and the same thread
// of the pool (a simulator's graphics context does not move between threads).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "onramp/envs/environment.h"

namespace onramp {

/// Environments of one kind, numbered from 0.
class BatchedEnvironment {
 public:
  /// @param make     called `count` times, from the pool's threads, never twice at once
  /// @param threads  at most `count` are used
  /// @throws whatever make() throws
  BatchedEnvironment(const std::function<std::unique_ptr<Environment>()>& make, int64_t count, int64_t threads);
  ~BatchedEnvironment();
  BatchedEnvironment(const BatchedEnvironment&) = delete;
  BatchedEnvironment& operator=(const BatchedEnvironment&) = delete;

  int64_t size() const;
  int64_t threads() const;
  const EnvSpec& spec() const;

  /// Environment i starts with seeds[i]; those beyond the list rest.
  /// @throws EnvironmentError "environment 3: ..." for the first that failed, when all are through
  std::vector<Observation> reset(const std::vector<uint64_t>& seeds);
  /// Environment i takes actions[i] (float [A]); an undefined action, or none, lets it rest and leaves its entry empty.
  /// @throws EnvironmentError as reset(). The others have taken their step, the failed one needs a reset.
  std::vector<std::optional<Step>> step(const std::vector<at::Tensor>& actions);
  /// Lets each environment go its own way: calls `job` once with each, `threads()` of them at a time (0, 1, ... first).
  /// @throws EnvironmentError as reset(), whatever the job threw
  void each(const std::function<void(int64_t number, Environment& environment)>& job);

 private:
  class Pool;
  std::unique_ptr<Pool> pool_;
};

}  // namespace onramp
