#include "onramp/training/collector.h"

#include <utility>

#include "onramp/base/log.h"
#include "onramp/base/random.h"
#include "onramp/envs/record.h"

namespace onramp {

CollectedEpisode collect_episode(Environment& environment, Policy& policy, ActMode mode, uint64_t seed,
                                 std::map<std::string, std::string> meta) {
  const EnvSpec& spec = environment.spec();
  meta["seed"] = std::to_string(seed);
  meta["policy_hash"] = policy.content_hash();
  EpisodeBuilder builder(spec.observation, spec.action);
  RandomStream draws(seed, "act");

  Observation observation = environment.reset(seed);
  record_reset(builder, spec, observation);
  const auto state = policy.begin(1);
  EndReason end = EndReason::kCommsLoss;
  try {
    for (bool running = true; running;) {
      Rng random = draws.next();
      const Action chosen = policy.act(observation.unsqueeze(), *state, mode, random);
      const at::Tensor action = chosen.action[0].contiguous();
      Step step = environment.step(action);
      std::map<std::string, at::Tensor> extra;
      for (const auto& column : chosen.info) extra[column.name] = column.value[0];
      record_step(builder, spec, action, step, std::move(extra));
      observation = std::move(step.obs);
      if (step.end) {
        end = *step.end;
        running = false;
      }
    }
  } catch (const std::exception&) {
    const auto failure = std::current_exception();
    try {
      environment.standby();  // a robot holds still, whoever failed
    } catch (const std::exception& error) {
      log_error("after a failure: ", error.what());
    }
    return {builder.finish(EndReason::kCommsLoss, spec.safety_stop_is_terminal, std::move(meta)), failure};
  }
  return {builder.finish(end, spec.safety_stop_is_terminal, std::move(meta)), nullptr};
}

}  // namespace onramp
