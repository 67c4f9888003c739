// vacuum_grasp under random actions, resets included.
#include <ATen/Functions.h>
#include <ATen/Parallel.h>
#include <sched.h>

#include "benchmarks/rows.h"
#include "onramp/base/config.h"
#include "onramp/base/error.h"
#include "onramp/core/device.h"
#include "onramp/envs/batched_environment.h"

namespace onramp::bench {
namespace {

/// This thread, and those that it will start (a software renderer's), on one core alone.
void stay_on_one_core() {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<size_t>(sched_getcpu()), &set);
  ONRAMP_CHECK(sched_setaffinity(0, sizeof(set), &set) == 0, "no leave to choose a core");
}

at::Tensor random_action(int64_t dim, RandomStream& stream) {
  Rng rng = stream.next();
  auto action = at::empty({dim});
  for (int64_t i = 0; i < dim; ++i) action.mutable_data_ptr<float>()[i] = static_cast<float>(rng.uniform(-1, 1));
  return action;
}

}  // namespace

void add_simulator_rows(const Catalog& catalog) {
  for (const bool images : {true, false}) {
    const std::string with = images ? "images" : "no_images";
    const std::string settings = images ? "{type: vacuum_grasp}" : "{type: vacuum_grasp, images: false}";
    const auto component = catalog.environments.parse(parse_config_text(settings, "benchmark"));

    add_row("simulator/vacuum_grasp/" + with + "/one_core", "steps", [=] {
      stay_on_one_core();
      at::set_num_threads(1);
      const std::shared_ptr<Environment> environment = component.make();
      environment->reset(0);
      auto stream = std::make_shared<RandomStream>(0, "benchmark");
      const int64_t dim = environment->spec().action.dim;
      return Work{.once =
                      [=, seed = uint64_t{1}]() mutable {
                        if (environment->step(random_action(dim, *stream)).end) environment->reset(seed++);
                      },
                  .threads = 1,
                  .facts = {{"control_period_s", environment->spec().control_period_s}}};
    });

    add_row("simulator/vacuum_grasp/" + with + "/batched", "steps", [=] {
      constexpr int64_t kCount = 8;
      const auto batched =
          std::make_shared<BatchedEnvironment>([&] { return component.make(); }, kCount, available_cores());
      batched->reset({0, 1, 2, 3, 4, 5, 6, 7});
      auto stream = std::make_shared<RandomStream>(0, "benchmark");
      const int64_t dim = batched->spec().action.dim;
      return Work{.once =
                      [=, seed = uint64_t{kCount}]() mutable {
                        std::vector<at::Tensor> actions;
                        for (int64_t i = 0; i < kCount; ++i) actions.push_back(random_action(dim, *stream));
                        bool ended = false;
                        for (const auto& step : batched->step(actions)) ended = ended || step->end;
                        if (!ended) return;
                        std::vector<uint64_t> seeds;
                        for (int64_t i = 0; i < kCount; ++i) seeds.push_back(seed++);
                        batched->reset(seeds);
                      },
                  .items = double(kCount),
                  .facts = {{"control_period_s", batched->spec().control_period_s}}};
    });
  }
}

}  // namespace onramp::bench
