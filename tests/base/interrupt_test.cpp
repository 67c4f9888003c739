#include "onramp/base/interrupt.h"

#include <gtest/gtest.h>

#include <unistd.h>
#include <csignal>

#include "onramp/base/error.h"

namespace onramp {
namespace {

TEST(Interrupt, TheFirstSignalAsks) {
  install_interrupt_handler();
  clear_interrupt();
  EXPECT_FALSE(interrupt_requested());
  std::raise(SIGINT);
  EXPECT_TRUE(interrupt_requested());
  clear_interrupt();
  EXPECT_FALSE(interrupt_requested());
  std::raise(SIGTERM);
  EXPECT_TRUE(interrupt_requested());
  clear_interrupt();
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
}

/// What SIGHUP did before the test (ignored, where the tests run under nohup), put back at its end.
class HangupBefore {
 public:
  explicit HangupBefore(void (*now)(int)) : before_(std::signal(SIGHUP, now)) {}
  ~HangupBefore() { std::signal(SIGHUP, before_); }
  HangupBefore(const HangupBefore&) = delete;
  HangupBefore& operator=(const HangupBefore&) = delete;

 private:
  void (*before_)(int);
};

TEST(Interrupt, ATerminalThatClosesAsks) {
  const HangupBefore before(SIG_DFL);
  install_interrupt_handler();
  clear_interrupt();
  std::raise(SIGHUP);
  EXPECT_TRUE(interrupt_requested());
  clear_interrupt();
  EXPECT_FALSE(interrupt_requested());
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
}

TEST(Interrupt, ATerminalThatClosesIsNothingUnderNohup) {
  const HangupBefore before(SIG_IGN);
  install_interrupt_handler();
  clear_interrupt();
  std::raise(SIGHUP);
  EXPECT_FALSE(interrupt_requested());
  EXPECT_EQ(std::signal(SIGHUP, SIG_IGN), SIG_IGN);
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
}

// The kernel and the shell each send one, and a session's end SIGTERM behind them: none cuts the saving short.
TEST(InterruptDeathTest, ATerminalThatClosesStopsNothingAtOnce) {
  EXPECT_EXIT(
      {
        const HangupBefore before(SIG_DFL);
        install_interrupt_handler();
        std::raise(SIGHUP);
        std::raise(SIGHUP);
        std::raise(SIGTERM);
        ::_exit(interrupt_requested() ? 7 : 8);
      },
      ::testing::ExitedWithCode(7), "the terminal was closed: stopping in order");
}

TEST(InterruptDeathTest, TheSecondSignalStopsAtOnce) {
  EXPECT_EXIT(
      {
        install_interrupt_handler();
        std::raise(SIGINT);
        std::raise(SIGINT);
      },
      ::testing::ExitedWithCode(130), "interrupted: stopping in order; press Ctrl-C again to stop at once");
}

}  // namespace
}  // namespace onramp
