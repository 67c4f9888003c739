// A critic network of one's own beside the library's: both learn the value of the policy that recorded some data, with the
// library's losses, sampler and optimiser, and are held to the returns that really followed.
#include <onramp/onramp.h>

#include <iostream>

#include "../custom_experiment/experiment.h"

using namespace experiment;

/// The state chooses, unit by unit, how much an action counts (FiLM, arXiv:1709.07871):
///   Q(s, a) = w . relu( scale(s) * (W a) + shift(s) ) + b
/// encode() and q() are those of onramp::Critic, so that either may stand in the other's place.
class FilmCritic : public torch::nn::Module {
 public:
  FilmCritic(std::shared_ptr<ObservationEncoder> encoder, int64_t action_dim, int64_t width, at::Generator& rng)
      : encoder_(register_module("encoder", encoder)),
        state_(
            register_module("state", std::make_shared<Mlp>(encoder->feature_dim(), 2 * width, MlpConfig{{64}}, rng))),
        action_(register_module("action", std::make_shared<Mlp>(action_dim, width, MlpConfig{{}}, rng))),
        value_(register_module("value", std::make_shared<Mlp>(width, 1, MlpConfig{{}}, rng))) {}

  at::Tensor encode(const Observation& obs) { return state_->forward(encoder_->forward(obs)); }  // [B, 2 F]
  at::Tensor q(const at::Tensor& encoded, const at::Tensor& action) {
    const auto film = encoded.chunk(2, -1);                                            // scale, shift [B, F]
    const auto hidden = at::relu((1 + film[0]) * action_->forward(action) + film[1]);  // [B, F]
    return value_->forward(hidden).view({1, -1});                                      // [E=1, B]
  }

 private:
  std::shared_ptr<ObservationEncoder> encoder_;
  std::shared_ptr<Mlp> state_, action_, value_;
};

/// Fresh episodes with the discounted return that followed each step.
BatchRequest test_request() {
  return {.name = "test", .size = 4096, .sources = {{"test"}}, .gamma = 0.95, .columns = {"mc_return"}};
}

/// Fitted Q evaluation: regression on y = r + discount Q'(s', a'), a' of the policy that recorded (here: chance).
/// @return root mean square error of Q(s, a) against the discounted return that followed, over fresh episodes
template <class AnyCritic>
double fit(AnyCritic& critic, AnyCritic& target, const Replay& replay) {
  const BatchRequest train{.name = "train", .size = 256, .sources = {{"train"}}, .gamma = 0.95};
  Sampler sampler(/*seed=*/1);
  TorchStream noise(/*seed=*/1, "custom_critic/next_action");
  Adam optimizer(critic, {.learning_rate = 1e-3});
  copy_module(target, critic);
  for (int i = 0; i < 3000; ++i) {
    const Batch batch = sampler.sample(train, replay);
    const auto next_action = at::empty_like(batch.action).uniform_(-1, 1, noise.next());  // [B, A]
    const auto next_q = target.q(target.encode(batch.next_obs), next_action).amin(0);     // [B]
    const auto y = losses::td_target(batch.reward, batch.discount, next_q);               // [B]
    optimizer.minimize(losses::half_td_mse(critic.q(critic.encode(batch.obs), batch.action), y));
    polyak_update(target, critic, /*tau=*/0.01);
  }
  const Batch batch = sampler.sample(test_request(), replay);
  const auto q = critic.q(critic.encode(batch.obs), batch.action).amin(0);  // [B]
  return (q - batch.columns.at("mc_return")).square().mean().sqrt().template item<double>();
}

int main() {
  process_setup();
  Reach world;
  world.reach_spec.max_steps = 100;  // what comes after the time limit weighs 0.95^100: nothing
  const auto& spec = world.spec();
  Replay replay(spec.observation, spec.action);
  for (const char* source : {"train", "test"}) replay.add_source(source, {.mc_tail = McTail::kZero});
  RandomPolicy chance(spec.action);
  for (uint64_t seed = 0; seed < 400; ++seed) {
    replay.add(collect_episode(world, chance, ActMode::kSample, seed).episode, {seed < 300 ? "train" : "test"});
  }

  TorchStream weights(/*seed=*/1, "custom_critic/weights");
  auto& rng = weights.next();
  const auto encoder =
      std::make_shared<ObservationEncoder>(spec.observation, fit_normalizer(replay, "train"), nullptr, false);
  FilmCritic film(encoder, spec.action.dim, 64, rng), film_target(encoder, spec.action.dim, 64, rng);
  const CriticConfig config{.mlp = {.hidden = {64, 64}}};
  Critic plain(encoder, spec.action.dim, config, rng), plain_target(encoder, spec.action.dim, config, rng);
  std::cout << "two critics, 3000 updates each: two and a half minutes" << std::endl;
  const double film_error = fit(film, film_target, replay), plain_error = fit(plain, plain_target, replay);
  const auto returns = Sampler(/*seed=*/1).sample(test_request(), replay).columns.at("mc_return");
  std::cout << "error against the returns that followed: FiLM " << film_error << ", concatenation " << plain_error
            << ", a constant " << returns.std().item<double>() << "\n";
  return film_error < returns.std().item<double>() ? 0 : 1;
}
