#include "onramp/training/policies.h"

#include "onramp/policies/can_expert.h"
#include "onramp/policies/lift_expert.h"
#include "onramp/policies/random_policy.h"
#include "onramp/policies/square_expert.h"
#include "onramp/policies/vacuum_grasp_expert.h"

namespace onramp {

void add_policies(Registry<Policy, const PolicyContext&>& policies) {
  policies.add<NoConfig>("random", "uniform actions", [](const NoConfig&, const PolicyContext& context) {
    return std::make_unique<RandomPolicy>(context.action);
  });
  policies.add<CanExpertConfig>("can_expert", "scripted expert of can, as good or as mediocre as asked for",
                                [](const CanExpertConfig& config, const PolicyContext& context) {
                                  return make_can_expert(config, context.observation, context.action);
                                });
  policies.add<LiftExpertConfig>("lift_expert", "scripted expert of lift, as good or as mediocre as asked for",
                                 [](const LiftExpertConfig& config, const PolicyContext& context) {
                                   return make_lift_expert(config, context.observation, context.action);
                                 });
  policies.add<SquareExpertConfig>("square_expert", "scripted expert of square, as good or as mediocre as asked for",
                                   [](const SquareExpertConfig& config, const PolicyContext& context) {
                                     return make_square_expert(config, context.observation, context.action);
                                   });
  policies.add<VacuumGraspExpertConfig>("vacuum_grasp_expert",
                                        "scripted expert of vacuum_grasp, as good or as mediocre as asked for",
                                        [](const VacuumGraspExpertConfig& config, const PolicyContext& context) {
                                          return make_vacuum_grasp_expert(config, context.observation, context.action);
                                        });
}

}  // namespace onramp
