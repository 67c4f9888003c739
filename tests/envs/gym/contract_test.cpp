// The contract, over the bridge: vectors, pictures, other bounds, other precisions, other ends; Adroit, robosuite and the Kitchen
// where they are set up and asked for.
#include "support/environment_contract.h"

#include "gym_testing.h"

namespace onramp::test {
namespace {

std::function<std::unique_ptr<Environment>()> of(const gym::GymConfig& config) {
  return [config] { return gym::make_gym_environment(config); };
}

std::vector<EnvironmentCase> cases() {
  auto limited = tiny("Point", "{low: -3, high: 0.5, dtype: float64}");
  limited.max_steps = 9;
  limited.reward = gym::GymReward::kSuccessMinusOne;
  auto sparse = tiny("Pictures", "{length: 12}");
  sparse.state_keys = {"task/matrix", "place"};
  sparse.ends_at_success = true;
  auto blind = tiny("Pictures", "{length: 12, channels: 1}");
  blind.images = false;
  std::vector<EnvironmentCase> cases{
      {"point", of(tiny("Point", "{length: 20}"))},
      {"point_that_fails", of(tiny("Point", "{terminates_at: 7}"))},
      {"pictures", of(tiny("Pictures", "{length: 12}"))},
      {"limited", of(limited)},
      {"chosen_keys", of(sparse)},
      {"without_images", of(blind)},
  };
  for (const auto& more : {adroit_environments(), package_environments()}) {
    for (const auto& [name, make] : more) cases.push_back({name, make});
  }
  return cases;
}
INSTANTIATE_TEST_SUITE_P(Gym, EnvironmentContract, testing::ValuesIn(cases()), name_of_case);

}  // namespace
}  // namespace onramp::test
