// Kills at moments that nobody chose, the start of a program and its end included. scripts/kill_test.sh asks for many.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <map>

#include "apps/kills.h"
#include "onramp/base/random.h"

namespace onramp::test {
namespace {

namespace fs = std::filesystem;

std::map<std::string, std::string> episodes_of(const fs::path& run) {
  std::map<std::string, std::string> episodes;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(run / "episodes", none)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(".tmp."))
      episodes["episodes/" + name] = read_file(entry.path());  // half a file is no file yet
  }
  return episodes;
}

/// What is on disk is what the undisturbed run recorded, and nothing that was there is gone.
void expect_keeps(const std::map<std::string, std::string>& before, const std::map<std::string, std::string>& after) {
  for (const auto& [name, bytes] : before) EXPECT_TRUE(after.contains(name)) << name << " is lost";
  for (const auto& [name, bytes] : after) {
    const auto want = whole_run().contents.find(name);
    EXPECT_TRUE(want != whole_run().contents.end() && want->second == bytes) << name << " is another";
  }
}

TEST(RandomKills, LoseNoEpisodeAndChangeNoBit) {
  ASSERT_EQ(whole_run().finished.code, 0) << whole_run().finished.err;
  const char* wanted = std::getenv("ONRAMP_KILLS");
  const int64_t kills = wanted ? std::atoll(wanted) : 8;
  constexpr int kMostInARun = 10;
  RandomStream stream(21, "kills");
  std::map<int64_t, int64_t> killed_in;  // by phase of the last checkpoint; -1: before the first
  int64_t done = 0, runs = 0;
  for (; done < kills; ++runs) {
    ASSERT_LT(runs, 2 * kills) << "the runs end before they are killed";
    const TemporaryFolder folder;
    const auto run = folder / "run";
    std::map<std::string, std::string> episodes;
    for (int k = 0; k < kMostInARun && done < kills; ++k) {
      Rng random = stream.next();
      const char* saving = random.bernoulli(0.7) ? "0.1" : random.bernoulli(0.5) ? "0" : "1000";
      // Most of a whole run, however long that takes here: starting is an eighth of it.
      const auto wait = std::chrono::duration<double>(random.uniform(0, 0.75 * whole_run().seconds));
      if (!kill_tiny_run(run, saving, std::chrono::duration_cast<std::chrono::microseconds>(wait))) break;
      ++done;
      ++killed_in[position_of(run).phase];
      const auto left = episodes_of(run);
      expect_keeps(episodes, left);
      episodes = left;
    }
    const auto finished = run_program("onramp-train", tiny_arguments(whole_run().config, run));
    EXPECT_EQ(finished.code, 0) << finished.err;
    EXPECT_EQ(difference(whole_run().contents, lasting_contents(run)), "") << "run " << runs;
    if (wanted) {
      std::printf("run %lld: %lld kills so far\n", static_cast<long long>(runs), static_cast<long long>(done));
      std::fflush(stdout);
    }
  }
  for (const auto& [phase, count] : killed_in) {
    std::printf("last checkpoint in phase %lld: %lld kills\n", static_cast<long long>(phase),
                static_cast<long long>(count));
  }
}

}  // namespace
}  // namespace onramp::test
