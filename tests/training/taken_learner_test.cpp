// A learner that another run has taught: `from` of a learn phase.
#include <gtest/gtest.h>

#include "onramp/base/atomic_file.h"
#include "onramp/training/learner_file.h"
#include "training/run_fixture.h"

namespace onramp {
namespace {

using namespace onramp::test;

std::string taking_from(const std::filesystem::path& run, const std::string& text = kTinyRun) {
  return replaced(text, "learner: encoder, updates: 5", "learner: encoder, updates: 5, from: " + run.string());
}

/// What the phases after the encoder's made.
std::map<std::string, std::string> what_follows(const std::filesystem::path& run) {
  auto contents = lasting_contents(run);
  std::erase_if(contents, [](const auto& item) {
    const auto& name = item.first;
    return !name.starts_with("policies/") && !name.starts_with("critics/") && !name.starts_with("episodes/") &&
           name != "report/results.json" && name != "results.json";
  });
  return contents;
}

TEST_F(Runs, ThatTakeALearnerGoOnAsIfTheyHadTaughtIt) {
  execute(folder_ / "taught");
  execute(folder_ / "taken", taking_from(folder_ / "taught"));
  EXPECT_GT(what_follows(folder_ / "taken").size(), 10U);
  EXPECT_EQ(difference(what_follows(folder_ / "taught"), what_follows(folder_ / "taken")), "");
  EXPECT_EQ(read_file(folder_ / "taken" / "metrics.csv").find("\nencoder,"), std::string::npos)
      << "nothing was learned";
  execute(folder_ / "again", taking_from(folder_ / "taken"));  // from one that took it itself
  EXPECT_EQ(difference(what_follows(folder_ / "taught"), what_follows(folder_ / "again")), "");

  execute(folder_ / "other", replaced(kTinyRun, "seed: 3", "seed: 4"));
  execute(folder_ / "mixed", taking_from(folder_ / "other"));
  EXPECT_NE(difference(what_follows(folder_ / "taught"), what_follows(folder_ / "mixed")), "") << "it is in use";
}

TEST_F(Runs, TakeNoLearnerThatIsNotThereOrNotTheSame) {
  const auto refuse = [&](const std::string& text, const std::string& why) {
    expect_throws<ConfigError>([&] { execute(folder_ / "taken", text); }, why);
    std::filesystem::remove_all(folder_ / "taken");
  };
  const auto taught = (folder_ / "taught").string();
  refuse(taking_from(taught), taught + ": no run with a checkpoint, from which 'encoder' could be taken");
  request_interrupt();
  EXPECT_THROW(execute(taught), InterruptedError);
  clear_interrupt();
  refuse(taking_from(taught), taught + ": 'encoder' still learns there, in phase 'encoder'; continue that run first");
  execute(taught);
  refuse(
      taking_from(taught, replaced(kTinyRun, "latent_dim: 4", "latent_dim: 5")),
      taught + ": its learner 'encoder' has other settings (learners.encoder.latent_dim: '4' there against '5' here)");
  refuse(replaced(taking_from(taught, replaced(kTinyRun, "  encoder: {type", "  encodr: {type")), "learner: encoder,",
                  "learner: encodr,"),
         taught + ": no learner 'encodr' in that run; did you mean 'encoder'? (there are: ");
  refuse(replaced(kTinyRun, "learner: cloning, updates: 5", "learner: cloning, updates: 5, from: " + taught),
         "phases[2].from: learner 'cloning' has a policy: continue the run that it learned in");
  refuse(replaced(taking_from(taught), "updates: 5, from", "updates: 5, keep_policy_every: 2, from"),
         "from: nothing is learned that keep_policy_every could keep");
}

}  // namespace
}  // namespace onramp
