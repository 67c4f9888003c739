#include "onramp/base/interrupt.h"

#include <gtest/gtest.h>

#include <unistd.h>
#include <csignal>

#include "onramp/base/error.h"

namespace onramp {
namespace {

/// What the signals did before the test, put back at its end. SIGHUP is ignored where the tests run under nohup.
class HandlersBefore {
 public:
  explicit HandlersBefore(void (*hangup_now)(int) = SIG_DFL) : hangup_(std::signal(SIGHUP, hangup_now)) {}
  ~HandlersBefore() {
    clear_interrupt();
    std::signal(SIGHUP, hangup_);
    std::signal(SIGINT, SIG_DFL);
    std::signal(SIGTERM, SIG_DFL);
  }
  HandlersBefore(const HandlersBefore&) = delete;
  HandlersBefore& operator=(const HandlersBefore&) = delete;

 private:
  void (*hangup_)(int);
};

TEST(Interrupt, TheFirstSignalAsks) {
  const HandlersBefore before;
  install_interrupt_handler();
  clear_interrupt();
  EXPECT_FALSE(interrupt_requested());
  std::raise(SIGINT);
  EXPECT_TRUE(interrupt_requested());
  clear_interrupt();
  EXPECT_FALSE(interrupt_requested());
  std::raise(SIGTERM);
  EXPECT_TRUE(interrupt_requested());
}

TEST(Interrupt, ATerminalThatClosesAsks) {
  const HandlersBefore before;
  install_interrupt_handler();
  clear_interrupt();
  std::raise(SIGHUP);
  EXPECT_TRUE(interrupt_requested());
  clear_interrupt();
  EXPECT_FALSE(interrupt_requested());
}

TEST(Interrupt, ATerminalThatClosesIsNothingUnderNohup) {
  const HandlersBefore before(SIG_IGN);
  install_interrupt_handler();
  clear_interrupt();
  std::raise(SIGHUP);
  EXPECT_FALSE(interrupt_requested());
  EXPECT_EQ(std::signal(SIGHUP, SIG_IGN), SIG_IGN);
}

// The kernel and the shell each send one, and a session's end SIGTERM behind them: none cuts the saving short.
TEST(InterruptDeathTest, ATerminalThatClosesStopsNothingAtOnce) {
  EXPECT_EXIT(
      {
        const HandlersBefore before;
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
