// A run that is stopped, however that happens, ends as one that never was: bit for bit.
#include <gtest/gtest.h>

#include <csignal>
#include <set>

#include "apps/kills.h"
#include "onramp/base/random.h"

namespace onramp::test {
namespace {

namespace fs = std::filesystem;

struct Resume : ::testing::Test {
  void SetUp() override { ASSERT_EQ(whole_run().finished.code, 0) << whole_run().finished.err; }
  std::vector<std::string> saving_every(const std::string& seconds) {
    return tiny_arguments(whole_run().config, run, {"run.checkpoint_every_s=" + seconds});
  }
  void expect_finishes_as_if_never_stopped() {
    const auto finished = run_program("onramp-train", saving_every("1000"));
    EXPECT_EQ(finished.code, 0) << finished.err;
    EXPECT_EQ(difference(whole_run().contents, lasting_contents(run)), "");
  }
  TemporaryFolder folder;
  fs::path run = folder / "run";
};

// In each phase three times: at a random unit of work with a checkpoint after each; at a random moment with one now and
// then; and at a random moment with none, so that all that the phase did is lost.
TEST_F(Resume, AfterKillsAtRandomMomentsInEachPhase) {
  RandomStream stream(20, "kills");
  std::multiset<int64_t> killed_in;
  bool ended = false;
  for (int64_t phase = 0; phase < int64_t(kTinyUnits.size()) && !ended; ++phase) {
    for (const char* saving : {"0", "0.1", "1000"}) {
      Rng random = stream.next();
      const bool by_units = std::string(saving) == "0";
      const Position target{phase, by_units ? 1 + random.below(kTinyUnits[size_t(phase)] - 1) : 0};
      const auto wait = std::chrono::microseconds(int64_t(random.uniform(0, by_units ? 2e4 : 3e5)));
      ended = !kill_tiny_run(run, saving, wait, target);
      if (ended) break;
      killed_in.insert(position_of(run).phase);
    }
  }
  for (int64_t phase = 0; phase < int64_t(kTinyUnits.size()); ++phase) EXPECT_GE(killed_in.count(phase), 1u) << phase;
  EXPECT_GE(killed_in.size(), 15u);
  expect_finishes_as_if_never_stopped();
}

TEST_F(Resume, AfterAKillBeforeTheFirstCheckpoint) {
  Program train("onramp-train", saving_every("1000"));
  ASSERT_TRUE(train.wait_until([&] { return fs::exists(run / "episodes" / "000002.h5"); }));
  train.signal(SIGKILL);
  train.wait();
  EXPECT_EQ(position_of(run), Position{});
  expect_finishes_as_if_never_stopped();
}

TEST_F(Resume, AfterCtrlC) {
  Program train("onramp-train", saving_every("1000"));
  PositionWatch position(run);
  ASSERT_TRUE(train.wait_until([&] { return position() >= Position{3, 0}; })) << train.wait().err;
  train.signal(SIGINT);
  expect_stopped(train.wait(), 130, "interrupted in phase 'offline' and saved; the same command continues it");
  EXPECT_EQ(position_of(run).phase, 3);
  EXPECT_GE(position_of(run).step, 1);
  expect_finishes_as_if_never_stopped();
}

TEST_F(Resume, AfterATermSignalWhileItCollects) {
  Program train("onramp-train", saving_every("1000"));
  ASSERT_TRUE(train.wait_until([&] { return fs::exists(run / "episodes" / "000001.h5"); })) << train.wait().err;
  train.signal(SIGTERM);
  expect_stopped(train.wait(), 130, "interrupted in phase 'demonstrations' and saved");
  EXPECT_EQ(position_of(run).phase, 0);
  EXPECT_GE(position_of(run).step, 2);
  expect_finishes_as_if_never_stopped();
}

TEST_F(Resume, AfterItsTerminalWasClosed) {
  void (*const before)(int) = std::signal(SIGHUP, SIG_DFL);  // ignored where the tests run under nohup, and inherited
  Program train("onramp-train", saving_every("1000"));
  std::signal(SIGHUP, before);
  ASSERT_TRUE(train.wait_until([&] { return fs::exists(run / "episodes" / "000001.h5"); })) << train.wait().err;
  train.signal(SIGHUP);
  train.signal(SIGHUP);  // one of the kernel's, one of the shell's
  expect_stopped(train.wait(), 130, "interrupted in phase 'demonstrations' and saved");
  EXPECT_EQ(position_of(run).phase, 0);
  EXPECT_GE(position_of(run).step, 2);
  expect_finishes_as_if_never_stopped();
}

TEST_F(Resume, SaysWhenTheBitsWillDiffer) {
  Program train("onramp-train", saving_every("0"));
  PositionWatch position(run);
  ASSERT_TRUE(train.wait_until([&] { return position() >= Position{0, 2}; })) << train.wait().err;
  train.signal(SIGKILL);
  train.wait();
  const auto finished = run_program("onramp-train", tiny_arguments(whole_run().config, run, {"compute.threads=2"}));
  EXPECT_EQ(finished.code, 0) << finished.err;
  EXPECT_NE(finished.err.find("not bit-identical to an uninterrupted one: threads was 1, is 2"), std::string::npos)
      << finished.err;
}

}  // namespace
}  // namespace onramp::test
