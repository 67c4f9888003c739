#include "onramp/envs/record.h"

#include <ATen/ops/full.h>

namespace onramp {

void record_reset(EpisodeBuilder& builder, const EnvSpec& spec, const Observation& first) {
  check_observation(first, spec);
  builder.start(first);
}

void record_step(EpisodeBuilder& builder, const EnvSpec& spec, const at::Tensor& action, const Step& step,
                 std::map<std::string, at::Tensor> extra) {
  check_step(step, spec);
  for (const auto& [name, microseconds] : step.timing_us) extra[name + "_us"] = at::full({}, microseconds, at::kFloat);
  builder.add(action, step.executed_action, step.reward, step.success, step.obs, extra);
}

}  // namespace onramp
