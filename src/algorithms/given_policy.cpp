#include "onramp/algorithms/given_policy.h"

#include "onramp/algorithms/cloned_policy.h"
#include "onramp/base/error.h"

namespace onramp {

GivenPolicy::GivenPolicy(const LearnerContext& context) : device_(context.device) {
  if (!context.policy_file) return;
  policy_ = load_torchscript_policy(*context.policy_file, device_);
  check_fits_task(*policy_, context, policy_->name());
}

Metrics GivenPolicy::update(const Batches&) { ONRAMP_CHECK(false, "a policy from a file makes no updates"); }

void GivenPolicy::save(Parts& parts) const { parts[kClonedPolicy] = save_policy(*policy_); }

void GivenPolicy::load(const Parts& parts) {
  policy_ = load_torchscript_policy(require_part(parts, kClonedPolicy), device_);
}

std::unique_ptr<Policy> GivenPolicy::policy() const { return std::make_unique<TorchScriptPolicy>(*policy_); }

}  // namespace onramp
