// The policy that a method improves on: cloned by an earlier phase, handed over, and checked against the task it is to act in.
#pragma once

#include <memory>
#include <string>

#include "onramp/algorithms/learnable.h"
#include "onramp/models/observation_encoder.h"

namespace onramp {

/// Name of the part that holds it, as save_policy() wrote it.
inline constexpr const char* kClonedPolicy = "cloned_policy";

/// @param method  who asks, for messages: "q2rl"
/// @throws ConfigError when none was handed over, or one that sees or does something else than there is to see and to do here
std::shared_ptr<Policy> load_cloned_policy(const LearnerContext& context, const std::string& method);

/// With a frozen encoder batches hold its features in place of pictures: whoever looks at pictures must see through the same.
/// @param own  what the method's own networks see through
/// @throws ConfigError where the cloned policy sees through another one
void check_sees_through(const Policy& cloned, const ObservationEncoder& own, const std::string& method);

}  // namespace onramp
