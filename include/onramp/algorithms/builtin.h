// The learners that onramp brings along, for a config's `learners`.
#pragma once

#include "onramp/algorithms/learner_factory.h"
#include "onramp/base/catalog.h"

namespace onramp {

/// bc, hilbert, simplified_q, cql_sac, cql_crossq.
void add_learners(Registry<LearnerFactory>& learners);

}  // namespace onramp
