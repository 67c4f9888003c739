// Every learner: agents, behaviour cloning, representation pretraining, value estimation.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "onramp/core/checkpoint.h"
#include "onramp/data/batch.h"
#include "onramp/data/policy.h"
#include "onramp/data/spec.h"

namespace onramp {

/// Name of the part that holds a cloned policy, as save_policy() wrote it: its `host` has the policy's hash.
inline constexpr const char* kClonedPolicy = "cloned_policy";

/// Detached 0-d tensors; the logger reads them once per interval (no device sync inside update).
using Metrics = std::vector<std::pair<std::string, at::Tensor>>;

/// What a learner is built from, beside its config.
struct LearnerContext {
  ObservationSpec observation;  ///< what there is to see
  ActionSpec action;
  uint64_t seed = 0;  ///< of every stream the learner draws from: initial weights, action samples, augmentation
  at::Device device = at::kCPU;
  /// Parts handed over by earlier phases, e.g. "encoder" (save_encoder) and "normalizer" (save_normalizer). Read during
  /// construction alone; may be null.
  const Parts* given = nullptr;
  /// What the file holds that its factory names (LearnerFactory::policy_file), as save_policy() wrote it, read during
  /// construction alone. Null where the factory names none, and where load() follows: a learner that goes on has its own copy.
  const PartState* policy_file = nullptr;
};

/// What learns from batches. It asks for what it wants sampled; it never sees buffers, files or environments.
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

/// Which of an agent's settings apply: learning rates, shares of the batch.
enum class Stage : uint8_t {
  kOffline,  ///< the data do not grow
  kOnline,   ///< the policy collects between updates
};

/// A learner that acts.
class Agent : public Learnable {
 public:
  /// Told at the start of each phase, and again on resume, before sample_plan(): sets plan and learning rates.
  virtual void begin_stage(Stage stage) { (void)stage; }
  /// A snapshot by value: later updates do not change it.
  virtual std::unique_ptr<Policy> policy() const = 0;
};

}  // namespace onramp
