// One's own environment in the catalog; config checks, --help-config, resume, logs and reports come with run_train.
#include <ATen/ATen.h>
#include <onramp/algorithms/builtin.h>
#include <onramp/training/policies.h>
#include <onramp/training/run_train.h>

struct CartConfig {
  double reach_m = 0.2;
  template <class V>
  void fields(V& v) {
    v("reach_m", reach_m, "distance to the goal that counts as arrived", onramp::at_least(0.01));
  }
};

/// A cart on a line moves to a goal: state (cart, goal) in metres, action: velocity, 0.2 m a step at full scale.
struct Cart : onramp::Environment {
  explicit Cart(const CartConfig& config) : reach_m(config.reach_m) {}
  const onramp::EnvSpec& spec() const override { return cart_spec; }
  onramp::Observation reset(uint64_t seed) override {
    cart_m = 0.0, steps = 0, goal_m = seed % 2 == 0 ? 1.0 : -1.0;
    return observation();
  }
  onramp::Step step(const at::Tensor& action) override {
    cart_m += 0.2 * action.item<float>();
    const bool arrived = std::abs(goal_m - cart_m) < reach_m;
    onramp::Step step{.obs = observation(), .reward = arrived ? 1.0 : 0.0, .success = arrived};
    if (arrived) step.end = onramp::EndReason::kSuccess;
    if (!arrived && ++steps == cart_spec.max_steps) step.end = onramp::EndReason::kTimeLimit;
    return step;
  }
  onramp::Observation observation() const { return {{"state", at::tensor({float(cart_m), float(goal_m)})}}; }

  onramp::EnvSpec cart_spec{
      .name = "cart", .observation = {{{.name = "state", .shape = {2}}}}, .action = {.dim = 1}, .max_steps = 20};
  double reach_m, cart_m = 0.0, goal_m = 0.0;
  int64_t steps = 0;
};

int main(int argc, char** argv) {
  onramp::Catalog catalog;
  catalog.environments.add<CartConfig>("cart", "a cart on a line moves to a goal",
                                       [](const CartConfig& config) { return std::make_unique<Cart>(config); });
  onramp::add_policies(catalog.policies);
  onramp::add_learners(catalog.learners);
  return onramp::run_train(catalog, argc, argv);
}
