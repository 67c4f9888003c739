#include "onramp/algorithms/builtin.h"

#include "onramp/algorithms/add_learner.h"
#include "onramp/algorithms/bc.h"
#include "onramp/algorithms/cal_ql.h"
#include "onramp/algorithms/cql_crossq.h"
#include "onramp/algorithms/cql_sac.h"
#include "onramp/algorithms/hilbert.h"
#include "onramp/algorithms/ibrl.h"
#include "onramp/algorithms/policy_decorator.h"
#include "onramp/algorithms/q2rl.h"
#include "onramp/algorithms/redq.h"
#include "onramp/algorithms/simplified_q.h"
#include "onramp/algorithms/wsrl.h"

namespace onramp {

void add_learners(Registry<LearnerFactory>& learners) {
  add_learner<Bc, BcConfig>(
      learners, "bc", "behaviour cloning by squared error, or by likelihood; or a policy that was learned elsewhere");
  add_learner<Hilbert, HilbertConfig>(learners, "hilbert",
                                      "pretrains an image encoder: first-occupancy Hilbert representation");
  add_learner<SimplifiedQ, SimplifiedQConfig>(
      learners, "simplified_q", "actor-critic without target network, for offline and then online learning");
  add_learner<CqlSac, CqlSacConfig>(learners, "cql_sac",
                                    "conservative Q-learning on soft actor-critic, with a target network");
  add_learner<CqlCrossQ, CqlCrossQConfig>(
      learners, "cql_crossq", "conservative Q-learning on CrossQ: batch renormalisation, no target network");
  add_learner<Q2rl, Q2rlConfig>(learners, "q2rl", "values out of a cloned policy, then on-line learning gated by them");
  add_learner<Redq, RedqConfig>(
      learners, "redq",
      "soft actor-critic with an ensemble of critics and several critic steps an update (REDQ, RLPD)");
  add_learner<Ibrl, IbrlConfig>(
      learners, "ibrl", "a cloned and a learned policy propose, a critic judges, when acting and in its target");
  add_learner<CalQl, CalQlConfig>(learners, "cal_ql", "calibrated conservative Q-learning, off line and then on line");
  add_learner<Wsrl, WsrlConfig>(learners, "wsrl",
                                "conservative off line, plain on line after a warm-up, without the offline data");
  add_learner<PolicyDecorator, PolicyDecoratorConfig>(learners, "policy_decorator",
                                                      "a bounded correction of a frozen policy, learned on line");
}

}  // namespace onramp
