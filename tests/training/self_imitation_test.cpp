// Attempts on line: which replay sources they enter, and how often the learner is updated after each.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "onramp/algorithms/simplified_q.h"
#include "onramp/base/error.h"
#include "onramp/base/log.h"
#include "onramp/base/text.h"
#include "onramp/data/store/episode_file.h"
#include "support/expect_throws.h"
#include "support/temporary_folder.h"
#include "training/training_testing.h"

namespace onramp {
namespace {

using Ids = std::vector<EpisodeId>;

struct Attempt {
  int64_t steps;
  EndReason end;
  int64_t success_at;  // the step with the success flag, from 1; 0: none
};

// A demonstration, then six attempts. Success is the flag at any step, whatever ends the episode.
const std::vector<Attempt> kAttempts = {
    {3, EndReason::kSuccess, 3},     // 0
    {2, EndReason::kSuccess, 2},     // 1
    {3, EndReason::kTimeLimit, 0},   // 2
    {2, EndReason::kSafetyStop, 0},  // 3
    {4, EndReason::kTimeLimit, 2},   // 4: it did not last
    {3, EndReason::kSafetyStop, 2},  // 5: stopped after its success
    {1, EndReason::kFailure, 0},     // 6
};

/// What happened, a letter each: r reset, s step, w standby, u update.
struct Diary {
  std::string events;
  size_t attempt = 0;
};

class AttemptsEnvironment final : public Environment {
 public:
  AttemptsEnvironment(std::shared_ptr<Diary> diary, bool safety_stop_is_terminal) : diary_(std::move(diary)) {
    spec_.name = "attempts";
    spec_.observation.entries = {{.name = "state", .shape = {1}, .low = 0, .high = 10}};
    spec_.action.dim = 1;
    spec_.safety_stop_is_terminal = safety_stop_is_terminal;
  }
  const EnvSpec& spec() const override { return spec_; }
  Observation reset(uint64_t) override {
    diary_->events += 'r';
    attempt_ = kAttempts.at(diary_->attempt++);
    steps_ = 0;
    return {{"state", at::zeros({1})}};
  }
  Step step(const at::Tensor&) override {
    diary_->events += 's';
    ++steps_;
    Step step{.obs = {{"state", at::full({1}, double(steps_))}}, .success = steps_ == attempt_.success_at};
    if (steps_ == attempt_.steps) step.end = attempt_.end;
    return step;
  }
  void standby() override { diary_->events += 'w'; }

 private:
  std::shared_ptr<Diary> diary_;
  EnvSpec spec_;
  Attempt attempt_{};
  int64_t steps_ = 0;
};

SimplifiedQConfig small_config() {
  SimplifiedQConfig config;
  config.batch_size = 4;
  config.num_action_samples = 1;
  config.critic.mlp.hidden = {4};
  config.actor.mlp.hidden = {4};
  return config;
}

/// SimplifiedQ, its updates on record.
class WatchedAgent final : public Agent {
 public:
  WatchedAgent(const LearnerContext& context, std::shared_ptr<Diary> diary)
      : agent_(small_config(), context), diary_(std::move(diary)) {}
  void begin_stage(Stage stage) override { agent_.begin_stage(stage); }
  std::vector<BatchRequest> sample_plan() const override { return agent_.sample_plan(); }
  Metrics update(const Batches& batches) override {
    diary_->events += 'u';
    return agent_.update(batches);
  }
  void save(Parts& parts) const override { agent_.save(parts); }
  void load(const Parts& parts) override { agent_.load(parts); }
  std::unique_ptr<Policy> policy() const override { return agent_.policy(); }

 private:
  SimplifiedQ agent_;
  std::shared_ptr<Diary> diary_;
};

class WatchedFactory final : public LearnerFactory {
 public:
  explicit WatchedFactory(std::shared_ptr<Diary> diary) : diary_(std::move(diary)) {}
  bool acts() const override { return true; }
  std::unique_ptr<Learnable> make(const LearnerContext& context) const override {
    return std::make_unique<WatchedAgent>(context, diary_);
  }

 private:
  std::shared_ptr<Diary> diary_;
};

struct AttemptsConfig {
  bool safety_stop_is_terminal = true;
  template <class V>
  void fields(V& v) {
    v("safety_stop_is_terminal", safety_stop_is_terminal, "what the task declares");
  }
};

constexpr const char* kRun = R"(
run: {checkpoint_every_s: 1000}
compute: {threads: 1}
env: {type: attempts}
policies: {random: {type: random}}
learners: {agent: {type: watched}}
phases:
  - {type: collect, name: demonstrations, policy: random, episodes: 1}
  - {type: interleave, name: online, learner: agent, episodes: 6, updates_per_episode: 3, successes_into: [offline]}
)";

class SelfImitation : public ::testing::Test {
 protected:
  void SetUp() override { set_log_level(LogLevel::kWarning); }
  void TearDown() override { set_log_level(LogLevel::kInfo); }
  RunConfig config(const std::string& text = kRun) const {
    Catalog catalog = test::point_catalog();
    catalog.environments.add<AttemptsConfig>(
        "attempts", "as the test says", [diary = diary_](const AttemptsConfig& settings) {
          return std::make_unique<AttemptsEnvironment>(diary, settings.safety_stop_is_terminal);
        });
    catalog.learners.add<NoConfig>("watched", "SimplifiedQ", [diary = diary_](const NoConfig&) {
      return std::make_unique<WatchedFactory>(diary);
    });
    return test::read_run(text, catalog);
  }
  Episode recorded(int64_t number) const {
    return read_episode(folder_ / "run" / "episodes" / (concat("00000", number, ".h5")));
  }
  static Ids episodes_of(onramp::Run& run, const std::string& source) {
    const auto ids = run.replay().source(source).episodes();
    return {ids.begin(), ids.end()};
  }
  const test::TemporaryFolder folder_;
  const std::shared_ptr<Diary> diary_ = std::make_shared<Diary>();
};

TEST_F(SelfImitation, SuccessfulAttemptsAreKeptOfflineAsWell) {
  const Ids offline = {0, 1, 4, 5}, online = {1, 2, 3, 4, 5, 6};
  {
    onramp::Run run(config(), folder_ / "run");
    run.execute();
    EXPECT_EQ(episodes_of(run, "offline"), offline);
    EXPECT_EQ(episodes_of(run, "online"), online);
  }
  const std::vector<std::string> sources = {"offline",        "online,offline", "online", "online",
                                            "online,offline", "online,offline", "online"};
  for (size_t number = 0; number < sources.size(); ++number) {
    EXPECT_EQ(recorded(int64_t(number)).meta.at("sources"), sources[number]) << number;
  }
  onramp::Run again(config(), folder_ / "run");  // what a continued run puts back
  EXPECT_EQ(episodes_of(again, "offline"), offline);
  EXPECT_EQ(episodes_of(again, "online"), online);
}

// Three updates after each attempt and none during one, also where a protective stop ended it.
TEST_F(SelfImitation, UpdatesFollowEachAttemptHoweverItEnded) {
  onramp::Run(config(), folder_ / "run").execute();
  EXPECT_EQ(diary_->events,
            "rsssw"  // the demonstration; after each episode the robot holds still
            "rsswuuu"
            "rssswuuu"
            "rsswuuu"
            "rsssswuuu"
            "rssswuuu"
            "rswuuu");
}

// 3, 4.5, 3, 6, 4.5 and 1.5 updates, to the nearest whole number and halves upwards.
TEST_F(SelfImitation, UpdatesMayBeAsManyAsAnAttemptHadSteps) {
  onramp::Run(config(test::replaced(kRun, "updates_per_episode: 3", "updates_per_step: 1.5")), folder_ / "run")
      .execute();
  EXPECT_EQ(diary_->events,
            "rsssw"
            "rsswuuu"
            "rssswuuuuu"
            "rsswuuu"
            "rsssswuuuuuu"
            "rssswuuuuu"
            "rswuu");
}

// 2 + 3 + 2 steps: the third attempt holds the sixth step, and is made to its end.
TEST_F(SelfImitation, AttemptsMayGoOnUntilSoManyStepsAreMade) {
  for (const char* overlap : {"false", "true"}) {
    for (const auto& [steps, attempts] : {std::pair{"6", 3}, {"7", 3}, {"5", 2}, {"1", 1}}) {
      *diary_ = {};
      std::filesystem::remove_all(folder_ / "run");
      const std::string wanted = concat("steps: ", steps, ", overlap: ", overlap, ", updates_per_episode: 3");
      onramp::Run run(config(test::replaced(kRun, "episodes: 6, updates_per_episode: 3", wanted)), folder_ / "run");
      run.execute();
      EXPECT_EQ(run.replay().dataset().episodes(), 1 + attempts) << wanted;
    }
  }
}

TEST_F(SelfImitation, AttemptsAreCountedByOneOfTheTwo) {
  test::expect_throws<ConfigError>([&] { config(test::replaced(kRun, "episodes: 6", "episodes: 6, steps: 9")); },
                                   "episodes = 6 and steps = 9: it goes by one of them; set the other to null");
}

// What the task declares of protective stops reaches the episode, and with it the discount.
TEST_F(SelfImitation, AProtectiveStopIsTerminalWhereTheTaskSaysSo) {
  for (const bool declared : {true, false}) {
    *diary_ = {};
    std::filesystem::remove_all(folder_ / "run");
    onramp::Run run(
        config(declared ? kRun
                        : test::replaced(kRun, "{type: attempts}", "{type: attempts, safety_stop_is_terminal: false}")),
        folder_ / "run");
    run.execute();
    EXPECT_EQ(recorded(3).end, EndReason::kSafetyStop);
    for (const int64_t number : {3, 5}) EXPECT_EQ(run.replay().dataset().info(number).terminal, declared) << number;
    for (const int64_t number : {2, 4}) EXPECT_FALSE(run.replay().dataset().info(number).terminal) << number;
  }
}

}  // namespace
}  // namespace onramp
