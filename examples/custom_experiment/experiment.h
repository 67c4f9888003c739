// A task, a loss term and an agent of one's own: trained from a YAML file by main.cpp, without one by own_loop.cpp.
#pragma once
#include <onramp/onramp.h>

namespace experiment {
using namespace onramp;

/// A point on a plane moves to within 0.15 m of a goal.
/// State: x, y of the point and of the goal in metres; action: velocity, 0.1 m a step at full scale.
struct Reach : Environment {
  const EnvSpec& spec() const override { return reach_spec; }
  Observation reset(uint64_t seed) override {
    Rng random = RandomStream(seed, "goal").next();
    steps = 0, point = at::zeros({2});
    goal = at::tensor({random.uniform(-0.8, 0.8), random.uniform(-0.8, 0.8)}, at::kFloat);
    return {{"state", at::cat({point, goal})}};
  }
  Step step(const at::Tensor& action) override {
    point = point + 0.1 * action;
    const bool arrived = (goal - point).norm().item<double>() < 0.15;
    Step step{.obs = {{"state", at::cat({point, goal})}}, .reward = arrived ? 1.0 : 0.0, .success = arrived};
    if (arrived) step.end = EndReason::kSuccess;
    if (!arrived && ++steps == reach_spec.max_steps) step.end = EndReason::kTimeLimit;
    return step;
  }
  EnvSpec reach_spec{
      .name = "reach", .observation = {{{.name = "state", .shape = {4}}}}, .action = {2}, .max_steps = 20};
  at::Tensor point, goal;  // float [2], metres
  int64_t steps = 0;
};

/// The loss term of our own: neighbouring states get neighbouring actions. Both float [B, A] -> float [].
inline at::Tensor roughness(const at::Tensor& action, const at::Tensor& next_action) {
  return (action - next_action).square().sum(-1).mean();
}

struct SmoothConfig {
  double smoothness = 0.1;
  InputConfig input;
  std::string source = "offline";
  template <class V>
  void fields(V& v) {
    v("smoothness", smoothness, "weight of the policy's roughness in the actor's loss", at_least(0.0));
    v("input", input, "what the networks see");
    v("source", source, "replay source to learn from");
  }
};

/// Actor-critic with a target network, the distance penalty of Simplified Q, and the term above.
struct Smooth : Agent {
  Smooth(const SmoothConfig& settings, const LearnerContext& context)
      : config(settings), action_spec(context.action), inputs(config.input, context), noise(context.seed, "smooth") {
    copy_module(*target, *critic);
    kept.add("critic", *critic).add("target", *target).add("actor", *actor).add("noise", noise);
    kept.add("critic_optimizer", critic_optimizer).add("actor_optimizer", actor_optimizer);
  }
  std::vector<BatchRequest> sample_plan() const override {
    BatchRequest request{.name = "batch", .size = 128, .sources = {{config.source}}, .n_step = 3, .gamma = 0.95};
    inputs.describe(request);
    return {request};
  }
  Metrics update(const Batches& batches) override {
    const Batch& batch = batches.at("batch");
    const auto B = batch.size(), A = action_spec.dim;
    const auto pi = actor->distribution(batch.obs), next_pi = actor->distribution(batch.next_obs);
    auto& rng = noise.next();
    // Critic: y = R + discount Q'(s', a'), a' ~ pi(s'); low values for actions far from the data's.
    const auto next_action = next_pi.sample(standard_normal({B, A}, pi.mean, rng)).action;  // [B, A]
    const auto next_q = target->q(target->encode(batch.next_obs), next_action).amin(0);     // [B]
    const auto other = at::empty({B, 10, A}).uniform_(-1, 1, rng);                          // [B, N, A]
    const auto encoded = critic->encode(batch.obs);                                         // [B, O]
    const auto y = losses::td_target(batch.reward, batch.discount, next_q);                 // [B]
    const auto td = losses::half_td_mse(critic->q(encoded, batch.action), y);
    critic_optimizer.minimize(td + 0.1 * losses::distance_penalty(batch.action, other, critic->q(encoded, other)));
    // Actor: value and entropy, and our term.
    const auto [action, log_prob] = pi.sample(standard_normal({B, A}, pi.mean, rng));  // [B, A], [B]
    const auto q = critic->q(critic->encode_constant(batch.obs), action).amin(0);      // [B]
    const auto rough = roughness(pi.mode(), next_pi.mode());
    actor_optimizer.minimize(losses::sac_actor(q, log_prob, at::full({}, 0.01)) + config.smoothness * rough);
    polyak_update(*target, *critic, 0.01);
    return {{"td_loss", td.detach()}, {"q_policy", q.mean().detach()}, {"roughness", rough.detach()}};
  }
  std::unique_ptr<Policy> policy() const override { return std::make_unique<ActorPolicy>(actor->copy(), action_spec); }
  void save(Parts& parts) const override { kept.save(parts); }
  void load(const Parts& parts) override { kept.load(parts); }

  template <class Network, class Settings>
  std::shared_ptr<Network> make(const Settings& settings) {
    auto& rng = noise.next();  // one draw for all weights of a network
    const auto encoder = inputs.make_encoder(rng);
    return std::make_shared<Network>(encoder, action_spec.dim, settings, rng);
  }
  const SmoothConfig config;
  const ActionSpec action_spec;
  NetworkInputs inputs;
  TorchStream noise;
  std::shared_ptr<Critic> critic = make<Critic>(CriticConfig{.mlp = {.hidden = {64, 64}}});
  std::shared_ptr<Critic> target = make<Critic>(CriticConfig{.mlp = {.hidden = {64, 64}}});
  std::shared_ptr<SquashedGaussianActor> actor = make<SquashedGaussianActor>(ActorConfig{});
  Adam critic_optimizer{*critic, {.learning_rate = 1e-3}}, actor_optimizer{*actor, {.learning_rate = 1e-3}};
  KeptState kept;
};

}  // namespace experiment
