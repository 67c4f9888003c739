// N environments side by side, each on a thread of its own choosing for life (a graphics context belongs to one thread).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "onramp/envs/environment.h"

namespace onramp {

/// Makes one more environment of the same kind. Called in the thread that will use it; calls do not overlap.
using EnvironmentFactory = std::function<std::unique_ptr<Environment>()>;

/// Thread safety: one caller at a time. Invariant: environment i is made, stepped and destroyed by worker i % threads, so
/// that what happens in it does not depend on the number of threads.
class BatchedEnvironment {
 public:
  /// @throws whatever making an environment throws, with "environment i: " before an onramp::Error's message
  BatchedEnvironment(EnvironmentFactory make, int64_t count, int64_t threads);
  ~BatchedEnvironment();
  BatchedEnvironment(const BatchedEnvironment&) = delete;
  BatchedEnvironment& operator=(const BatchedEnvironment&) = delete;

  int64_t size() const;
  const EnvSpec& spec() const;
  /// Resets the first seeds.size() environments. @return their observations, in order
  std::vector<Observation> reset(const std::vector<uint64_t>& seeds);
  /// Steps those whose action is defined; the others rest. @return a Step for each that stepped
  /// @throws EnvironmentError "environment i: ..." after all have come to rest, for the first that failed
  std::vector<std::optional<Step>> step(const std::vector<at::Tensor>& actions);
  /// Runs `work` on one environment in its own thread (pictures, say).
  void with(int64_t index, const std::function<void(Environment&)>& work);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace onramp
