// configs/q2rl: each file is read whole, and an ablation changes its one setting.
#include <gtest/gtest.h>

#include <filesystem>
#include <vector>

#include "resolved_config.h"
#include "test_paths.h"

namespace onramp {
namespace {

ConfigNode q2rl_config(const std::string& name) {
  return test::resolved_config(std::filesystem::path(ONRAMP_SOURCE_DIR "/configs/q2rl") / (name + ".yaml"));
}

TEST(Q2rlConfigs, AnAblationChangesItsOneSetting) {
  struct Ablation {
    const char *name, *learner, *key;
  };
  const auto base = q2rl_config("vacuum_grasp_state");
  for (const auto& [name, learner, key] :
       {Ablation{"no_gate", "agent", "gate"}, Ablation{"no_initialization", "agent", "init_critic"},
        Ablation{"no_bc_term", "agent", "bc_weight"}, Ablation{"mixture", "cloning", "policy"}}) {
    const auto changed = q2rl_config(name).at("learners").at(learner), as_before = base.at("learners").at(learner);
    EXPECT_NE(to_yaml(changed.at(key)), to_yaml(as_before.at(key))) << name;
    EXPECT_EQ(to_yaml(changed.without(key)), to_yaml(as_before.without(key))) << name;
    EXPECT_EQ(to_yaml(q2rl_config(name).without("learners")), to_yaml(base.without("learners"))) << name;
  }
}

// Its beta belongs to the scale of rewards: IBRL's 10 to those of 0 and 1.
TEST(Q2rlConfigs, TheSoftGateDrawsByValuesOfItsOwnScale) {
  const auto base = q2rl_config("vacuum_grasp_state"), soft = q2rl_config("soft_gate");
  const auto agent = soft.at("learners").at("agent"), as_before = base.at("learners").at("agent");
  EXPECT_EQ(agent.at("choice").text(), "soft");
  EXPECT_EQ(agent.at("beta").as<double>() * base.at("sources").at("online").at("reward").at("scale").as<double>(),
            10.0);
  EXPECT_EQ(to_yaml(agent.without("choice").without("beta")), to_yaml(as_before.without("choice").without("beta")));
  EXPECT_EQ(to_yaml(soft.without("learners")), to_yaml(base.without("learners")));
}

// Q_BC of rollouts that end and Q_RL of ones that go on would be compared else; and a stop would save all further steps' cost.
TEST(Q2rlConfigs, OfStatesEndAtTheFirstSuccessAndRewardNoStop) {
  const auto config = q2rl_config("vacuum_grasp_state");
  EXPECT_TRUE(config.at("env").at("ends_at_success").as<bool>());
  EXPECT_FALSE(config.at("env").at("safety_stop_is_terminal").as<bool>());
  for (const char* source : {"rollouts", "online"}) {  // table II, robosuite
    const auto reward = config.at("sources").at(source).at("reward");
    EXPECT_EQ(reward.at("scale").as<double>(), 5.0);
    EXPECT_EQ(reward.at("bias").as<double>(), -1.0);
  }
}

// Without pictures the arm's state must be enough; where the item lies is privileged.
TEST(Q2rlConfigs, OfStatesAloneLayTheItemWhereItAlwaysLies) {
  const auto config = q2rl_config("vacuum_grasp_state");
  EXPECT_FALSE(config.at("env").at("images").as<bool>());
  EXPECT_EQ(config.at("env").at("item_spread_m").as<std::vector<double>>(), (std::vector<double>{0.0, 0.0}));
  for (const char* learner : {"cloning", "agent"}) {
    EXPECT_EQ(config.at("learners").at(learner).at("input").at("observations").size(), 0U) << learner;
  }
}

// Tables I and II: reward 5 r - 1, 100 rollouts of robomimic's tasks. What is privileged stays so: policies see `object`.
TEST(Q2rlConfigs, LiftHasThePapersRewardAndRollouts) {
  const auto config = q2rl_config("lift");
  EXPECT_FALSE(config.at("env").at("images").as<bool>());
  for (const char* source : {"rollouts", "online"}) {
    EXPECT_EQ(config.at("sources").at(source).at("reward").at("scale").as<double>(), 5.0) << source;
    EXPECT_EQ(config.at("sources").at(source).at("reward").at("bias").as<double>(), -1.0) << source;
  }
  for (const auto& phase : config.at("phases").elements()) {
    const auto name = phase.at("name").text();
    if (name != "demonstrations" && name != "rollouts") continue;
    EXPECT_EQ(phase.at("episodes").as<int64_t>(), name == "rollouts" ? 100 : 20) << name;
  }
}

// The gate compares values of what the rollouts were made of.
TEST(Q2rlConfigs, CollectTheirRolloutsAsTheClonedPolicyProposes) {
  for (const auto& file : std::filesystem::directory_iterator(ONRAMP_SOURCE_DIR "/configs/q2rl")) {
    const auto config = q2rl_config(file.path().stem().string());
    const auto proposes = config.at("learners").at("agent").at("bc_action").text();
    for (const auto& phase : config.at("phases").elements()) {
      if (phase.at("name").text() != "rollouts") continue;
      EXPECT_EQ(phase.at("act").text(), proposes) << file.path();
    }
  }
}

}  // namespace
}  // namespace onramp
