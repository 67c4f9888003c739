#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "onramp/base/clock.h"
#include "onramp/base/error.h"
#include "onramp/base/log.h"

namespace onramp {
namespace {

TEST(SteadyClock, WaitsUntilTheMomentAndNotForAPastOne) {
  SteadyClock clock;
  const double start = clock.now();
  clock.wait_until(start + 0.02);
  EXPECT_GE(clock.now(), start + 0.02);
  clock.wait_until(start);
  EXPECT_LT(clock.now(), start + 10.0);
}

TEST(ManualClock, StandsStillExceptInWaitUntil) {
  ManualClock clock;
  clock.wait_until(2.0);
  clock.wait_until(1.0);
  EXPECT_EQ(clock.now(), 2.0);
  clock.advance(0.5);
  EXPECT_EQ(clock.now(), 2.5);
}

TEST(Log, WritesToStderrAndToTheFile) {
  const auto file = std::filesystem::temp_directory_path() / concat("onramp-log-", ::getpid(), ".txt");
  add_log_file(file);
  testing::internal::CaptureStderr();
  log_info("step ", 3, " of {}");
  log_debug("not shown");
  close_log_files();
  log_warning("only on stderr");
  const auto terminal = testing::internal::GetCapturedStderr();
  EXPECT_THAT(terminal, testing::HasSubstr("I step 3 of {}\n"));
  EXPECT_THAT(terminal, testing::HasSubstr("W only on stderr\n"));
  EXPECT_THAT(terminal, testing::Not(testing::HasSubstr("not shown")));
  std::stringstream text;
  text << std::ifstream(file).rdbuf();
  EXPECT_THAT(text.str(), testing::EndsWith("I step 3 of {}\n"));
  std::filesystem::remove(file);
}

TEST(Log, SomeLinesAreForFilesAlone) {
  const auto file = std::filesystem::temp_directory_path() / concat("onramp-log-files-", ::getpid(), ".txt");
  log_to_files(LogLevel::kInfo, "no file yet");
  add_log_file(file);
  testing::internal::CaptureStderr();
  log_to_files(LogLevel::kInfo, "\na table\nof {} lines\n");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  close_log_files();
  std::ifstream stream(file);
  std::stringstream text;
  text << stream.rdbuf();
  EXPECT_THAT(text.str(), testing::MatchesRegex(".* I a table\n.* I of \\{\\} lines\n"));
  std::filesystem::remove(file);
}

TEST(Log, AFileThatCannotBeOpenedIsNamed) { EXPECT_THROW(add_log_file("/proc/nowhere/log.txt"), IoError); }

}  // namespace
}  // namespace onramp
