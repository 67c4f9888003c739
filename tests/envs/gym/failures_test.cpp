// A stranger's code may do anything: each way is one clear line, and nothing is left behind.
#include <ATen/Functions.h>
#include <dirent.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "gym_testing.h"
#include "onramp/base/error.h"
#include "support/expect_throws.h"
#include "support/temporary_folder.h"

namespace onramp::test {
namespace {

at::Tensor still() { return at::zeros({2}); }

/// The step at which tiny.py does what it is told to.
void third_step(Environment& environment) {
  environment.reset(1);
  for (int i = 0; i < 3; ++i) check_step(environment.step(still()), environment.spec());
}

void expect_error(const std::string& kwargs, const std::string& text) {
  const auto environment = gym::make_gym_environment(tiny("Point", kwargs));
  expect_throws<EnvironmentError>([&] { third_step(*environment); }, text);
}

/// After that long at most.
bool ends_soon(pid_t pid) {
  for (int i = 0; i < 500; ++i) {
    if (kill(pid, 0) != 0 && errno == ESRCH) return true;
    std::ifstream status("/proc/" + std::to_string(pid) + "/stat");
    std::string number, name, state;
    if (status >> number >> name >> state && state == "Z") return true;  // nobody here may reap another's child
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

pid_t noted_pid(const std::filesystem::path& file) {
  for (int i = 0; i < 1000; ++i) {
    pid_t pid = 0;
    if (std::ifstream(file) >> pid && pid > 0) return pid;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return 0;
}

size_t open_files() {
  size_t count = 0;
  DIR* folder = opendir("/proc/self/fd");
  while (readdir(folder)) ++count;
  closedir(folder);
  return count;
}

TEST(GymFailure, AnExceptionIsOneLineThatSaysWhere) {
  expect_error("{does: raise}", "environment 'Point': step() failed in Python: RuntimeError: the point is lost (");
  expect_error("{does: raise}", "tiny.py:");
  expect_error("{does: raise}", " in misbehave, called from ");
  expect_error("{does: raise, at: 0}", "reset() failed in Python: RuntimeError");
  expect_error("{does: sys_exit}", "step() failed in Python: SystemExit: enough");
}

TEST(GymFailure, AfterAnExceptionAResetGoesOnInTheSameProcess) {
  const auto environment = gym::make_gym_environment(tiny("Point", "{does: raise}"));
  EXPECT_THROW(third_step(*environment), EnvironmentError);
  EXPECT_ANY_THROW(environment->step(still())) << "an episode that failed is over";
  environment->reset(2);
  EXPECT_NO_THROW(environment->step(still()));
}

TEST(GymFailure, DeathSaysHowAndWhere) {
  expect_error("{does: exit}", "environment 'Point': Python died in step() (exit status 3)");
  expect_error("{does: crash}",
               "Python died in step() (signal 11 (Segmentation fault)): Fatal Python error: Segmentation fault, File");
  expect_error("{does: crash}", "tiny.py\", line");
  expect_error("{does: half}", "Python died in step() (exit status 0)");
}

TEST(GymFailure, AfterADeathAResetStartsAnotherProcess) {
  const auto environment = gym::make_gym_environment(tiny("Point", "{does: exit}"));
  const auto first = environment->reset(1).at("state").clone();
  EXPECT_THROW(third_step(*environment), EnvironmentError);
  EXPECT_TRUE(at::equal(environment->reset(1).at("state"), first));
  EXPECT_NO_THROW(environment->step(still()));
}

TEST(GymFailure, AHangEndsInTimeAndSaysWhere) {
  auto config = tiny("Point", "{does: hang}");
  config.step_timeout_s = 0.5;
  const auto environment = gym::make_gym_environment(config);
  const auto began = std::chrono::steady_clock::now();
  expect_throws<EnvironmentError>([&] { third_step(*environment); },
                                  "Python hung in step() for 0.5 s (env.step_timeout_s) and was ended: File");
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(10));  // tiny.py sleeps for 1000
}

TEST(GymFailure, GarbageIsNotTakenForAnAnswer) {
  expect_error("{does: garbage}", "Python gave garbage for an answer to step() ('no frame at all, but text");
}

TEST(GymFailure, WhatItReturnsIsLookedAt) {
  expect_error("{does: shape}", "step() gave an observation of shape [2]");
  expect_error("{does: four}", "step() must return (observation, reward, terminated, truncated, info), got 4 values");
  expect_error("{does: nan}", "state");
  expect_error("{does: nan_reward}", "reward: want a number, got nan");
}

TEST(GymFailure, WhatThereIsNotIsNamed) {
  expect_throws<ConfigError>([] { gym::make_gym_environment(tiny("Pont")); },
                             "tiny.py offers no 'Pont'; did you mean 'Point'?");
  expect_throws<ConfigError>([] { gym::make_gym_environment(tiny("nothing")); },
                             "env.id: 'nothing' makes a int, which has no observation_space and action_space");
  expect_throws<ConfigError>([] { gym::make_gym_environment(tiny("breaks")); },
                             "env.python: /usr/bin/python3 has no package 'not_there_at_all'; to install it: "
                             "/usr/bin/python3 -m pip install not-there-at-all");
  auto config = tiny();
  config.imports = {"jsom"};
  expect_throws<ConfigError>([&] { gym::make_gym_environment(config); },
                             "env.imports: /usr/bin/python3 has no module 'jsom'; did you mean 'json'?");
  config.imports = {"json.nothing_of_the_kind"};
  expect_throws<ConfigError>([&] { gym::make_gym_environment(config); }, "has no module 'json.nothing_of_the_kind'");
  config = tiny();
  config.file = "/no/such/file.py";
  expect_throws<ConfigError>([&] { gym::make_gym_environment(config); },
                             "env.file: no such Python file: /no/such/file.py");
  config = tiny();
  config.python = "/no/such/python";
  expect_throws<ConfigError>([&] { gym::make_gym_environment(config); }, "env.python: /no/such/python is not there");
  config.python = "/bin/true";
  expect_throws<EnvironmentError>([&] { gym::make_gym_environment(config); },
                                  "Python died in its start (exit status 0)");
  expect_throws<EnvironmentError>([] { gym::make_gym_environment(tiny("Point", "{colour: red}")); },
                                  "its start failed in Python: TypeError");
}

TEST(GymFailure, APythonWithoutGymnasiumIsToldHowToGetIt) {
  auto config = tiny("AdroitHandDoor-v1");
  config.file.clear();
  expect_throws<ConfigError>(
      [&] { gym::make_gym_environment(config); },
      "/usr/bin/python3 has no package 'gymnasium'; scripts/setup.sh --gym makes a Python that has it");
}

TEST(GymFailure, WhatTheEnvironmentPrintsDoesNoHarm) {
  const auto environment = gym::make_gym_environment(tiny("Point", "{does: print}"));
  testing::internal::CaptureStdout();
  EXPECT_NO_THROW(third_step(*environment));
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
}

TEST(GymProcess, LeavesNoProcessAndNoFileOpen) {
  const TemporaryFolder folder;
  const auto before = open_files();
  pid_t grandchild = 0;
  {
    const auto environment =
        gym::make_gym_environment(tiny("Point", "{does: fork, note: " + (folder / "pid").string() + "}"));
    third_step(*environment);
    grandchild = noted_pid(folder / "pid");
    ASSERT_GT(grandchild, 0);
    EXPECT_EQ(kill(grandchild, 0), 0);
  }
  EXPECT_TRUE(ends_soon(grandchild)) << "what the environment started outlives it";
  EXPECT_EQ(open_files(), before);
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << "a child was not waited for";
}

TEST(GymProcess, DiesWithThisOneHoweverThatEnds) {
  const TemporaryFolder folder;
  const auto note = folder / "pid";
  const pid_t learner = fork();
  if (learner == 0) {
    const auto environment =
        gym::make_gym_environment(tiny("Point", "{does: note_pid, at: 0, note: " + note.string() + "}"));
    environment->reset(1);
    for (;;) pause();
  }
  const pid_t python = noted_pid(note);
  EXPECT_GT(python, 0);
  EXPECT_EQ(kill(python, 0), 0);
  kill(learner, SIGKILL);
  waitpid(learner, nullptr, 0);
  EXPECT_TRUE(ends_soon(python));
}

TEST(GymProcess, OutlivesTheThreadThatMadeIt) {
  std::unique_ptr<Environment> environment;
  std::thread([&] { environment = gym::make_gym_environment(tiny()); }).join();
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  environment->reset(1);
  EXPECT_NO_THROW(environment->step(still()));
}

}  // namespace
}  // namespace onramp::test
