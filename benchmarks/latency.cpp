// From an observation to an action, one at a time, as a control loop asks.
#include <algorithm>
#include <chrono>

#include "benchmarks/made_up_data.h"
#include "benchmarks/rows.h"

namespace onramp::bench {
namespace {

struct Percentiles {
  double p50_us, p99_us;
};

template <class F>
Percentiles time_each(int64_t count, F&& once) {
  using Clock = std::chrono::steady_clock;
  std::vector<double> us;
  us.reserve(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) {
    const auto start = Clock::now();
    once();
    us.push_back(std::chrono::duration<double, std::micro>(Clock::now() - start).count());
  }
  std::sort(us.begin(), us.end());
  const auto at = [&](double share) { return us[static_cast<size_t>(share * static_cast<double>(us.size() - 1))]; };
  return {at(0.5), at(0.99)};
}

}  // namespace

void add_latency_rows(const Catalog& catalog) {
  const auto add = [&](const std::string& name, bool pictures, ActMode mode, const std::string& settings) {
    add_row("act/" + name, "actions", [=] {
      LearnerOnData learner(catalog, parse_config_text(settings, "benchmark"),
                            pictures ? picture_observation() : state_observation(),
                            pictures ? picture_action() : state_action());
      const std::shared_ptr<Policy> policy = learner.agent().policy();
      const auto observation = std::make_shared<Observation>(learner.observation());
      const std::shared_ptr<PolicyState> state = policy->begin(1);
      const auto draws = std::make_shared<RandomStream>(0, "benchmark");
      const auto act = [=] {
        Rng random = draws->next();
        policy->act(*observation, *state, mode, random);
      };
      time_each(200, act);
      const auto seen = time_each(pictures ? 2000 : 20000, act);
      // What the machine itself adds: the same again, but for as long as an action takes nothing is done but look at the clock.
      const auto empty = time_each(pictures ? 2000 : 20000, [&] {
        const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double, std::micro>(seen.p50_us);
        while (std::chrono::steady_clock::now() < end) continue;
      });
      return Work{.once = act,
                  .facts = {{"p50_us", seen.p50_us},
                            {"p99_us", seen.p99_us},
                            {"empty_p50_us", empty.p50_us},
                            {"empty_p99_us", empty.p99_us}}};
    });
  };
  const std::string state =
      "{type: simplified_q, batch_size: 2, input: {images: none}, critic: {mlp: {hidden: [256, 256]}},"
      " actor: {mlp: {hidden: [256, 256], activation: relu}}}";
  add("state/mode", false, ActMode::kMode, state);
  add("state/sample", false, ActMode::kSample, state);
  add("images/small_conv", true, ActMode::kMode, "{type: simplified_q, batch_size: 2}");
  add("images/resnet", true, ActMode::kMode,
      "{type: simplified_q, batch_size: 2, input: {images: end_to_end, encoder: {type: resnet}}}");
}

}  // namespace onramp::bench
