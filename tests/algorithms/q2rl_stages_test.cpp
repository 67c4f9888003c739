// Q2RL's two stages: what each asks for, keeps and hands on, and what is refused.
#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "onramp/base/error.h"
#include "q2rl_testing.h"
#include "support/expect_throws.h"

namespace onramp {
namespace {

using namespace onramp::test;

TEST(Q2rl, ContinuesBitForBitAfterLoadInEachStage) {
  const auto given = cloned(3, {0.5F, 0.0F}, {0.0F, -1.5F});
  for (const auto stage : {Stage::kOffline, Stage::kOnline}) {
    for (const auto from : {ClonedAction::kStored, ClonedAction::kFresh}) {
      auto config = small_q2rl();
      config.cloned_action = from;
      config.bc_action = ActSetting::kSample;
      Q2rl agent(config, context_of(given, 3, 2)), fresh(config, context_of(given, 3, 2));
      agent.begin_stage(stage);
      fresh.begin_stage(stage);
      expect_continues_bit_for_bit(agent, fresh, {{"batch", with_columns(random_batch(32, 3, 2))}});
    }
  }
}

// With a learning rate of 0 on line nothing moves the critic, so that its target is a copy, and stays one after a resume.
TEST(Q2rl, OnLineTheTargetBeginsAsTheEstimate) {
  const auto given = cloned(3, {0.5F, 0.0F}, {0.0F, -1.5F});
  auto config = small_q2rl();
  config.online_learning_rate = 0.0;
  Q2rl agent(config, context_of(given, 3, 2));
  const Batches batches{{"batch", with_columns(random_batch(32, 3, 2))}};
  for (int i = 0; i < 3; ++i) agent.update(batches);
  auto parts = saved(agent);
  const auto differs = [&](Parts& p) {
    return !at::equal(p["critic"].tensors.at("mlp.weight_out"), p["target_critic"].tensors.at("mlp.weight_out"));
  };
  EXPECT_TRUE(differs(parts));
  agent.begin_stage(Stage::kOnline);
  agent.update(batches);
  parts = saved(agent);
  EXPECT_FALSE(differs(parts));
}

TEST(Q2rl, EachSettingChangesItsResult) {
  const auto given = cloned(3, {0.5F, 0.0F}, {0.0F, -1.5F});
  const auto run = [&](const std::function<void(Q2rlConfig&)>& change) {
    auto config = small_q2rl();
    config.actor_entropy = true;  // else nothing of a temperature is seen
    change(config);
    Q2rl agent(config, context_of(given, 3, 2));
    for (const auto stage : {Stage::kOffline, Stage::kOnline}) {
      agent.begin_stage(stage);
      for (uint64_t i = 0; i < 2; ++i) agent.update({{"batch", with_columns(random_batch(32, 3, 2, i + 1), i)}});
    }
    auto parts = saved(agent);
    return content_hash(parts["critic"]) + content_hash(parts["actor"]) + hash_of_acts(*agent.policy());
  };
  const auto base = run([](auto&) {});
  auto changes = changes_of_common_settings<Q2rlConfig>();
  changes.emplace_back("gate", [](auto& c) { c.gate = false; });
  changes.emplace_back("bc_action", [](auto& c) { c.bc_action = ActSetting::kSample; });
  changes.emplace_back("rl_action", [](auto& c) { c.rl_action = ActSetting::kSample; });
  changes.emplace_back("estimate_target", [](auto& c) { c.estimate_target = EstimateTarget::kValue; });
  changes.emplace_back("init_critic", [](auto& c) { c.init_critic = false; });
  changes.emplace_back("init_actor", [](auto& c) { c.init_actor = false; });
  changes.emplace_back("bc_weight", [](auto& c) { c.bc_weight = 0.0; });
  changes.emplace_back("cloned_action", [](auto& c) { c.cloned_action = ClonedAction::kFresh; });
  changes.emplace_back("actor_entropy", [](auto& c) { c.actor_entropy = false; });
  changes.emplace_back("entropy_backup", [](auto& c) { c.entropy_backup = true; });
  for (const auto& [name, change] : changes) EXPECT_NE(run(change), base) << name;
  const auto soft = [&](double beta) {
    return run([beta](auto& c) {
      c.choice = GateChoice::kSoft;
      c.beta = beta;
    });
  };
  EXPECT_NE(soft(0.1), base) << "choice";
  EXPECT_NE(soft(0.1), soft(10.0)) << "beta";
}

TEST(Q2rl, EachStageAsksForWhatItNeeds) {
  const auto given = cloned(3, {0.5F, 0.0F}, {0.0F, -1.5F});
  Q2rlConfig config;
  config.input.normalize = false;
  Q2rl agent(config, context_of(given, 3, 2));
  auto request = agent.sample_plan()[0];
  EXPECT_EQ(request.sources[0].source, "rollouts");
  EXPECT_EQ(request.columns, std::vector<std::string>{"mc_return"});
  EXPECT_EQ(request.size * request.minibatches, 256);
  EXPECT_TRUE(request.wants_success);
  agent.begin_stage(Stage::kOnline);
  request = agent.sample_plan()[0];
  EXPECT_FALSE(request.wants_success);
  ASSERT_EQ(request.sources.size(), 1U);
  EXPECT_EQ(request.sources[0].source, "online");
  EXPECT_EQ(request.columns, std::vector<std::string>{"a_bc"});
  EXPECT_EQ(request.size, 64);
  EXPECT_EQ(request.minibatches, 4);
  config.utd_form = UtdForm::kEach;
  Q2rl each(config, context_of(given, 3, 2));
  each.begin_stage(Stage::kOnline);
  EXPECT_EQ(each.sample_plan()[0].size, 256);
  EXPECT_EQ(each.sample_plan()[0].minibatches, 4);
  EXPECT_EQ(Q2rl::sources(config, false), std::vector<std::string>{"rollouts"});
  EXPECT_EQ(Q2rl::sources(config, true), std::vector<std::string>{"online"});
  config.cloned_action = ClonedAction::kFresh;
  config.without_success = true;
  EXPECT_FALSE(Q2rl(config, context_of(given, 3, 2)).sample_plan()[0].wants_success);
  Q2rl fresh(config, context_of(given, 3, 2));
  fresh.begin_stage(Stage::kOnline);
  EXPECT_TRUE(fresh.sample_plan()[0].columns.empty());
}

// V and the cloned policy stand still on line: at a state Q_BC of what the cloned policy proposes is the same bits, whatever
// encoders the critic and the policy train meanwhile.
TEST(Q2rl, WithPicturesTheEstimateStandsStillOnLine) {
  auto given = handed_over();
  given.merge(cloned(3, {0.5F, 0.0F}, {0.0F, -1.5F}));
  const Observation obs{{"wrist", pictures(4, 7)}, {"state", normals({4, 3}, 8)}};
  const auto q_bc = [&](const Q2rl& agent) {
    const auto policy = agent.policy();
    auto random = RandomStream(1, "act").next();
    const auto acted = policy->act(obs, *policy->begin(4), ActMode::kMode, random);
    EXPECT_EQ(acted.info.at(2).name, "q_bc");
    return acted.info.at(2).value;
  };
  for (const auto& [mode, share] : {std::pair{EncoderMode::kFrozen, false}, std::pair{EncoderMode::kEndToEnd, false},
                                    std::pair{EncoderMode::kEndToEnd, true}}) {
    auto config = small_agent_with_pictures<Q2rlConfig>(mode);
    config.critic.ensemble = 3;
    config.input.share_encoder = share;
    Q2rl agent(config, picture_context(&given)), fresh(config, picture_context(&given));
    const Batches batches{{"batch", with_columns(picture_batch(8, 2))}};
    const auto before = q_bc(agent);
    for (int i = 0; i < 3; ++i) agent.update(batches);
    const auto estimated = q_bc(agent);
    EXPECT_FALSE(at::equal(estimated, before));
    agent.begin_stage(Stage::kOnline);
    fresh.begin_stage(Stage::kOnline);
    expect_continues_bit_for_bit(agent, fresh, batches);
    expect_equal(q_bc(agent), estimated);
  }
}

TEST(Q2rl, WantsProposalsThatRecordedDataDoNotHold) {
  Q2rlConfig config;
  config.validate();
  config.online_share = 0.5;
  expect_throws<ConfigError>([&] { config.validate(); },
                             "online_share = 0.5: steps of offline hold no proposals of the cloned policy");
  auto fresh = config, alone = config;
  fresh.cloned_action = ClonedAction::kFresh;
  fresh.validate();
  alone.bc_weight = 0.0;
  alone.validate();
}

// Where entropy counts nowhere a temperature would change nothing.
TEST(Q2rl, RefusesATemperatureThatWeighsNothing) {
  auto config = small_q2rl();
  config.temperature = 0.1;
  expect_throws<ConfigError>([&] { config.validate(); }, "temperature: entropy counts nowhere");
  config.temperature.reset();
  config.target_entropy = -1.0;
  expect_throws<ConfigError>([&] { config.validate(); }, "target_entropy: entropy counts nowhere");
  config.actor_entropy = true;
  EXPECT_NO_THROW(config.validate());
}

// A temperature that nobody learns and nobody chose would weigh the entropy of the target.
TEST(Q2rl, WantsATemperatureWhereTheTargetCountsEntropy) {
  const auto given = cloned(3, {0.5F, 0.0F}, {0.0F, -1.5F});
  auto config = small_q2rl();
  config.entropy_backup = true;
  expect_throws<ConfigError>([&] { Q2rl(config, context_of(given, 3, 2)); },
                             "entropy_backup: true with actor_entropy: false: nobody learns the temperature");
  auto fixed = config, learned = config;
  fixed.temperature = 0.1;
  fixed.validate();
  learned.actor_entropy = true;
  learned.validate();
}

TEST(Q2rl, ReportsATemperatureOnlyWhereOneCounts) {
  const auto given = cloned(3, {0.5F, 0.0F}, {0.0F, -1.5F});
  const auto reports = [&](const std::function<void(Q2rlConfig&)>& change) {
    auto config = small_q2rl();
    change(config);
    Q2rl agent(config, context_of(given, 3, 2));
    agent.begin_stage(Stage::kOnline);
    const auto metrics = agent.update({{"batch", with_columns(random_batch(32, 3, 2))}});
    return std::any_of(metrics.begin(), metrics.end(), [](const auto& m) { return m.first == "temperature"; });
  };
  EXPECT_FALSE(reports([](auto&) {}));
  EXPECT_TRUE(reports([](auto& c) { c.actor_entropy = true; }));
  EXPECT_TRUE(reports([](auto& c) {
    c.entropy_backup = true;
    c.temperature = 0.1;
  }));
}

// What a run must know of the attempts it draws from: whose they are, and how the cloned policy made them.
TEST(Q2rl, SaysWhatItTakesForGrantedOfItsSources) {
  Q2rlConfig config;
  auto terms = Q2rl::terms(config);
  ASSERT_EQ(terms.size(), 2U);
  EXPECT_EQ(terms[0].source, "rollouts");
  EXPECT_EQ(terms[0].act, ActSetting::kAuto);
  EXPECT_FALSE(terms[0].own);
  EXPECT_EQ(terms[1].source, "online");
  EXPECT_TRUE(terms[1].own);
  config.cloned_action = ClonedAction::kFresh;
  EXPECT_EQ(Q2rl::terms(config).size(), 1U);
}

// Algorithm 1 and table II: 100 rollouts, as the cloned policy proposes; 20 000 updates of Q-estimation; one update a step.
TEST(Q2rl, ItsOwnCourseIsThePapers) {
  Q2rlConfig config;
  config.bc_action = ActSetting::kSample;
  config.rollout_source = "shown";
  const auto phases = Q2rl::default_phases(config, "agent", /*environment=*/true, {{"cloned_policy", "cloning"}});
  ASSERT_EQ(phases.size(), 3U);
  EXPECT_EQ(phases[0].at("type").text(), "collect");
  EXPECT_EQ(phases[0].at("policy").text(), "cloning");
  EXPECT_EQ(phases[0].at("episodes").as<int64_t>(), 100);
  EXPECT_EQ(phases[0].at("act").text(), "sample");
  EXPECT_EQ(phases[0].at("into").element(0).text(), "shown");
  EXPECT_FALSE(phases[0].has("learner"));
  EXPECT_EQ(phases[1].at("updates").as<int64_t>(), 20000);
  EXPECT_EQ(phases[2].at("updates_per_step").as<double>(), 1.0);
  EXPECT_EQ(phases[2].at("into").element(0).text(), "online");
  EXPECT_EQ(Q2rl::default_phases(config, "agent", true, {}).size(), 2U);
  EXPECT_EQ(Q2rl::default_phases(config, "agent", false, {{"cloned_policy", "cloning"}}).size(), 1U);
}

TEST(Q2rl, ItsPolicyIsASnapshot) {
  const auto given = cloned(3, {0.5F, 0.0F}, {0.0F, -1.5F});
  Q2rl agent(small_q2rl(), context_of(given, 3, 2));
  const auto policy = agent.policy();
  const auto hash = policy->content_hash();
  agent.update({{"batch", with_columns(random_batch(32, 3, 2))}});
  EXPECT_NE(agent.policy()->content_hash(), hash);
  EXPECT_EQ(load_policy(save_policy(*policy))->content_hash(), hash);
}

TEST(Q2rl, RefusesAClonedPolicyThatDoesNotFit) {
  const auto given = cloned(3, {0.5F, 0.0F}, {0.0F, -1.5F});
  expect_throws<ConfigError>([] { Q2rl(small_q2rl(), state_context(3, 2)); }, "needs the part 'cloned_policy'");
  expect_throws<ConfigError>([&] { Q2rl(small_q2rl(), context_of(given, 3, 1)); },
                             "acts in 2 dimensions, this task in 1");
  expect_throws<ConfigError>([&] { Q2rl(small_q2rl(), context_of(given, 4, 2)); },
                             "looks at 'state' as float32 [3], here it is float32 [4]");
  auto generator = generator_of(1);
  auto encoder = std::make_shared<ObservationEncoder>(state_only(3), Normalizer(), nullptr, false);
  const Parts deterministic{
      {"cloned_policy", save_policy(ActorPolicy(make_actor(ActorType::kDeterministic, encoder, 2, {}, generator),
                                                ActionSpec{.dim = 2}))}};
  expect_throws<ConfigError>([&] { Q2rl(small_q2rl(), context_of(deterministic, 3, 2)); },
                             "gives no log-density and entropy");
  Q2rl agent(small_q2rl(), context_of(given, 3, 2));
  const auto other = cloned(3, {0.4F, 0.0F}, {0.0F, -1.5F});
  Q2rl from_other(small_q2rl(), context_of(other, 3, 2));
  expect_throws<CheckpointError>([&] { from_other.load(saved(agent)); }, "another cloned policy");
}

}  // namespace
}  // namespace onramp
