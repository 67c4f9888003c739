#include "onramp/base/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <new>

namespace onramp {
namespace {

using testing::internal::CaptureStderr;
using testing::internal::GetCapturedStderr;

template <class E>
void expect_exit(const E& error, int code, const std::string& line) {
  CaptureStderr();
  EXPECT_EQ(run_main([&]() -> int { throw error; }), code);
  EXPECT_EQ(GetCapturedStderr(), line);
}

TEST(RunMain, PrintsOneLineAndReturnsTheExitCode) {
  EXPECT_EQ(run_main([] { return 3; }), 3);
  expect_exit(ConfigError("a.yaml:1:1: x"), 2, "error: a.yaml:1:1: x\n");
  expect_exit(DataError("x.hdf5: truncated"), 1, "error: x.hdf5: truncated\n");
  expect_exit(InterruptedError("interrupted; run the same command to continue"), 130,
              "interrupted; run the same command to continue\n");
  expect_exit(std::bad_alloc(), 1, "error: out of memory\n");
  expect_exit(std::logic_error("f.cpp:3: x > 0"), 1, "internal error (please report it): f.cpp:3: x > 0\n");
  expect_exit(std::runtime_error("first line\nstack trace"), 1, "error: first line\n");
}

TEST(Check, NamesPlaceConditionAndMessage) {
  try {
    ONRAMP_CHECK(1 + 1 == 3, "want ", 3, ", got ", 2);
    FAIL();
  } catch (const std::logic_error& error) {
    EXPECT_THAT(error.what(), testing::MatchesRegex(".*error_test.cpp:[0-9]+: 1 \\+ 1 == 3: want 3, got 2"));
  }
  EXPECT_NO_THROW(ONRAMP_CHECK(true));
}

}  // namespace
}  // namespace onramp
