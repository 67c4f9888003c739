#include "onramp/training/policies.h"

#include "onramp/policies/can_expert.h"
#include "onramp/policies/kitting_expert.h"
#include "onramp/policies/lift_expert.h"
#include "onramp/policies/peg_insertion_expert.h"
#include "onramp/policies/pipe_assembly_expert.h"
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
  policies.add<KittingExpertConfig>("kitting_expert", "scripted expert of kitting, as good or as mediocre as asked for",
                                    [](const KittingExpertConfig& config, const PolicyContext& context) {
                                      return make_kitting_expert(config, context.observation, context.action);
                                    });
  policies.add<LiftExpertConfig>("lift_expert", "scripted expert of lift, as good or as mediocre as asked for",
                                 [](const LiftExpertConfig& config, const PolicyContext& context) {
                                   return make_lift_expert(config, context.observation, context.action);
                                 });
  policies.add<PegInsertionExpertConfig>(
      "peg_insertion_expert", "scripted expert of peg_insertion, as good or as mediocre as asked for",
      [](const PegInsertionExpertConfig& config, const PolicyContext& context) {
        return make_peg_insertion_expert(config, context.observation, context.action);
      });
  policies.add<PipeAssemblyExpertConfig>(
      "pipe_assembly_expert", "scripted expert of pipe_assembly, as good or as mediocre as asked for",
      [](const PipeAssemblyExpertConfig& config, const PolicyContext& context) {
        return make_pipe_assembly_expert(config, context.observation, context.action);
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
