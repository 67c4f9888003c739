// temporary: prints hashes
#include "simplified_q_testing.h"
#include <iostream>
#include "onramp/models/image_encoders.h"
#include "onramp/algorithms/bc.h"
namespace onramp {
namespace {
using namespace onramp::test;
void run(const char* name, const std::function<void(SimplifiedQConfig&)>& change, bool online=false) {
  auto config = small_config();
  change(config);
  SimplifiedQ agent(config, state_context(3, 2, 7));
  if (online) agent.begin_stage(Stage::kOnline);
  std::string all;
  Metrics m;
  for (uint64_t i = 0; i < 50; ++i) m = agent.update({{"batch", random_batch(32, 3, 2, i + 1)}});
  for (auto& [k, v] : m) all += k + " " + std::to_string(v.item<double>()) + " ";
  std::cout << "BITS " << name << " " << hash_of(agent) << all << " " << agent.policy()->content_hash() << "\n";
}
TEST(Bits, Of) {
  run("base", [](auto&) {});
  run("online", [](auto& c) { c.online_learning_rate = 1e-3; }, true);
  run("policy", [](auto& c) { c.mu = ActionSource::kPolicy; c.penalty = PenaltyWeight::kUniform; c.critic.ensemble = 2; c.critic.mlp.layer_norm = true; });
  run("fixed", [](auto& c) { c.temperature = 0.1; c.beta = 0; });
  for (auto mode : {EncoderMode::kFrozen, EncoderMode::kEndToEnd, EncoderMode::kNone}) {
    auto generator = generator_of(1);
    Parts given;
    given["encoder"] = save_encoder(ImageEncoders(picture_and_state(), EncoderConfig{.feature_dim = 8, .channels = {4, 4}}, generator));
    given["normalizer"] = save_normalizer(fit_normalizer({{"state", normals({50, 3}, 1)}}));
    auto config = small_config();
    config.input = {.images = mode, .encoder = {.feature_dim = 8, .channels = {4, 4}}};
    SimplifiedQ agent(config, {.observation = picture_and_state(), .action = {2, {}}, .seed = 1, .given = &given});
    for (uint64_t i = 0; i < 10; ++i) agent.update({{"batch", picture_batch(8, 2, i + 1)}});
    std::cout << "BITS mode " << int(mode) << " " << hash_of(agent) << " " << agent.policy()->content_hash() << "\n";
    BcConfig bc;
    bc.input = config.input;
    Bc cloning(bc, {.observation = picture_and_state(), .action = {2, {}}, .seed = 1, .given = &given});
    for (uint64_t i = 0; i < 10; ++i) cloning.update({{"batch", picture_batch(8, 2, i + 1)}});
    std::cout << "BITS bc " << int(mode) << " " << hash_of(cloning) << " " << cloning.policy()->content_hash() << "\n";
  }
}
}  // namespace
}  // namespace onramp
