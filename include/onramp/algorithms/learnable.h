// Every learner: agents, behaviour cloning, representation pretraining, value estimation.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "onramp/core/checkpoint.h"
#include "onramp/data/batch.h"
#include "onramp/data/policy.h"

namespace onramp {

/// Detached 0-d tensors; the logger reads them once per interval (no device sync inside update).
using Metrics = std::vector<std::pair<std::string, at::Tensor>>;

class Learnable {
 public:
  virtual ~Learnable() = default;
  /// What each update needs; asked once per phase.
  virtual std::vector<BatchRequest> sample_plan() const = 0;
  /// One gradient step (or one pass of the algorithm's box).
  virtual Metrics update(const Batches& batches) = 0;
  /// Named parts: weights, optimiser state, generator counters.
  virtual void save(Parts& parts) const = 0;
  /// @throws CheckpointError naming the part or tensor that is missing or has another shape.
  virtual void load(const Parts& parts) = 0;
};

class Agent : public Learnable {
 public:
  /// A snapshot by value: later updates do not change it.
  virtual std::unique_ptr<Policy> policy() const = 0;
};

}  // namespace onramp
