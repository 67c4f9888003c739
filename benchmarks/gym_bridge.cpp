// What the bridge to Gymnasium's environments adds to each step: the time from a call of step() until it is back, without
// what the environment itself took.
#include <ATen/Functions.h>

#include <algorithm>
#include <vector>

#include "benchmarks/rows.h"
#include "onramp/envs/gym/gym_environment.h"

namespace onramp::bench {

void add_gym_rows() {
  for (const bool pictures : {false, true}) {
    add_row(pictures ? "gym/two_images_84" : "gym/state", "steps", [=] {
      gym::GymConfig config;
      config.id = "Probe";
      config.file = ONRAMP_SOURCE_DIR "/benchmarks/gym_probe.py";
      config.kwargs = parse_config_text(pictures ? "pictures: 2" : "pictures: 0", "benchmark");
      const std::shared_ptr<Environment> environment = gym::make_gym_environment(config);
      const auto action = at::full({environment->spec().action.dim}, 0.5f);
      environment->reset(0);
      constexpr int64_t kSteps = 20000;
      std::vector<double> bridge_us;
      for (int64_t i = 0; i < kSteps; ++i) {
        const Step step = environment->step(action);
        if (i >= kSteps / 10) bridge_us.push_back(step.timing_us.at("bridge"));
      }
      std::sort(bridge_us.begin(), bridge_us.end());
      const auto at = [&](double share) {
        return bridge_us[static_cast<size_t>(share * static_cast<double>(bridge_us.size() - 1))];
      };
      return Work{.once = [=] { environment->step(action); },
                  .threads = 1,
                  .facts = {{"p50_us", at(0.5)}, {"p99_us", at(0.99)}}};
    });
  }
}

}  // namespace onramp::bench
