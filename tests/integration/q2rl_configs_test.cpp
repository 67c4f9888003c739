// configs/q2rl: each file is read whole, and an ablation changes its one setting.
#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "resolved_config.h"
#include "test_paths.h"

namespace onramp {
namespace {

ConfigNode q2rl_config(const std::string& name) {
  return test::resolved_config(std::filesystem::path(ONRAMP_SOURCE_DIR "/configs/q2rl") / (name + ".yaml"));
}

ConfigNode phase_named(const ConfigNode& config, const std::string& name) {
  for (const auto& phase : config.at("phases").elements()) {
    if (phase.at("name").text() == name) return phase;
  }
  ADD_FAILURE() << "no phase " << name;
  return {};
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
TEST(Q2rlConfigs, RobomimicsTasksHaveThePapersRewardRolloutsAndWeights) {
  struct Robomimic {
    const char* name;
    int64_t demonstrations;
    double bc_weight;  // table I
  };
  for (const auto& [name, demonstrations, bc_weight] :
       {Robomimic{"lift", 100, 0.3}, Robomimic{"can", 100, 0.3}, Robomimic{"square", 200, 0.2}}) {
    SCOPED_TRACE(name);
    const auto config = q2rl_config(name);
    EXPECT_EQ(config.at("env").at("type").text(), name);
    EXPECT_FALSE(config.at("env").at("images").as<bool>());
    EXPECT_EQ(config.at("learners").at("agent").at("bc_weight").as<double>(), bc_weight);
    for (const char* source : {"rollouts", "online"}) {
      EXPECT_EQ(config.at("sources").at(source).at("reward").at("scale").as<double>(), 5.0) << source;
      EXPECT_EQ(config.at("sources").at(source).at("reward").at("bias").as<double>(), -1.0) << source;
    }
    EXPECT_EQ(phase_named(config, "demonstrations").at("episodes").as<int64_t>(), demonstrations);
    EXPECT_EQ(phase_named(config, "rollouts").at("episodes").as<int64_t>(), 100);
  }
}

// Tables I, II and V: reward 10 r - 1, weight of cloning 0.1, drawn actions; of kitting V from 50 attempts in the one layout, and 30
// in the other before the first on line.
TEST(Q2rlConfigs, RobotTasksHaveThePapersNumbers) {
  for (const char* name : {"peg_insertion", "pipe_assembly", "kitting_modified"}) {
    SCOPED_TRACE(name);
    const auto config = q2rl_config(name);
    for (const char* source : {"rollouts", "online"}) {
      EXPECT_EQ(config.at("sources").at(source).at("reward").at("scale").as<double>(), 10.0) << source;
      EXPECT_EQ(config.at("sources").at(source).at("reward").at("bias").as<double>(), -1.0) << source;
    }
    EXPECT_EQ(config.at("learners").at("agent").at("bc_weight").as<double>(), 0.1);
    EXPECT_EQ(config.at("learners").at("agent").at("rl_action").text(), "sample");
  }
  EXPECT_EQ(phase_named(q2rl_config("peg_insertion"), "rollouts").at("episodes").as<int>(), 100);
  EXPECT_EQ(phase_named(q2rl_config("pipe_assembly"), "rollouts").at("episodes").as<int>(), 100);
  EXPECT_EQ(phase_named(q2rl_config("kitting_rollouts"), "rollouts").at("episodes").as<int>(), 50);
  const auto modified = q2rl_config("kitting_modified");
  EXPECT_EQ(q2rl_config("kitting_rollouts").at("env").at("layout").text(), "original");
  EXPECT_EQ(modified.at("env").at("layout").text(), "modified");
  EXPECT_EQ(modified.at("data").at("source").text(), "rollouts");
  const auto seeding = phase_named(modified, "seeding");
  EXPECT_EQ(seeding.at("episodes").as<int>(), 30);
  EXPECT_EQ(seeding.at("into").as<std::vector<std::string>>(), std::vector<std::string>{"online"});
}

// Its rollouts, its proposals inside the gate, its score: else what the gate adds cannot be told.
TEST(Q2rlConfigs, TheClonedPolicyDrawsWhereverItActs) {
  for (const char* name : {"lift", "can", "square", "vacuum_grasp_state"}) {
    SCOPED_TRACE(name);
    const auto config = q2rl_config(name);
    EXPECT_EQ(config.at("learners").at("agent").at("bc_action").text(), "sample");
    EXPECT_EQ(phase_named(config, "rollouts").at("act").text(), "sample");
    EXPECT_EQ(phase_named(config, "evaluation").at("sampled").as<std::vector<std::string>>(),
              std::vector<std::string>{"cloning"});
  }
}

// robomimic's numbers, and of lift what a policy that remembers allows: nobody asks it but while it acts.
TEST(Q2rlConfigs, GmmRnnIsLiftFromAPolicyThatRemembers) {
  const auto base = q2rl_config("lift"), config = q2rl_config("lift/gmm_rnn");
  const auto cloning = config.at("learners").at("cloning");
  EXPECT_EQ(cloning.at("policy").text(), "mixture_rnn");
  EXPECT_EQ(cloning.at("batch_size").as<int64_t>(), 100);
  EXPECT_EQ(cloning.at("optimizer").at("learning_rate").as<double>(), 1e-3);
  EXPECT_EQ(phase_named(config, "cloning").at("updates").as<int64_t>(), 300);
  EXPECT_EQ(cloning.at("sequence_length").as<int64_t>(), 10);
  EXPECT_EQ(cloning.at("recurrent").at("horizon").as<int64_t>(), 10);
  EXPECT_EQ(cloning.at("recurrent").at("units").as<int64_t>(), 400);
  EXPECT_EQ(cloning.at("recurrent").at("layers").as<int64_t>(), 2);
  EXPECT_EQ(cloning.at("mixture").at("components").as<int64_t>(), 5);
  EXPECT_FALSE(cloning.at("mixture").at("low_noise").as<bool>());
  const auto agent = config.at("learners").at("agent");
  EXPECT_EQ(agent.at("cloned_action").text(), "stored");
  EXPECT_EQ(to_yaml(agent.without("cloned_action")), to_yaml(base.at("learners").at("agent").without("cloned_action")));
  for (const char* key : {"env", "policies", "sources", "compute"}) {
    EXPECT_EQ(to_yaml(config.at(key)), to_yaml(base.at(key))) << key;
  }
  EXPECT_EQ(phase_named(config, "demonstrations").at("episodes").as<int64_t>(), 20);
  for (const char* name : {"rollouts", "estimation", "online", "evaluation"}) {
    EXPECT_EQ(to_yaml(phase_named(config, name)), to_yaml(phase_named(base, name))) << name;
  }
}

struct Rival {
  const char *name, *type;
  std::vector<std::string> phases;  // but for demonstrations, online and evaluation, which all have
};
const std::vector<Rival> kRivals{{"rlpd", "redq", {}},
                                 {"ibrl", "ibrl", {"cloning"}},
                                 {"ibrl_soft", "ibrl", {"cloning"}},
                                 {"cal_ql", "cal_ql", {"pretraining"}},
                                 {"cql", "cal_ql", {"pretraining"}},
                                 {"wsrl", "wsrl", {"pretraining", "warm_up"}},
                                 {"policy_decorator", "policy_decorator", {"cloning"}}};

/// Tasks with configs of the rivals: the config that they stand on, and the folder of theirs. Not every rival is there for each.
struct Stand {
  const char *base, *folder;
};
constexpr std::array<Stand, 2> kTasks{Stand{"vacuum_grasp_state", ""}, Stand{"lift", "lift/"}};

std::string file_of(const Stand& task, const Rival& rival) { return std::string(task.folder) + rival.name; }
bool is_there(const std::string& name) {
  return std::filesystem::exists(ONRAMP_SOURCE_DIR "/configs/q2rl/" + name + ".yaml");
}

// What a comparison must hold fixed: the task, the demonstrations, the cloned policy, the on-line course, what success is worth,
// how large the networks are.
TEST(Q2rlConfigs, ARivalDiffersInItsMethodAlone) {
  for (const auto& task : kTasks)
    for (const auto& rival : kRivals) {
      if (!is_there(file_of(task, rival))) continue;
      SCOPED_TRACE(file_of(task, rival));
      const auto base = q2rl_config(task.base);
      const auto config = q2rl_config(file_of(task, rival));
      for (const char* key : {"env", "policies", "compute"}) EXPECT_EQ(to_yaml(config.at(key)), to_yaml(base.at(key)));
      const auto agent = config.at("learners").at("agent"), as_before = base.at("learners").at("agent");
      EXPECT_EQ(agent.at("type").text(), rival.type);
      EXPECT_EQ(to_yaml(agent.at("actor")), to_yaml(as_before.at("actor")));
      EXPECT_EQ(to_yaml(agent.at("input")), to_yaml(as_before.at("input")));
      for (const char* key : {"gamma", "n_step", "batch_size", "target_rate", "optimizer"}) {
        EXPECT_EQ(to_yaml(agent.at(key)), to_yaml(as_before.at(key))) << key;
      }
      const bool two_critics = agent.at("type").text() == "cal_ql";  // WSRL's reference has them so
      EXPECT_EQ(agent.at("critic").at("mlp").at("hidden").as<std::vector<int64_t>>(), (std::vector<int64_t>{256, 256}));
      EXPECT_EQ(agent.at("critic").at("ensemble").as<int64_t>(), two_critics ? 2 : 10);
      EXPECT_EQ(agent.at("critic").at("mlp").at("layer_norm").as<bool>(), !two_critics);
      EXPECT_EQ(agent.at("utd").as<int64_t>(), two_critics ? 1 : 4);
      EXPECT_EQ(to_yaml(phase_named(config, "online")), to_yaml(phase_named(base, "online")));
      EXPECT_EQ(to_yaml(phase_named(config, "demonstrations").without("into")),
                to_yaml(phase_named(base, "demonstrations").without("into")));
      std::vector<std::string> names;
      for (const auto& phase : config.at("phases").elements()) names.push_back(phase.at("name").text());
      std::vector<std::string> want{"demonstrations"};
      want.insert(want.end(), rival.phases.begin(), rival.phases.end());
      want.insert(want.end(), {"online", "evaluation"});
      EXPECT_EQ(names, want);
      if (rival.phases == std::vector<std::string>{"cloning"}) {
        EXPECT_EQ(to_yaml(phase_named(config, "cloning")), to_yaml(phase_named(base, "cloning")));
        EXPECT_EQ(agent.at("bc_action").text(), as_before.at("bc_action").text());
      }
    }
}

// Sources of which a rival learns hand out the same reward as those that Q2RL learns from.
TEST(Q2rlConfigs, ARivalLearnsFromTheSameReward) {
  for (const auto& task : kTasks)
    for (const auto& rival : kRivals) {
      if (!is_there(file_of(task, rival))) continue;
      SCOPED_TRACE(file_of(task, rival));
      const auto reward = to_yaml(q2rl_config(task.base).at("sources").at("online").at("reward"));
      const auto config = q2rl_config(file_of(task, rival));
      EXPECT_EQ(to_yaml(config.at("sources").at("online").at("reward")), reward);
      const auto agent = config.at("learners").at("agent");
      const bool retains = agent.at("online_share").as<double>() < 1;
      const bool pretrains = !rival.phases.empty() && rival.phases[0] == "pretraining";
      if (!retains && !pretrains) continue;
      EXPECT_EQ(to_yaml(config.at("sources").at("offline").at("reward")), reward);
    }
}

// RLPD is `redq` as its paper has it: half of each batch from the demonstrations, entropy in the target, the members' mean.
TEST(Q2rlConfigs, RlpdIsRedqWithHalfOfEachBatchDemonstrated) {
  const auto agent = q2rl_config("rlpd").at("learners").at("agent");
  EXPECT_EQ(agent.at("online_share").as<double>(), 0.5);
  EXPECT_TRUE(agent.at("entropy_backup").as<bool>());
  EXPECT_EQ(agent.at("actor_value").text(), "mean");
  EXPECT_TRUE(agent.at("critic").at("mlp").at("layer_norm").as<bool>());
}

TEST(Q2rlConfigs, AVariantOfARivalChangesItsOneSetting) {
  for (const auto& [name, of, key] :
       {std::array{"cql", "cal_ql", "calibrate"}, std::array{"lift/cql", "lift/cal_ql", "calibrate"}}) {
    const auto changed = q2rl_config(name), before = q2rl_config(of);
    const auto agent = changed.at("learners").at("agent"), as_before = before.at("learners").at("agent");
    EXPECT_NE(to_yaml(agent.at(key)), to_yaml(as_before.at(key))) << name;
    EXPECT_EQ(to_yaml(agent.without(key)), to_yaml(as_before.without(key))) << name;
    EXPECT_EQ(to_yaml(changed.without("learners")), to_yaml(before.without("learners"))) << name;
  }
}

// Its beta is in units of what the task's success earns.
TEST(Q2rlConfigs, SoftIbrlIsIbrlWithADrawnChoice) {
  const auto soft = q2rl_config("ibrl_soft"), hard = q2rl_config("ibrl");
  const auto without = [](const ConfigNode& config) {
    return to_yaml(config.at("learners").at("agent").without("choice").without("beta"));
  };
  EXPECT_EQ(soft.at("learners").at("agent").at("choice").text(), "soft");
  EXPECT_EQ(without(soft), without(hard));
  const double scale = soft.at("sources").at("online").at("reward").at("scale").as<double>();
  EXPECT_EQ(soft.at("learners").at("agent").at("beta").as<double>() * scale, 10.0);
}

// 5 000 steps of a task's own attempts (WSRL), and a correction that joins over two thirds of the on-line course.
TEST(Q2rlConfigs, WhatCountsInStepsFollowsTheTasksAttempts) {
  for (const auto& [folder, steps] : {std::pair{"", 60}, std::pair{"lift/", 100}}) {
    SCOPED_TRACE(folder);
    const auto wsrl = q2rl_config(std::string(folder) + "wsrl"),
               decorator = q2rl_config(std::string(folder) + "policy_decorator");
    EXPECT_NEAR(phase_named(wsrl, "warm_up").at("episodes").as<double>() * steps, 5000, steps);
    const auto online = phase_named(decorator, "online");
    const double course =
        online.at("steps").is_null() ? online.at("episodes").as<double>() * steps : online.at("steps").as<double>();
    EXPECT_NEAR(decorator.at("learners").at("agent").at("exploration_updates").as<double>(), course * 2 / 3, 500);
  }
}

// Also of those whose environments are not there: a source that nothing fills is refused at the start.
TEST(Q2rlConfigs, NameNoSourceThatNothingFills) {
  const std::filesystem::path folder = ONRAMP_SOURCE_DIR "/configs/q2rl";
  for (const auto& file : std::filesystem::recursive_directory_iterator(folder)) {
    if (file.path().extension() != ".yaml" || file.path().parent_path().filename() == "parts") continue;
    SCOPED_TRACE(file.path());
    const auto config = load_config(file.path());
    std::set<std::string> filled;
    if (const auto data = config.get("data"); data.is_map()) filled.insert(data.get("source").text());
    for (const auto& phase : config.at("phases").elements()) {
      const auto type = phase.at("type").text();
      if (type != "collect" && type != "interleave") continue;
      const auto into = phase.get("into");
      if (into.is_null()) filled.insert(type == "collect" ? "offline" : "online");
      for (const auto& name : into.is_null() ? std::vector<ConfigNode>{} : into.elements()) filled.insert(name.text());
    }
    for (const auto& source : config.at("sources").items()) {
      EXPECT_TRUE(source.value.is_null() || filled.contains(source.key)) << source.key;
    }
  }
}

// IBRL's critic tells a demonstrated action from a random one because it has seen some; WSRL forgets what it was shown.
TEST(Q2rlConfigs, WhoSeedsWhatIsLearnedFromOnLine) {
  const auto into = [](const ConfigNode& phase) { return phase.at("into").as<std::vector<std::string>>(); };
  EXPECT_EQ(into(phase_named(q2rl_config("ibrl"), "demonstrations")), (std::vector<std::string>{"offline", "online"}));
  const auto wsrl = q2rl_config("wsrl");
  EXPECT_EQ(into(phase_named(wsrl, "demonstrations")), std::vector<std::string>{"offline"});
  EXPECT_EQ(into(phase_named(wsrl, "warm_up")), std::vector<std::string>{"online"});
  EXPECT_EQ(phase_named(wsrl, "warm_up").at("policy").text(), "pretraining");
  EXPECT_EQ(wsrl.at("learners").at("agent").at("online_share").as<double>(), 1.0);
}

// The gate compares values of what the rollouts were made of.
TEST(Q2rlConfigs, CollectTheirRolloutsAsTheClonedPolicyProposes) {
  int rollouts = 0;
  const std::filesystem::path folder = ONRAMP_SOURCE_DIR "/configs/q2rl";
  for (const auto& file : std::filesystem::recursive_directory_iterator(folder)) {
    if (file.path().extension() != ".yaml" || file.path().parent_path().filename() == "parts") continue;
    const auto env = load_config(file.path()).at("env");
    const bool in_python = env.at("type").text() == "gym";
    if (in_python && !std::filesystem::exists(ONRAMP_SOURCE_DIR "/.deps/gym")) continue;  // scripts/setup.sh --gym
    if (in_python && env.has("packages")) continue;  // scripts/gym_check.sh has those
    const auto config = q2rl_config(file.path().lexically_relative(folder).replace_extension().string());
    if (config.at("learners").at("agent").at("type").text() != "q2rl") continue;
    const auto proposes = config.at("learners").at("agent").at("bc_action").text();
    for (const auto& phase : config.at("phases").elements()) {
      if (phase.at("name").text() != "rollouts") continue;
      EXPECT_EQ(phase.at("act").text(), proposes) << file.path();
      ++rollouts;
    }
  }
  EXPECT_GE(rollouts, 9);
}

}  // namespace
}  // namespace onramp
