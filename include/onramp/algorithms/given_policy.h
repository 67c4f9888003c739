// A policy that was learned elsewhere (policies/torchscript_policy.h), in the place of a learner that clones one.
#pragma once

#include <c10/core/Device.h>

#include <memory>
#include <vector>

#include "onramp/algorithms/learnable.h"
#include "onramp/policies/torchscript_policy.h"

namespace onramp {

/// Learns nothing; its phase makes no updates, leaves the policy behind and hands it over.
/// Thread safety: none. Parts: cloned_policy, the file itself, so that a run which goes on does not look for it again.
class GivenPolicy final : public Agent {
 public:
  /// Takes the policy of `context.policy_file`; without one load() brings it.
  /// @throws ConfigError for one that sees or does something else than there is to see and to do here
  explicit GivenPolicy(const LearnerContext& context);

  std::vector<BatchRequest> sample_plan() const override { return {}; }
  Metrics update(const Batches& batches) override;
  void save(Parts& parts) const override;
  void load(const Parts& parts) override;
  std::unique_ptr<Policy> policy() const override;

 private:
  at::Device device_;
  std::unique_ptr<TorchScriptPolicy> policy_;
};

}  // namespace onramp
