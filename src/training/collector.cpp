#include "onramp/training/collector.h"

#include <utility>

#include "onramp/base/log.h"
#include "onramp/base/random.h"
#include "onramp/envs/record.h"

namespace onramp {

EndReason act_to_end(Environment& environment, Policy& policy, ActMode mode, uint64_t seed, Observation first,
                     const std::function<void(const Action&, const Step&)>& stepped) {
  RandomStream draws(seed, "act");
  const auto state = policy.begin(1);
  for (Observation observation = std::move(first);;) {
    Rng random = draws.next();
    const Action chosen = policy.act(observation.unsqueeze(), *state, mode, random);
    Step step = environment.step(chosen.action[0].contiguous());
    stepped(chosen, step);
    if (step.end) return *step.end;
    observation = std::move(step.obs);
  }
}

CollectedEpisode collect_episode(Environment& environment, Policy& policy, ActMode mode, uint64_t seed,
                                 std::map<std::string, std::string> meta) {
  const EnvSpec& spec = environment.spec();
  meta["seed"] = std::to_string(seed);
  meta["policy_hash"] = policy.content_hash();
  EpisodeBuilder builder(spec.observation, spec.action);

  Observation first = environment.reset(seed);
  record_reset(builder, spec, first);
  EndReason end = EndReason::kCommsLoss;
  try {
    end = act_to_end(environment, policy, mode, seed, std::move(first), [&](const Action& chosen, const Step& step) {
      std::map<std::string, at::Tensor> extra;
      for (const auto& column : chosen.info) extra[column.name] = column.value[0];
      record_step(builder, spec, chosen.action[0].contiguous(), step, std::move(extra));
    });
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
