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
