#include "onramp/data/policy.h"

#include "onramp/base/error.h"

namespace onramp {

const ObservationSpec& Policy::observation_spec() const {
  static const ObservationSpec nothing_said;
  return nothing_said;
}

LogProbEntropy Policy::evaluate(const Observation&, const at::Tensor&) {
  throw Error("this policy offers no density of its actions; use one that does (a Gaussian one, say)");
}

at::Tensor Policy::sample(const Observation&, int64_t, Rng&) {
  throw Error("this policy cannot draw several actions of one state; use one that can (a Gaussian one, say)");
}

}  // namespace onramp
