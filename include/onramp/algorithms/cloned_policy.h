// The policy that a method improves on: cloned by an earlier phase, handed over, and checked against the task it is to act in.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "onramp/algorithms/learnable.h"
#include "onramp/base/random.h"
#include "onramp/models/observation_encoder.h"

namespace onramp {

/// @param method  who asks, for messages: "q2rl"
/// @throws ConfigError when none was handed over, or one that sees or does something else than there is to see and to do here
std::shared_ptr<Policy> load_cloned_policy(const LearnerContext& context, const std::string& method);

/// @throws ConfigError where a policy sees or does something else than there is to see and to do here
void check_fits_task(const Policy& policy, const LearnerContext& context, const std::string& method);

/// Why a method that asks the cloned policy at single states of a batch cannot do with one that has a memory.
/// @param remedy  what to set: "set cloned_action: stored"
std::string cannot_ask_memory(const std::string& method, const std::string& remedy);
/// @param why  as of LearnerFactory::without_memory(). @throws ConfigError where there is a reason, and a memory
void check_without_memory(const Policy& cloned, const std::string& why);

/// With a frozen encoder batches hold its features in place of pictures: whoever looks at pictures must see through the same.
/// @param own  what the method's own networks see through
/// @throws ConfigError where the cloned policy sees through another one
void check_sees_through(const Policy& cloned, const ObservationEncoder& own, const std::string& method);

/// The same for a policy from elsewhere, before there is an encoder: with input.images: frozen it would see none of its pictures.
/// @throws ConfigError
void check_sees_pixels(const Policy& cloned, const InputConfig& input, const std::string& method);

/// The cloned policy of a learner: what it proposes at the states of a batch, how likely its own actions there were, and what a
/// checkpoint keeps of it. Thread safety: none.
class ClonedPolicy {
 public:
  /// @param method names the stream of its draws: "q2rl/proposals". @param act  what it proposes
  /// @throws ConfigError as load_cloned_policy()
  ClonedPolicy(const LearnerContext& context, const std::string& method, ActSetting act);
  /// Parts that a learner with these inputs needs handed over, this one among them.
  static std::vector<std::string> needs(const InputConfig& input, const ObservationSpec& observation);

  /// What it proposes, a fresh draw. REQUIRES: no memory; a batch holds states, not what came before them.
  /// @param like gives the device. @return float [B, A], a constant
  at::Tensor propose(const Observation& obs, const at::Tensor& like);
  /// It looks too: its entries join those of a request.
  void describe(BatchRequest& request) const;
  /// How likely the actions of a batch were, and its entropy there: asked anew, or with a memory as it reported when it acted,
  /// so that they must be its own actions. @return constants, on the batch's device. REQUIRES: can_evaluate()
  LogProbEntropy rate(const Batch& batch) const;
  void describe_rating(BatchRequest& request) const;  ///< what rate() reads joins a request
  Policy& operator*() const { return *policy_; }
  Policy* operator->() const { return policy_.get(); }
  const std::shared_ptr<Policy>& shared() const { return policy_; }

  void save(PartState& learner) const;  ///< its hash, the counter of its draws
  /// @throws CheckpointError for a learner of another cloned policy
  void load(const PartState& learner);

 private:
  std::shared_ptr<Policy> policy_;
  ActSetting act_;
  RandomStream proposals_;
};

}  // namespace onramp
