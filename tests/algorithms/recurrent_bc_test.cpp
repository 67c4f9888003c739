#include "onramp/algorithms/recurrent_bc.h"

#include <algorithm>
#include <functional>

#include "onramp/algorithms/ibrl.h"
#include "onramp/algorithms/policy_decorator.h"
#include "onramp/base/error.h"
#include "onramp/data/sampler.h"
#include "onramp/policies/recurrent_policy.h"
#include "q2rl_testing.h"
#include "support/episodes.h"
#include "support/expect_throws.h"

namespace onramp {
namespace {

using namespace onramp::test;

BcConfig small_config() {
  BcConfig config;
  config.policy = ActorType::kMixtureRnn;
  config.input = {.images = EncoderMode::kNone, .normalize = false};
  config.recurrent = {.units = 8, .layers = 2, .horizon = 4};
  config.mixture.components = 2;
  config.sequence_length = 4;
  config.optimizer.learning_rate = 3e-3;
  return config;
}

BcConfig picture_config(EncoderMode mode) {
  auto config = small_config();
  config.input = {.images = mode, .encoder = {.feature_dim = 8, .channels = {4, 4}}, .normalize = false};
  return config;
}

/// B sequences of T steps, the last of every other one not there.
Batch sequences(int64_t B, int64_t T, int64_t action_dim, bool with_pictures = false, uint64_t seed = 1) {
  Batch batch;
  batch.obs = {{"state", normals({B, T, 3}, 10 * seed)}};
  if (with_pictures) batch.obs.set("wrist", pictures(B * T, 10 * seed + 1).view({B, T, 16, 16, 3}));
  batch.action = uniforms({B, T, action_dim}, 10 * seed + 2);
  auto mask = at::ones({B, T});
  mask.slice(0, 0, B, 2).select(1, T - 1).zero_();
  batch.columns["mask"] = mask;
  return batch;
}

/// One hash over what a policy does along an episode of 16 rows and 6 steps, and how likely that was.
std::string hash_of_episode(Policy& policy) {
  PartState acts;
  for (const auto mode : {ActMode::kMode, ActMode::kSample}) {
    const auto state = policy.begin(16);
    for (uint64_t t = 0; t < 6; ++t) {
      auto random = RandomStream(5, "act").at(t);
      const Observation obs{{"state", normals({16, 3}, 100 + t)}, {"wrist", pictures(16, 100 + t)}};
      const auto rated = policy.act_rated(obs, *state, mode, random);
      const auto prefix = concat(mode == ActMode::kMode ? "mode." : "sample.", t, ".");
      acts.tensors[prefix + "action"] = rated.action;
      acts.tensors[prefix + "log_prob"] = rated.density.log_prob;
      acts.tensors[prefix + "entropy"] = rated.density.entropy;
    }
  }
  return content_hash(acts);
}

TEST(RecurrentBc, IsWhatBcBecomes) {
  const auto config = read_config<BcConfig>(parse_config_text("policy: mixture_rnn", "bc.yaml"));
  EXPECT_EQ(config.policy.type, ActorType::kMixtureRnn);
  EXPECT_EQ(dump_config(config).at("policy").text(), "mixture_rnn");
  EXPECT_EQ(Bc::has_density(config), true);
  EXPECT_EQ(Bc::has_memory(config), true);
  EXPECT_EQ(Bc::has_memory({}), false);
  EXPECT_EQ(Bc::usual_mode(config), ActMode::kSample);
  const auto learner = Bc::make(small_config(), state_context(3, 2));
  ASSERT_NE(dynamic_cast<RecurrentBc*>(learner.get()), nullptr);
  EXPECT_NE(dynamic_cast<Bc*>(Bc::make(BcConfig{.input = {.normalize = false}}, state_context(3, 2)).get()), nullptr);
  // robomimic's, where it clones from vectors.
  EXPECT_EQ(config.recurrent.units, 400);
  EXPECT_EQ(config.recurrent.layers, 2);
  EXPECT_EQ(config.recurrent.horizon, 10);
  EXPECT_EQ(config.sequence_length, 10);
  EXPECT_TRUE(config.recurrent.head.hidden.empty());
  EXPECT_EQ(config.mixture.components, 5);
  EXPECT_FALSE(config.mixture.low_noise);
}

TEST(RecurrentBc, AsksForSequences) {
  auto config = small_config();
  config.batch_size = 17;
  config.sequence_length = 6;
  config.source = "demonstrations";
  const auto plan = RecurrentBc(config, state_context(3, 2)).sample_plan();
  ASSERT_EQ(plan.size(), 1U);
  EXPECT_EQ(plan[0].kind, SampleKind::kSequence);
  EXPECT_EQ(plan[0].steps, 6);
  EXPECT_EQ(plan[0].size, 17);
  EXPECT_EQ(plan[0].sources[0].source, "demonstrations");
  auto generator = generator_of(1);
  Parts given;
  given["encoder"] = save_encoder(ImageEncoders(picture_and_state(), {.feature_dim = 8, .channels = {4}}, generator));
  EXPECT_EQ(RecurrentBc(picture_config(EncoderMode::kFrozen), picture_context(&given)).sample_plan()[0].images,
            ImageForm::kFrameIds);
}

TEST(RecurrentBc, ContinuesBitForBitAfterLoad) {
  RecurrentBc agent(small_config(), state_context(3, 2)), fresh(small_config(), state_context(3, 2));
  expect_continues_bit_for_bit(agent, fresh, {{"batch", sequences(8, 4, 2)}});
  for (const char* part : {"actor", "actor_optimizer", "learner"}) {
    auto parts = saved(agent);
    parts.erase(part);
    expect_throws<CheckpointError>([&] { agent.load(parts); }, part);
  }
}

TEST(RecurrentBc, ContinuesBitForBitWithShiftedPictures) {
  auto config = picture_config(EncoderMode::kEndToEnd);
  config.random_shift = 2;
  RecurrentBc agent(config, picture_context()), fresh(config, picture_context());
  expect_continues_bit_for_bit(agent, fresh, {{"batch", sequences(4, 4, 2, /*with_pictures=*/true)}});
}

TEST(RecurrentBc, EachSettingChangesItsResult) {
  const auto run = [](const std::function<void(BcConfig&)>& change) {
    auto config = picture_config(EncoderMode::kEndToEnd);
    change(config);
    RecurrentBc agent(config, picture_context());
    agent.update({{"batch", sequences(4, 4, 2, /*with_pictures=*/true)}});
    return hash_of_episode(*agent.policy());
  };
  const auto base = run([](auto&) {});
  EXPECT_EQ(run([](auto&) {}), base);
  EXPECT_NE(run([](auto& c) { c.recurrent.units = 9; }), base);
  EXPECT_NE(run([](auto& c) { c.recurrent.layers = 1; }), base);
  EXPECT_NE(run([](auto& c) { c.recurrent.horizon = 3; }), base);
  EXPECT_NE(run([](auto& c) { c.recurrent.horizon = 0; }), base);
  EXPECT_NE(run([](auto& c) { c.recurrent.head.hidden = {8}; }), base);
  EXPECT_NE(run([](auto& c) { c.mixture.components = 3; }), base);
  EXPECT_NE(run([](auto& c) { c.mixture.min_std = 0.1; }), base);
  EXPECT_NE(run([](auto& c) { c.mixture.low_noise = true; }), base);
  EXPECT_NE(run([](auto& c) { c.random_shift = 3; }), base);
  EXPECT_NE(run([](auto& c) { c.optimizer.learning_rate = 1e-3; }), base);
  EXPECT_NE(run([](auto& c) { c.input.images = EncoderMode::kNone; }), base);
}

TEST(RecurrentBc, HandsOverAPolicyThatActsAsItsOwn) {
  RecurrentBc agent(small_config(), state_context(3, 2));
  agent.update({{"batch", sequences(8, 4, 2)}});
  const auto handed = load_policy(saved(agent).at("cloned_policy")), own = agent.policy();
  EXPECT_EQ(handed->content_hash(), own->content_hash());
  EXPECT_EQ(hash_of_episode(*handed), hash_of_episode(*own));
  agent.update({{"batch", sequences(8, 4, 2)}});  // a snapshot: later updates do not change it
  EXPECT_EQ(hash_of_episode(*handed), hash_of_episode(*own));
  EXPECT_NE(hash_of_episode(*agent.policy()), hash_of_episode(*own));
}

// ---- what it is for ----

/// Episodes of T steps whose first observation alone shows a cue, -1 or 1, in a direction that later ones are noise in: what is to
/// be done is 0.5 times the cue in every step.
struct Cued {
  at::Tensor states, cue;  // [B, T, 2], [B, 1]
};
constexpr int64_t kSteps = 5;

Cued cued(int64_t B, uint64_t seed) {
  auto states = 0.1 * normals({B, kSteps, 2}, 2 * seed);
  const auto cue = uniforms({B, 1}, 2 * seed + 1).sign();
  states.select(1, 0).select(1, 0).copy_(cue.squeeze(1));
  return {.states = states, .cue = cue};
}

/// Mean |action - 0.5 cue| of each step, acting along episodes that nobody showed.
std::vector<double> errors_of(Policy& policy) {
  const auto held_out = cued(200, 7);
  const auto state = policy.begin(200);
  std::vector<double> errors;
  for (int64_t t = 0; t < kSteps; ++t) {
    auto random = RandomStream(1, "act").at(static_cast<uint64_t>(t));
    const Observation obs{{"state", held_out.states.select(1, t)}};
    const auto action = policy.act(obs, *state, ActMode::kMode, random).action;
    errors.push_back((action - 0.5 * held_out.cue).abs().mean().item<double>());
  }
  return errors;
}

Batch cued_batch(uint64_t seed) {
  const auto shown = cued(64, seed);
  Batch batch;
  batch.obs = {{"state", shown.states}};
  batch.action = (0.5 * shown.cue + 0.02 * normals({64, kSteps}, 3 * seed)).unsqueeze(-1);  // [64, T, 1]
  batch.columns["mask"] = at::ones({64, kSteps});
  return batch;
}

BcConfig cue_config() {
  auto config = small_config();
  config.recurrent = {.units = 24, .layers = 1, .horizon = 0};
  config.sequence_length = kSteps;
  config.optimizer.learning_rate = 1e-2;
  return config;
}

// Without a memory nothing after the first step tells the two ways apart: whatever is done there is 0.5 off on average.
TEST(RecurrentBc, RemembersWhatWasShownStepsAgoWhereAMixtureAloneCannot) {
  for (uint64_t seed = 3 * test_seed(); seed < 3 * test_seed() + 3; ++seed) {
    SCOPED_TRACE(seed);
    RecurrentBc agent(cue_config(), state_context(2, 1, seed));
    auto memoryless = cue_config();
    memoryless.policy = ActorType::kMixture;
    memoryless.actor.mlp.hidden = {24};
    Bc other(memoryless, state_context(2, 1, seed));
    for (uint64_t k = 0; k < 300; ++k) {
      const auto batch = cued_batch(10000 * seed + k);
      agent.update({{"batch", batch}});
      Batch steps;
      steps.obs = {{"state", batch.obs.at("state").flatten(0, 1)}};
      steps.action = batch.action.flatten(0, 1);
      other.update({{"batch", steps}});
    }
    const auto own = errors_of(*agent.policy()), without = errors_of(*other.policy());
    for (size_t t = 0; t < own.size(); ++t) {
      expect_below(concat("error in step ", t), own[t], 0.1);
      if (t > 0)
        expect_below(concat("what 0.5 is more than the error without memory in step ", t), 0.5 - without[t], 0.15);
    }
    // The same weights that forget every second step know no more of the cue than the mixture.
    auto parts = saved(agent);
    auto forgets = cue_config();
    forgets.recurrent.horizon = 2;
    RecurrentBc forgetful(forgets, state_context(2, 1, seed));
    forgetful.load(parts);
    const auto errors = errors_of(*forgetful.policy());
    expect_below("error before it forgets", errors[1], 0.1);
    expect_below("what 0.5 is more than its error afterwards", 0.5 - errors[2], 0.25);
  }
}

// ---- inside the methods that improve on it ----

Parts given_recurrent() {
  const RecurrentBc cloning(small_config(), state_context(3, 2));
  return {{kClonedPolicy, saved(cloning).at(kClonedPolicy)}};
}

bool asks_for(const BatchRequest& request, const std::string& column) {
  return std::find(request.columns.begin(), request.columns.end(), column) != request.columns.end();
}

// Q_BC = G + log pi + H of what the rollouts stored.
TEST(RecurrentBc, Q2rlReadsItsDensityFromTheRollouts) {
  const auto given = given_recurrent();
  Q2rl agent(small_q2rl(), context_of(given, 3, 2));
  for (const char* column : {kActedLogProb, kActedEntropy}) {
    EXPECT_TRUE(asks_for(agent.sample_plan().front(), column)) << column;
  }
  auto batch = with_columns(random_batch(32, 3, 2));
  batch.columns[kActedLogProb] = at::full({32}, 1.5);
  batch.columns[kActedEntropy] = at::full({32}, 0.25);
  const auto metrics = agent.update({{"batch", batch}});
  EXPECT_NEAR(metric(metrics, "q_bc"), batch.columns.at("mc_return").mean().item<double>() + 1.75, 1e-5);
  const auto gated = agent.policy();
  EXPECT_TRUE(gated->has_memory());
  const auto state = gated->begin(2);
  const Observation obs{{"state", normals({2, 3}, 1)}};
  auto random = RandomStream(1, "act").at(0), again = RandomStream(1, "act").at(0);
  const auto column_of = [](const Action& action) { return action.info.front().value; };  // a_BC
  const auto first = column_of(gated->act(obs, *state, ActMode::kMode, random));
  EXPECT_FALSE(at::equal(column_of(gated->act(obs, *state, ActMode::kMode, again)), first));  // it has moved on
  const auto stored = load_policy(save_policy(*gated));
  EXPECT_EQ(stored->content_hash(), gated->content_hash());
}

TEST(RecurrentBc, IsNotAskedAtTheStatesOfABatch) {
  const auto given = given_recurrent();
  const auto context = context_of(given, 3, 2);
  auto fresh = small_q2rl();
  fresh.cloned_action = ClonedAction::kFresh;
  expect_throws<ConfigError>([&] { Q2rl(fresh, context); }, "set cloned_action: stored, or bc_weight: 0");
  auto ibrl = small_agent<IbrlConfig>();
  expect_throws<ConfigError>([&] { Ibrl(ibrl, context); }, "ibrl: the cloned policy remembers what came before");
  ibrl.bootstrap = false;
  Ibrl(ibrl, context);
  expect_throws<ConfigError>([&] { PolicyDecorator(small_agent<PolicyDecoratorConfig>(), context); },
                             "policy_decorator: the cloned policy remembers what came before");
}

TEST(RecurrentBc, SeesThroughTheEncoderOfTheBatchesOrIsRefused) {
  auto generator = generator_of(1);
  Parts mine, others;
  const EncoderConfig small{.feature_dim = 8, .channels = {4, 4}};
  mine["encoder"] = save_encoder(ImageEncoders(picture_and_state(), small, generator));
  others["encoder"] = save_encoder(ImageEncoders(picture_and_state(), small, generator));
  const RecurrentBc agent(picture_config(EncoderMode::kFrozen), picture_context(&mine));
  const auto spec = select_observations(picture_and_state(), {}, EncoderMode::kFrozen);
  const ObservationEncoder own(spec, Normalizer(), load_encoder(mine.at("encoder")), false),
      other(spec, Normalizer(), load_encoder(others.at("encoder")), false);
  check_sees_through(*agent.policy(), own, "method");
  expect_throws<ConfigError>([&] { check_sees_through(*agent.policy(), other, "method"); },
                             "method: input.images: frozen puts the features of one encoder in place of pictures");
}

// Drawn as a run draws them, those among them that end early.
TEST(RecurrentBc, LearnsFromWhatASamplerDraws) {
  const auto episode = make_episode(3, EndReason::kTimeLimit, 0, /*with_image=*/false);
  Replay replay(episode.observation_spec, episode.action_spec);
  replay.add_source("offline");
  replay.add(episode, {"offline"});
  replay.add(make_episode(9, EndReason::kTimeLimit, 1, false), {"offline"});
  RecurrentBc agent(small_config(), {.observation = episode.observation_spec, .action = episode.action_spec});
  Sampler sampler(1);
  const auto plan = agent.sample_plan();
  check_plan(plan, replay);
  double first = 0, last = 0;
  for (int k = 0; k < 150; ++k) {
    const auto loss = metric(agent.update(sampler.sample(plan, replay)), "bc_loss");
    if (k == 0) first = loss;
    last = loss;
  }
  expect_below("loss on twelve steps that it may learn by heart", last, first - 1);
}

}  // namespace
}  // namespace onramp
