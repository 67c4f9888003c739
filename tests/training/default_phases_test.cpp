// The phases of a config that gives none: those of its learners.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "onramp/base/error.h"
#include "onramp/training/phase.h"
#include "onramp/training/run_config.h"
#include "support/d4rl_files.h"
#include "support/expect_throws.h"
#include "support/temporary_folder.h"
#include "training/training_testing.h"

namespace onramp {
namespace {

using namespace onramp::test;

class DefaultPhases : public ::testing::Test {
 protected:
  DefaultPhases() { write_d4rl(folder_ / "set.hdf5", make_d4rl()); }
  RunConfig read(const std::string& text, const std::vector<std::string>& settings = {}) const {
    return read_run_config(apply_overrides(parse_config_text(text, "run.yaml", folder_.path()), settings),
                           point_catalog());
  }
  static std::vector<std::string> names_of(const RunConfig& config) {
    std::vector<std::string> names;
    for (const auto& phase : config.phases) names.push_back(phase.make()->name());
    return names;
  }
  const TemporaryFolder folder_;
};

TEST_F(DefaultPhases, AreThoseOfItsLearners) {
  const std::string text = R"(
env: {type: point}
data: {path: set.hdf5}
policies: {expert: {type: point_expert}}
learners:
  agent: {type: simplified_q}
  zencoder: {type: hilbert}
  cloning: {type: bc, input: {images: frozen}}
)";
  const auto config = read(text);
  // The encoder first, although its name comes last: the others need it.
  EXPECT_EQ(names_of(config), (std::vector<std::string>{"zencoder", "agent_offline", "agent_online", "cloning"}));
  const auto dump = to_yaml(dump_run_config(config));
  EXPECT_NE(dump.find("updates_per_episode: 60"), std::string::npos) << dump;
  EXPECT_EQ(to_yaml(dump_run_config(read(dump))), dump);

  const auto offline = read("data: {path: set.hdf5}\nlearners: {agent: {type: simplified_q}}\n");
  ASSERT_EQ(offline.phases.size(), 1u) << "nothing to act in";
  expect_throws<ConfigError>([&] { read(replaced(text, "  zencoder: {type: hilbert}\n", "")); },
                             "learner 'agent' needs the part 'encoder', which no earlier phase hands over");
  expect_throws<ConfigError>([&] { read(replaced(text, "data: {path: set.hdf5}\n", "")); },
                             "draws from replay source 'offline', which no phase before this one fills");
}

// Who leaves the policy that another learner starts from is found out, whatever the two are called.
TEST_F(DefaultPhases, OfALearnerThatStartsFromAPolicyComeAfterIt) {
  const std::string text = R"(
env: {type: point, pictures: false}
data: {path: set.hdf5}
learners:
  agent: {type: q2rl}
  zcloning: {type: bc, policy: mixture}
)";
  const auto config = read(text);
  EXPECT_EQ(names_of(config),
            (std::vector<std::string>{"zcloning", "agent_rollouts", "agent_estimation", "agent_online"}));
  EXPECT_EQ(config.phases[1].make()->needs().policies, std::vector<std::string>{"zcloning"});
  const auto dump = to_yaml(dump_run_config(config));
  EXPECT_EQ(to_yaml(dump_run_config(read(dump))), dump);
  expect_throws<ConfigError>([&] { read(replaced(text, ", policy: mixture", "")); },
                             "learner 'agent' wants a policy with a density");
}

TEST_F(DefaultPhases, AreChangedByName) {
  const std::string text =
      "env: {type: point, pictures: false}\ndata: {path: set.hdf5}\nlearners: {agent: {type: simplified_q}}\n";
  const auto changed = read(text, {"phases.agent_online.episodes=7", "phases.agent_offline=null"});
  ASSERT_EQ(changed.phases.size(), 1u);
  EXPECT_EQ(changed.phases[0].make()->needs().episodes, 7);
  expect_throws<ConfigError>([&] { read(text, {"phases.agent_onlin.episodes=7"}); },
                             "--set phases.agent_onlin.episodes=7: phases: a list of 2; want an index from 0 to 1 or a "
                             "name (agent_offline, agent_online), got 'agent_onlin'; did you mean 'agent_online'?");
}

}  // namespace
}  // namespace onramp
