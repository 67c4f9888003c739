// configs/simplified_q: what each file changes, after all defaults, and the paper's numbers.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "resolved_config.h"
#include "test_paths.h"

namespace onramp {
namespace {

const std::filesystem::path kFolder = ONRAMP_SOURCE_DIR "/configs/simplified_q";

/// Every value by its path; elements of a list of maps by their name.
void flatten(const ConfigNode& node, const std::string& path, std::map<std::string, std::string>& out) {
  const bool of_maps = node.is_list() && node.size() > 0 && node.element(0).is_map();
  if (node.is_map()) {
    for (const auto& item : node.items()) flatten(item.value, path.empty() ? item.key : path + "." + item.key, out);
  } else if (of_maps) {
    for (const auto& element : node.elements()) flatten(element, path + "." + element.at("name").text(), out);
  } else {
    out[path] = to_yaml(node);
  }
}

using Values = std::map<std::string, std::string>;

const Values& resolved(const std::string& name) {
  static std::map<std::string, Values> known;
  const auto [found, is_new] = known.try_emplace(name);
  if (is_new) flatten(test::resolved_config(kFolder / (name + ".yaml")), "", found->second);
  return found->second;
}

/// One word for whatever lies below it: "phases.encoder" for all keys of that phase.
bool below(const std::string& key, const std::string& stem) { return key == stem || key.starts_with(stem + "."); }

struct Difference {
  std::string name, base;
  std::vector<std::string> keys;  // where the two differ, and nowhere else
};

class MethodConfigs : public ::testing::TestWithParam<Difference> {};

TEST_P(MethodConfigs, DifferFromTheirBaseInNothingElse) {
  const auto& [name, base, keys] = GetParam();
  const auto &a = resolved(base), &b = resolved(name);
  std::set<std::string> differ;
  for (const auto& [key, value] : a) {
    if (!b.contains(key) || b.at(key) != value) differ.insert(key);
  }
  for (const auto& [key, value] : b) {
    if (!a.contains(key)) differ.insert(key);
  }
  for (const auto& key : differ) {
    EXPECT_TRUE(std::any_of(keys.begin(), keys.end(), [&](const auto& stem) { return below(key, stem); }))
        << key << " differs as well: " << (a.contains(key) ? a.at(key) : "nothing") << " and "
        << (b.contains(key) ? b.at(key) : "nothing");
  }
  for (const auto& stem : keys) {
    EXPECT_TRUE(std::any_of(differ.begin(), differ.end(), [&](const auto& key) { return below(key, stem); }))
        << stem << " does not differ";
  }
}

const std::vector<std::string> kCloning{"phases.encoder", "phases.offline", "phases.online", "phases.cloning",
                                        "phases.evaluation.policies"};
const std::vector<std::string> kCqlSac{"learners.agent.type", "learners.agent.beta", "learners.agent.cql",
                                       "learners.agent.importance", "learners.agent.target_rate"};
const std::vector<std::string> kCqlCrossQ{"learners.agent.type", "learners.agent.beta", "learners.agent.cql",
                                          "learners.agent.importance", "learners.agent.batch_renorm"};
std::vector<std::string> with(std::vector<std::string> keys, const std::string& one) {
  keys.push_back(one);
  return keys;
}

const std::vector<Difference> kTwoCores{
    {"bc", "cpu", kCloning},
    {"bc_shift", "bc", {"learners.cloning.random_shift"}},
    {"bc_successes", "bc", {"phases.demonstrations.keep"}},
    {"cql_sac", "cpu", kCqlSac},
    {"cql_crossq", "cpu", with(kCqlCrossQ, "learners.agent.critic.mlp.layer_norm")},
    {"end_to_end", "cpu", {"learners.agent.input.images", "phases.encoder"}},
    {"end_to_end_pretrained", "cpu", {"learners.agent.input.images", "learners.agent.input.start"}},
    {"shared_encoder", "end_to_end", {"learners.agent.input.share_encoder"}},
    {"no_pretraining", "cpu", {"phases.encoder.updates"}},
    {"no_regularizer", "cpu", {"learners.agent.beta"}},
    {"no_layer_norm", "cpu", {"learners.agent.critic.mlp.layer_norm"}},
    {"no_layer_norm_no_regularizer", "no_layer_norm", {"learners.agent.beta"}},
    {"unweighted_penalty", "cpu", {"learners.agent.penalty"}},
    {"mu_uniform", "cpu", {"learners.agent.mu"}},
    {"ensemble_2", "cpu", {"learners.agent.critic.ensemble"}},
    {"critic_bf16", "cpu", {"learners.agent.critic.mlp.precision"}},
    {"encoder_bf16", "cpu", {"learners.encoder.encoder.precision", "learners.agent.input.encoder.precision"}}};
const std::vector<Difference> kPaper{
    {"paper_bc", "paper", kCloning},
    {"paper_bc_shift", "paper_bc", {"learners.cloning.random_shift"}},
    {"paper_end_to_end", "paper", {"learners.agent.input.images", "phases.encoder", "phases.online.episodes"}},
    {"paper_cql_sac", "paper", kCqlSac},
    {"paper_cql_crossq", "paper", kCqlCrossQ}};

std::string name_of(const ::testing::TestParamInfo<Difference>& info) { return info.param.name; }
INSTANTIATE_TEST_SUITE_P(TwoCores, MethodConfigs, ::testing::ValuesIn(kTwoCores), name_of);
INSTANTIATE_TEST_SUITE_P(Paper, MethodConfigs, ::testing::ValuesIn(kPaper), name_of);

TEST(MethodConfigsFolder, HoldsNoFileThatNobodyLooksAt) {
  std::set<std::string> seen{"cpu", "paper"};
  for (const auto& one : kTwoCores) seen.insert(one.name);
  for (const auto& one : kPaper) seen.insert(one.name);
  for (const auto& file : std::filesystem::directory_iterator(kFolder)) {
    if (file.path().extension() != ".yaml") continue;
    EXPECT_TRUE(seen.contains(file.path().stem().string())) << file.path();
  }
}

// Section 4, appendices C and E.
TEST(MethodConfigsPaper, HoldsThePapersNumbers) {
  const auto expect = [](const std::string& name, const Values& want) {
    for (const auto& [key, value] : want) {
      ASSERT_TRUE(resolved(name).contains(key)) << name << ": " << key;
      const auto& is = resolved(name).at(key);
      char* end = nullptr;
      const double number = std::strtod(value.c_str(), &end);
      const bool same = *end == '\0' ? std::strtod(is.c_str(), nullptr) == number : is == value + "\n";
      EXPECT_TRUE(same) << name << ": " << key << " is " << is;
    }
  };
  const std::string agent = "learners.agent.", cloning = "learners.cloning.";
  expect("paper", {{agent + "type", "simplified_q"},
                   {agent + "alpha", "1.0"},
                   {agent + "beta", "0.2"},
                   {agent + "mu", "uniform"},
                   {agent + "penalty", "distance"},
                   {agent + "n_step", "3"},
                   {agent + "batch_size", "512"},
                   {agent + "optimizer.learning_rate", "0.0003"},
                   {agent + "online_learning_rate", "null"},  // by its rule: 5e-5 frozen, 3e-4 end to end
                   {agent + "online_share", "0.5"},
                   {agent + "input.images", "frozen"},
                   {agent + "input.encoder.type", "resnet"},
                   {agent + "critic.ensemble", "1"},
                   {agent + "critic.mlp.hidden", "[2048, 2048]"},
                   {agent + "critic.mlp.activation", "relu"},
                   {agent + "critic.mlp.layer_norm", "false"},
                   {agent + "actor.mlp.hidden", "[64, 64]"},
                   {agent + "actor.mlp.activation", "tanh"},
                   {"learners.encoder.encoder.type", "resnet"},
                   {"phases.demonstrations.episodes", "50"},
                   {"phases.demonstrations.keep", "successes"},
                   {"phases.encoder.updates", "50000"},
                   {"phases.offline.updates", "100000"},
                   {"phases.online.episodes", "200"},
                   {"phases.online.updates_per_episode", "60"},
                   {"phases.evaluation.settings.episodes", "50"}});
  expect("paper_end_to_end", {{"phases.online.episodes", "800"}, {agent + "input.start", "null"}});
  expect("paper_bc", {{cloning + "batch_size", "512"},
                      {cloning + "optimizer.learning_rate", "0.0003"},
                      {cloning + "input.images", "end_to_end"},
                      {cloning + "actor.mlp.hidden", "[64, 64]"},
                      {cloning + "actor.mlp.activation", "tanh"},
                      {"phases.cloning.updates", "100000"},
                      {"phases.cloning.keep_policy_every", "10000"}});
}

}  // namespace
}  // namespace onramp
