// What the exported policies compute, as TorchScript. Internal.
#pragma once

#include <string>

#include "onramp/models/actors.h"
#include "onramp/models/recurrent_actor.h"

namespace onramp::detail {

/// act(), forward() and, of an actor with a density, log_prob_entropy(). They call encode(obs) and the module `mlp`.
std::string actor_code(const Actor& actor);

/// The same and initial_state(). They call encode(obs) and the modules `lstm` and `mlp`, the layers after it.
/// A row of the state: h of each layer, c of each layer, the steps since they were zeros.
std::string recurrent_code(const RecurrentMixtureActor& actor);
int64_t state_values(const RecurrentMixtureActor& actor);  ///< numbers in such a row

}  // namespace onramp::detail
