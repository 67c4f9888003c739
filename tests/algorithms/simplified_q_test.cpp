#include "onramp/algorithms/simplified_q.h"

#include <torch/types.h>

#include <cmath>
#include <functional>
#include <utility>

#include "learner_testing.h"
#include "onramp/base/error.h"
#include "support/expect_throws.h"

namespace onramp {
namespace {

using namespace onramp::test;

SimplifiedQConfig small_config() {
  SimplifiedQConfig config;
  config.batch_size = 32;
  config.num_action_samples = 3;
  config.critic.mlp.hidden = {16, 16};
  config.actor.mlp.hidden = {16, 16};
  config.input.normalize = false;
  return config;
}

// ---- Known answers ----

// One step to go: r(s, a) = 1 - (a - s)^2 with s in [-0.6, 0.6]; data actions uniform on [-1, 1].
Batch bandit_batch(int64_t B, uint64_t seed) {
  Batch batch;
  const auto s = 0.6 * uniforms({B, 1}, 3 * seed);
  batch.obs = {{"state", s}};
  batch.next_obs = batch.obs;
  batch.action = uniforms({B, 1}, 3 * seed + 1);
  batch.reward = 1 - (batch.action - s).square().squeeze(1);
  batch.discount = at::zeros({B});
  return batch;
}

SimplifiedQConfig bandit_config() {
  auto config = small_config();
  config.alpha = 0;
  config.beta = 0;
  config.temperature = 0.01;
  config.critic.mlp.hidden = {64, 64};
  config.optimizer.learning_rate = 2e-3;
  return config;
}

class SimplifiedQBandit : public ::testing::TestWithParam<int64_t> {
 protected:
  static std::unique_ptr<SimplifiedQ> trained(const SimplifiedQConfig& config, uint64_t seed) {
    auto agent = std::make_unique<SimplifiedQ>(config, state_context(1, 1, seed));
    for (uint64_t i = 0; i < 600; ++i) agent->update({{"batch", bandit_batch(64, 1000 * seed + i)}});
    return agent;
  }
  // 11 states by 9 actions, none at the border.
  const at::Tensor states_ = at::linspace(-0.6, 0.6, 11).unsqueeze(1);
  const at::Tensor actions_ = at::linspace(-0.8, 0.8, 9).reshape({1, 9, 1}).expand({11, 9, 1}).contiguous();
  const at::Tensor reward_ = 1 - (actions_.squeeze(-1) - states_).square();  // [11, 9]
};
INSTANTIATE_TEST_SUITE_P(Ensembles, SimplifiedQBandit, ::testing::Values(1, 2));

TEST_P(SimplifiedQBandit, LearnsTheValueAndActsOnIt) {
  auto config = bandit_config();
  config.critic.ensemble = GetParam();
  const auto agent = trained(config, test_seed());
  const auto q = agent->evaluate({{"state", states_}}, actions_).q;                     // [E, 11, 9]
  expect_below("bandit value error", (q - reward_).abs().mean().item<double>(), 0.06);  // values range over 2
  auto policy = agent->policy();
  auto random = RandomStream(1, "act").next();
  const auto action = policy->act({{"state", states_}}, *policy->begin(11), ActMode::kMode, random).action;
  expect_below("bandit action error", (action - states_).abs().mean().item<double>(),
               0.12);  // the best action is a = s
}

// With data and penalised actions uniform on [-1, 1], 1/2 (Q - r)^2 + alpha w(a) Q is least at Q = r - alpha w(a), where
// w(a) = mean over data actions x of 1 - exp(-|a - x|) = (exp(-(1 + a)) + exp(-(1 - a))) / 2; unweighted: w = 1.
TEST_P(SimplifiedQBandit, ThePenaltyLowersValuesByItsWeight) {
  for (const auto weight : {PenaltyWeight::kDistance, PenaltyWeight::kUniform}) {
    auto config = bandit_config();
    config.alpha = 0.8;
    config.penalty = weight;
    config.critic.ensemble = GetParam();
    const auto agent = trained(config, test_seed() + 100);
    const auto a = actions_.squeeze(-1);
    const auto w = weight == PenaltyWeight::kUniform ? at::ones_like(a) : 0.5 * ((-1 - a).exp() + (a - 1).exp());
    const auto q = agent->evaluate({{"state", states_}}, actions_).q;
    expect_below("penalty error", (q - (reward_ - 0.8 * w)).abs().mean().item<double>(),
                 0.08);  // without: 0.33 and 0.8
  }
}

// A chain of 5 states, a > 0 moves right, else left; a step to the right of the last one ends with reward 1. The best policy
// always goes right, and Q(i, right) = gamma^(4 - i), bootstrapped through the online critic itself.
TEST(SimplifiedQ, LearnsAChainByBootstrapping) {
  constexpr int64_t kStates = 5, B = 64;
  constexpr double kGamma = 0.9;
  auto config = bandit_config();
  config.gamma = kGamma;
  config.n_step = 1;
  SimplifiedQ agent(config, state_context(kStates, 1, test_seed()));
  const auto one_hot = at::eye(kStates);
  for (uint64_t k = 0; k < 800; ++k) {
    const auto i = at::randint(kStates, {B}, generator_of(10000 * test_seed() + 2 * k), at::TensorOptions(at::kLong));
    Batch batch;
    batch.action = uniforms({B, 1}, 10000 * test_seed() + 2 * k + 1);
    const auto right = batch.action.squeeze(1) > 0;
    const auto next = at::where(right, i + 1, (i - 1).clamp_min(0));
    const auto end = next == kStates;
    batch.obs = {{"state", one_hot.index_select(0, i)}};
    batch.next_obs = {{"state", one_hot.index_select(0, next.clamp_max(kStates - 1))}};
    batch.reward = end.to(at::kFloat);
    batch.discount = kGamma * (1 - batch.reward);
    agent.update({{"batch", batch}});
  }
  const auto actions = at::tensor({0.5F, -0.5F}).reshape({1, 2, 1}).expand({kStates, 2, 1}).contiguous();
  const auto q = agent.evaluate({{"state", one_hot}}, actions).q[0];  // [5, 2]
  const auto right = at::tensor({0.6561F, 0.729F, 0.81F, 0.9F, 1.0F});
  const auto left = at::tensor({0.59049F, 0.59049F, 0.6561F, 0.729F, 0.81F});  // one step back, then right
  expect_below("chain, right", (q.select(1, 0) - right).abs().max().item<double>(), 0.1);
  expect_below("chain, left", (q.select(1, 1) - left).abs().max().item<double>(), 0.1);
  auto policy = agent.policy();
  auto random = RandomStream(1, "act").next();
  const auto action = policy->act({{"state", one_hot}}, *policy->begin(kStates), ActMode::kMode, random).action;
  EXPECT_TRUE((action > 0).all().item<bool>()) << action;
}

// ---- State, flags, gradients ----

TEST(SimplifiedQ, ContinuesBitForBitAfterLoad) {
  for (const bool fixed : {false, true}) {
    auto config = small_config();
    if (fixed) config.temperature = 0.1;
    SimplifiedQ agent(config, state_context(3, 2)), fresh(config, state_context(3, 2, /*seed=*/1));
    expect_continues_bit_for_bit(agent, fresh, {{"batch", random_batch(32, 3, 2)}});
  }
}

TEST(SimplifiedQ, OneSeedIsOneResultAndAnotherIsAnother) {
  const auto run = [](uint64_t seed) {
    SimplifiedQ agent(small_config(), state_context(3, 2, seed));
    for (int i = 0; i < 2; ++i) agent.update({{"batch", random_batch(32, 3, 2)}});
    return hash_of(agent);
  };
  EXPECT_EQ(run(1), run(1));
  EXPECT_NE(run(1), run(2));
}

TEST(SimplifiedQ, EachSettingOfTheUpdateChangesItsResult) {
  const auto run = [](const std::function<void(SimplifiedQConfig&)>& change) {
    auto config = small_config();
    change(config);
    SimplifiedQ agent(config, state_context(3, 2));
    for (int i = 0; i < 2; ++i) agent.update({{"batch", random_batch(32, 3, 2)}});
    auto parts = saved(agent);
    return content_hash(parts["critic"]) + content_hash(parts["actor"]);
  };
  const auto base = run([](auto&) {});
  const std::vector<std::pair<const char*, std::function<void(SimplifiedQConfig&)>>> changes = {
      {"alpha", [](auto& c) { c.alpha = 2; }},
      {"beta", [](auto& c) { c.beta = 1; }},
      {"mu", [](auto& c) { c.mu = ActionSource::kPolicy; }},
      {"penalty", [](auto& c) { c.penalty = PenaltyWeight::kUniform; }},
      {"num_action_samples", [](auto& c) { c.num_action_samples = 1; }},
      {"temperature", [](auto& c) { c.temperature = 0.5; }},
      {"temperature 0", [](auto& c) { c.temperature = 0.0; }},
      {"initial_temperature", [](auto& c) { c.initial_temperature = 0.5; }},
      {"target_entropy", [](auto& c) { c.target_entropy = 3.0; }},
      {"learning_rate", [](auto& c) { c.optimizer.learning_rate = 1e-3; }},
      {"ensemble", [](auto& c) { c.critic.ensemble = 2; }},
      {"critic layer_norm", [](auto& c) { c.critic.mlp.layer_norm = true; }},
      {"actor hidden", [](auto& c) { c.actor.mlp.hidden = {8}; }},
      {"log_std_min", [](auto& c) { c.actor.log_std_min = -2; }},
      {"log_std_max", [](auto& c) { c.actor.log_std_max = 0; }},
  };
  for (const auto& [name, change] : changes) EXPECT_NE(run(change), base) << name;
}

TEST(SimplifiedQ, AsksForHalfOfEachBatchFromEachSourceOnLine) {
  auto config = small_config();
  config.gamma = 0.95;
  config.n_step = 5;
  SimplifiedQ agent(config, state_context(3, 2));
  const auto offline = agent.sample_plan();
  ASSERT_EQ(offline.size(), 1U);
  EXPECT_EQ(offline[0].size, 32);
  EXPECT_EQ(offline[0].n_step, 5);
  EXPECT_EQ(offline[0].gamma, 0.95);
  EXPECT_EQ(offline[0].images, ImageForm::kPixels);
  EXPECT_EQ(offline[0].observations, std::vector<std::string>{"state"});
  ASSERT_EQ(offline[0].sources.size(), 1U);
  EXPECT_EQ(offline[0].sources[0].source, "offline");
  agent.begin_stage(Stage::kOnline);
  const auto online = agent.sample_plan();
  ASSERT_EQ(online[0].sources.size(), 2U);
  EXPECT_EQ(online[0].sources[0].source, "offline");
  EXPECT_EQ(online[0].sources[1].source, "online");
  EXPECT_EQ(online[0].sources[0].share, online[0].sources[1].share);
}

TEST(SimplifiedQ, OnlineShareAndSourceNamesReachThePlan) {
  auto config = small_config();
  config.online_share = 1;
  config.online_source = "attempts";
  SimplifiedQ agent(config, state_context(3, 2));
  agent.begin_stage(Stage::kOnline);
  ASSERT_EQ(agent.sample_plan()[0].sources.size(), 1U);
  EXPECT_EQ(agent.sample_plan()[0].sources[0].source, "attempts");
  EXPECT_FALSE(agent.sample_plan()[0].sources[0].optional);
  config.offline_source = "demonstrations";
  EXPECT_EQ(SimplifiedQ(config, state_context(3, 2)).sample_plan()[0].sources[0].source, "demonstrations");
}

// The first step of Adam moves each weight that has a gradient by the learning rate.
double first_step(SimplifiedQConfig config, Stage stage) {
  SimplifiedQ agent(config, state_context(3, 2));
  agent.begin_stage(stage);
  const auto before = saved(agent)["critic"].tensors.at("mlp.weight_out");
  agent.update({{"batch", random_batch(32, 3, 2)}});
  return (saved(agent)["critic"].tensors.at("mlp.weight_out") - before).abs().max().item<double>();
}

TEST(SimplifiedQ, LearnsOnLineAtItsOwnRate) {
  auto config = small_config();
  EXPECT_NEAR(first_step(config, Stage::kOffline), 3e-4, 3e-6);
  EXPECT_NEAR(first_step(config, Stage::kOnline), 5e-5, 5e-7);  // frozen encoder, appendix E
  config.input.images = EncoderMode::kEndToEnd;
  EXPECT_NEAR(first_step(config, Stage::kOnline), 3e-4, 3e-6);
  config.online_learning_rate = 1e-3;
  EXPECT_NEAR(first_step(config, Stage::kOnline), 1e-3, 1e-5);
}

// With a learning rate of 0 nothing moves, and Adam's first moment is a tenth of the gradient: what each loss sends where.
std::map<std::string, std::string> gradients(const std::function<void(SimplifiedQConfig&)>& change) {
  auto config = small_config();
  config.optimizer.learning_rate = 0;
  change(config);
  SimplifiedQ agent(config, state_context(3, 2));
  agent.update({{"batch", random_batch(32, 3, 2)}});
  auto parts = saved(agent);
  return {{"actor", content_hash(parts["actor_optimizer"])}, {"critic", content_hash(parts["critic_optimizer"])}};
}

TEST(SimplifiedQ, NeitherPenaltyNorRegularizerReachesThePolicy) {
  const auto base = gradients([](auto&) {});
  const auto heavy = gradients([](auto& c) { c.alpha = 1e3, c.beta = 1e3; });
  EXPECT_EQ(heavy.at("actor"), base.at("actor"));
  EXPECT_NE(heavy.at("critic"), base.at("critic"));
  const auto from_policy = gradients([](auto& c) { c.alpha = 1e3, c.mu = ActionSource::kPolicy; });
  EXPECT_NE(from_policy.at("critic"), base.at("critic"));
}

TEST(SimplifiedQ, TheActorsStepLeavesTheCriticAlone) {
  const auto hot = gradients([](auto&c) { c.temperature = 10.0; }),
             cold = gradients([](auto&c) { c.temperature = 0.0; });
  EXPECT_EQ(hot.at("critic"), cold.at("critic"));
  EXPECT_NE(hot.at("actor"), cold.at("actor"));
}

// ---- Pictures ----

LearnerContext picture_context(const Parts* given) {
  return {.observation = picture_and_state(), .action = {2, {}}, .seed = 1, .given = given};
}

Parts handed_over(uint64_t seed = 1) {
  auto generator = generator_of(seed);
  Parts parts;
  parts["encoder"] =
      save_encoder(ImageEncoders(picture_and_state(), EncoderConfig{.feature_dim = 8, .channels = {4, 4}}, generator));
  parts["normalizer"] = save_normalizer(fit_normalizer({{"state", normals({50, 3}, seed)}}));
  return parts;
}

SimplifiedQConfig picture_config(EncoderMode mode) {
  auto config = small_config();
  config.input = {.images = mode, .encoder = {.feature_dim = 8, .channels = {4, 4}}};
  return config;
}

TEST(SimplifiedQ, AFrozenEncoderIsSharedAndNeverChanges) {
  const auto given = handed_over();
  SimplifiedQ agent(picture_config(EncoderMode::kFrozen), picture_context(&given));
  EXPECT_EQ(agent.sample_plan()[0].images, ImageForm::kFrameIds);
  EXPECT_EQ(agent.sample_plan()[0].observations, (std::vector<std::string>{"wrist", "state"}));
  auto batch = picture_batch(8, 2);
  const auto encoder = load_encoder(given.at("encoder"));
  for (auto* obs : {&batch.obs, &batch.next_obs})
    obs->set("wrist", encoder->encode("wrist", obs->at("wrist")).detach());
  for (int i = 0; i < 3; ++i) agent.update({{"batch", batch}});
  for (const auto& part : {"critic", "actor"}) {
    const auto state = saved(agent)[part];
    for (const auto& [name, tensor] : state.tensors) EXPECT_EQ(name.find("images"), std::string::npos) << name;
  }
  // The policy carries the encoder: it acts on pictures as on their features.
  auto policy = agent.policy();
  auto random = RandomStream(1, "act").next();
  const auto raw = picture_batch(8, 2);
  expect_equal(policy->act(raw.obs, *policy->begin(8), ActMode::kMode, random).action,
               policy->act(batch.obs, *policy->begin(8), ActMode::kMode, random).action);
}

TEST(SimplifiedQ, EndToEndEachNetworkTrainsAnEncoderOfItsOwn) {
  const auto given = handed_over();
  SimplifiedQ agent(picture_config(EncoderMode::kEndToEnd), picture_context(&given));
  EXPECT_EQ(agent.sample_plan()[0].images, ImageForm::kPixels);
  const auto before = saved(agent);
  agent.update({{"batch", picture_batch(8, 2)}});
  const auto after = saved(agent);
  int encoders_moved = 0;
  for (const auto& part : {"critic", "actor"}) {
    for (const auto& [name, tensor] : after.at(part).tensors) {
      if (name.find("images") == std::string::npos) continue;
      encoders_moved += !at::equal(tensor, before.at(part).tensors.at(name));
      if (tensor.dim() == 4) {
        EXPECT_FALSE(at::equal(after.at("critic").tensors.at(name), after.at("actor").tensors.at(name)));
      }
    }
  }
  EXPECT_GE(encoders_moved, 8);  // convolutions and projection of both networks
}

TEST(SimplifiedQ, EndToEndContinuesBitForBitAfterLoad) {
  const auto given = handed_over();
  const auto config = picture_config(EncoderMode::kEndToEnd);
  SimplifiedQ agent(config, picture_context(&given)), fresh(config, picture_context(&given));
  expect_continues_bit_for_bit(agent, fresh, {{"batch", picture_batch(8, 2)}});
}

TEST(SimplifiedQ, WithoutPicturesItAsksForNone) {
  const auto given = handed_over();
  SimplifiedQ agent(picture_config(EncoderMode::kNone), picture_context(&given));
  EXPECT_EQ(agent.sample_plan()[0].observations, std::vector<std::string>{"state"});
  agent.update({{"batch", random_batch(8, 3, 2)}});
}

TEST(SimplifiedQ, NormalisedInputsChangeTheResult) {
  const auto given = handed_over();
  auto context = state_context(3, 2);
  context.given = &given;
  const auto run = [&](bool normalize) {
    auto config = small_config();
    config.input.normalize = normalize;
    SimplifiedQ agent(config, context);
    agent.update({{"batch", random_batch(32, 3, 2)}});
    return content_hash(saved(agent)["critic"]);
  };
  EXPECT_NE(run(true), run(false));
}

TEST(SimplifiedQ, SaysWhichPartIsMissingOrAnother) {
  auto given = handed_over();
  given.erase("encoder");
  expect_throws<ConfigError>([&] { SimplifiedQ(picture_config(EncoderMode::kFrozen), picture_context(&given)); },
                             "needs the part 'encoder'");
  expect_throws<ConfigError>([&] { SimplifiedQ(picture_config(EncoderMode::kFrozen), picture_context(nullptr)); },
                             "needs the part 'normalizer'");
  const auto one = handed_over(1), two = handed_over(2);
  SimplifiedQ agent(picture_config(EncoderMode::kFrozen), picture_context(&one));
  SimplifiedQ other(picture_config(EncoderMode::kFrozen), picture_context(&two));
  expect_throws<CheckpointError>([&] { other.load(saved(agent)); }, "another encoder or normaliser");
  auto incomplete = saved(agent);
  incomplete.erase("actor");
  expect_throws<CheckpointError>([&] { agent.load(incomplete); }, "actor");
}

TEST(SimplifiedQ, PrivilegedEntriesAreRefused) {
  auto config = picture_config(EncoderMode::kNone);
  config.input.normalize = false;
  config.input.observations = {"truth"};
  expect_throws<ConfigError>([&] { SimplifiedQ(config, picture_context(nullptr)); }, "'truth' is privileged");
}

TEST(SimplifiedQ, APolicyIsASnapshot) {
  SimplifiedQ agent(small_config(), state_context(3, 2));
  const auto policy = agent.policy();
  const auto hash = policy->content_hash();
  agent.update({{"batch", random_batch(32, 3, 2)}});
  auto random = RandomStream(1, "act").next();
  const Observation obs{{"state", normals({4, 3}, 9)}};
  const auto now = agent.policy();
  EXPECT_NE(now->content_hash(), hash);
  EXPECT_FALSE(at::equal(policy->act(obs, *policy->begin(4), ActMode::kMode, random).action,
                         now->act(obs, *now->begin(4), ActMode::kMode, random).action));
}

TEST(SimplifiedQConfig, DefaultsAreThePapers) {
  const SimplifiedQConfig config;
  EXPECT_EQ(config.alpha, 1.0);
  EXPECT_EQ(config.beta, 0.2);
  EXPECT_EQ(config.n_step, 3);
  EXPECT_EQ(config.batch_size, 512);
  EXPECT_EQ(config.optimizer.learning_rate, 3e-4);
  EXPECT_EQ(config.critic.mlp.hidden, (std::vector<int64_t>{2048, 2048}));
  EXPECT_EQ(config.critic.ensemble, 1);
  EXPECT_EQ(config.actor.mlp.hidden, (std::vector<int64_t>{64, 64}));
}

}  // namespace
}  // namespace onramp
