// examples/own_environment: a user's main that adds an environment gets everything else for free.
#include <gtest/gtest.h>

#include "apps/program.h"
#include "support/run_contents.h"
#include "test_paths.h"

namespace onramp::test {
namespace {

namespace fs = std::filesystem;
constexpr const char* kProgram = "onramp-example-own-environment";
constexpr const char* kConfig = ONRAMP_SOURCE_DIR "/examples/own_environment/cart.yaml";

TEST(OwnEnvironment, IsTrainedInByAProgramOfAFewLines) {
  const TemporaryFolder folder;
  const auto finished = run_program(kProgram, {kConfig}, folder.path());
  ASSERT_EQ(finished.code, 0) << finished.err;
  EXPECT_NE(finished.out.find("online"), std::string::npos) << finished.out;
  EXPECT_TRUE(fs::exists(folder / "runs/cart/seed1/metrics.csv"));  // named after the config

  // The other programs do not have its environment, and say whose it is.
  expect_refused(run_program("onramp-eval", {"runs/cart/seed1"}, folder.path()), 2,
                 "type: 'cart' is an environment of the program that trained in it; this one has can, ");
  expect_refused(run_program("onramp-data", {"replay", "runs/cart/seed1", "--simulate"}, folder.path()), 2,
                 "env.type: 'cart' is an environment of the program that trained in it");
  expect_refused(run_program("onramp-eval", {"runs/cart"}, folder.path()), 1,
                 "runs/cart: no run, but a folder of runs; name one: runs/cart/seed1");
}

TEST(OwnEnvironment, IsKnownToHelpAndChecks) {
  const auto help = run_program(kProgram, {"--help-config"});
  EXPECT_EQ(help.code, 0) << help.err;
  EXPECT_NE(help.out.find("type: cart"), std::string::npos);
  EXPECT_NE(help.out.find("reach_m"), std::string::npos);
  expect_refused(run_program(kProgram, {kConfig, "--set", "env.reach_n=1"}), 2, "did you mean 'reach_m'?");
  expect_refused(run_program(kProgram, {kConfig, "--set", "env.reach_m=0"}), 2, "env.reach_m");
}

TEST(OwnEnvironment, GoesOnBitForBitAfterCtrlC) {
  const TemporaryFolder folder;
  const std::vector<std::string> arguments{kConfig, "--set", "run.folder=whole", "--set", "compute.threads=1"};
  ASSERT_EQ(run_program(kProgram, arguments, folder.path()).code, 0);
  auto stopped_arguments = arguments;
  stopped_arguments[2] = "run.folder=stopped";
  Program stopped(kProgram, stopped_arguments, folder.path());
  ASSERT_TRUE(stopped.wait_until([&] { return fs::exists(folder / "stopped/episodes/000003.h5"); }));
  stopped.signal(SIGINT);
  expect_stopped(stopped.wait(), 130, "the same command continues it");
  ASSERT_EQ(run_program(kProgram, stopped_arguments, folder.path()).code, 0);
  EXPECT_EQ(difference(lasting_contents(folder / "whole"), lasting_contents(folder / "stopped")), "");
}

}  // namespace
}  // namespace onramp::test
