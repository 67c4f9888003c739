// The contract, over the environments of this layer.
#include "support/environment_contract.h"

#include "onramp/envs/wrappers.h"
#include "support/counting_environment.h"
#include "support/fake_devices.h"

namespace onramp::test {
namespace {

/// The environment together with the devices that it needs.
class OverFakes final : public Environment {
 public:
  const EnvSpec& spec() const override { return environment_.spec(); }
  Observation reset(uint64_t seed) override { return environment_.reset(seed); }
  Step step(const at::Tensor& action) override { return environment_.step(action); }

 private:
  FakeCell cell_ = {};
  ManipulationEnvironment environment_ = [this] {
    cell_.config.limits.frozen_images = 0;
    cell_.camera.frozen_from_s = 0;  // its pictures show the time, which goes on from episode to episode
    return cell_.make();
  }();
};

template <class T>
std::unique_ptr<Environment> make() {
  return std::make_unique<T>();
}

const std::vector<EnvironmentCase> kCases = {
    {"manipulation_over_fakes", make<OverFakes>},
    {"time_limit", [] { return std::make_unique<TimeLimit>(make<CountingEnvironment>(), 5); }},
    {"action_repeat", [] { return std::make_unique<ActionRepeat>(make<OverFakes>(), 3); }},
    {"recorder", [] { return std::make_unique<Recorder>(make<OverFakes>(), [](Episode) {}); }},
};
INSTANTIATE_TEST_SUITE_P(Envs, EnvironmentContract, testing::ValuesIn(kCases), name_of_case);

}  // namespace
}  // namespace onramp::test
