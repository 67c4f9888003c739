// What a program's configs may name. Each component adds its own in one visible function; a program adds up those that it
// links, a user's main adds more, and run_train does the rest.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "onramp/algorithms/learner_factory.h"
#include "onramp/base/catalog.h"
#include "onramp/data/policy.h"
#include "onramp/envs/environment.h"

namespace onramp {

class Phase;

/// What a policy that is not learned (scripted, random, replayed) is made for.
struct PolicyContext {
  ObservationSpec observation;
  ActionSpec action;
};

/// By name, what environments, policies, learners and phases there are.
struct Catalog {
  Registry<Environment> environments{"environment"};
  Registry<Policy, const PolicyContext&> policies{"policy"};
  Registry<LearnerFactory> learners{"learner"};
  Registry<Phase> phases{"phase"};
};

}  // namespace onramp
