#include "onramp/algorithms/given_policy.h"

#include <algorithm>
#include <optional>

#include "onramp/algorithms/bc.h"
#include "onramp/algorithms/ibrl.h"
#include "onramp/algorithms/policy_decorator.h"
#include "onramp/base/error.h"
#include "q2rl_testing.h"
#include "support/expect_throws.h"
#include "support/torchscript_files.h"

namespace onramp {
namespace {

using namespace onramp::test;

/// Sees a state of three numbers, acts by two.
PartState given_file(bool memory = false) {
  ScriptParts parts = memory ? with_memory() : ScriptParts{};
  parts.spec = R"({"observation": [{"name": "state", "dtype": "float32", "shape": [3]}], "action": {"dim": 2}, )"
               R"("noise": {"dim": 2}, "density": "gaussian"})";
  const std::string one = R"("state"], 1, 0, 1)";
  parts.mean.replace(parts.mean.find(one), one.size(), R"("state"], 1, 0, 2)");
  return save_policy(TorchScriptPolicy(script_file(parts), "mine.pt"));
}

LearnerContext context_with(const PartState& file, int64_t state_dim = 3) {
  auto context = state_context(state_dim, 2);
  context.policy_file = &file;
  return context;
}

bool asks_for(const BatchRequest& request, const std::string& column) {
  return std::find(request.columns.begin(), request.columns.end(), column) != request.columns.end();
}

TEST(GivenPolicy, HandsOverTheFileAndGoesOnWithoutIt) {
  const auto file = given_file();
  const GivenPolicy learner(context_with(file));
  EXPECT_TRUE(learner.sample_plan().empty());
  const auto parts = saved(learner);
  EXPECT_EQ(parts.at(kClonedPolicy).host, file.host);
  GivenPolicy again(state_context(3, 2));  // a run that goes on names no file
  again.load(parts);
  EXPECT_EQ(again.policy()->content_hash(), learner.policy()->content_hash());
  EXPECT_EQ(saved(again).at(kClonedPolicy).host, file.host);
}

TEST(GivenPolicy, IsRefusedForAnotherTask) {
  const auto file = given_file();
  expect_throws<ConfigError>([&] { GivenPolicy(context_with(file, 4)); },
                             "mine.pt: the cloned policy looks at 'state' as float32 [3], here it is float32 [4]");
}

TEST(GivenPolicy, IsWhatBcBecomesOfAFile) {
  BcConfig config;
  config.policy.torchscript = "mine.pt";
  EXPECT_EQ(Bc::policy_file(config), "mine.pt");
  EXPECT_EQ(Bc::has_density(config), std::nullopt);
  EXPECT_TRUE(Bc::needs(config, state_only(3)).empty());
  EXPECT_TRUE(Bc::sources(config, false).empty());
  EXPECT_FALSE(Bc::usual_mode(config).has_value());
  const auto file = given_file();
  EXPECT_NE(dynamic_cast<GivenPolicy*>(Bc::make(config, context_with(file)).get()), nullptr);
  EXPECT_NE(dynamic_cast<Bc*>(Bc::make(BcConfig{.input = {.normalize = false}}, state_context(3, 2)).get()), nullptr);
}

TEST(GivenPolicy, IsReadFromAConfigAndWrittenBack) {
  const auto read = read_config<BcConfig>(parse_config_text("policy: {torchscript: mine.pt}", "bc.yaml", "/somewhere"));
  EXPECT_EQ(read.policy.torchscript, "/somewhere/mine.pt");
  EXPECT_EQ(to_yaml(dump_config(read).at("policy")), to_yaml(parse_config_text("torchscript: /somewhere/mine.pt", "")));
  EXPECT_EQ(read_config<BcConfig>(parse_config_text("policy: mixture", "bc.yaml")).policy.type, ActorType::kMixture);
  EXPECT_EQ(dump_config(BcConfig{}).at("policy").text(), "deterministic");
  expect_throws<ConfigError>([] { read_config<BcConfig>(parse_config_text("policy: {torchscript: ''}", "bc.yaml")); },
                             "policy.torchscript");
  EXPECT_NE(help_config<BcConfig>().find("policy: deterministic"), std::string::npos);
  EXPECT_NE(help_config<BcConfig>().find("| {torchscript: path}"), std::string::npos);
}

// With a memory there is nobody to ask afterwards: Q_BC = G + log pi + H of what the rollouts stored, 1.5 + 0.25 more than G.
TEST(GivenPolicy, WithAMemoryIsRatedByWhatItReportedWhenItActed) {
  const Parts forgets{{kClonedPolicy, given_file()}}, remembers{{kClonedPolicy, given_file(/*memory=*/true)}};
  Q2rl of_one(small_q2rl(), context_of(forgets, 3, 2)), of_other(small_q2rl(), context_of(remembers, 3, 2));
  EXPECT_FALSE(asks_for(of_one.sample_plan().front(), kActedLogProb));
  for (const char* column : {kActedLogProb, kActedEntropy, "mc_return"}) {
    EXPECT_TRUE(asks_for(of_other.sample_plan().front(), column)) << column;
  }
  auto batch = with_columns(random_batch(32, 3, 2));
  batch.columns[kActedLogProb] = at::full({32}, 1.5);
  batch.columns[kActedEntropy] = at::full({32}, 0.25);
  const auto metrics = of_other.update({{"batch", batch}});
  EXPECT_NEAR(metric(metrics, "q_bc"), batch.columns.at("mc_return").mean().item<double>() + 1.75, 1e-5);
  of_one.update({{"batch", with_columns(random_batch(32, 3, 2))}});
  EXPECT_TRUE(of_other.policy()->has_memory());
  EXPECT_FALSE(of_one.policy()->has_memory());
}

TEST(GivenPolicy, WithAMemoryIsNotAskedAtTheStatesOfABatch) {
  const Parts given{{kClonedPolicy, given_file(/*memory=*/true)}};
  const auto context = context_of(given, 3, 2);
  auto fresh = small_q2rl();
  fresh.cloned_action = ClonedAction::kFresh;
  expect_throws<ConfigError>([&] { Q2rl(fresh, context); }, "set cloned_action: stored, or bc_weight: 0");
  fresh.bc_weight = 0;
  Q2rl(fresh, context);
  auto ibrl = small_agent<IbrlConfig>();
  expect_throws<ConfigError>([&] { Ibrl(ibrl, context); }, "ibrl: the cloned policy remembers what came before");
  ibrl.bootstrap = false;
  Ibrl(ibrl, context);
  expect_throws<ConfigError>([&] { PolicyDecorator(small_agent<PolicyDecoratorConfig>(), context); },
                             "policy_decorator: the cloned policy remembers what came before");
}

}  // namespace
}  // namespace onramp
