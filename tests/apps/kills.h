// Kills of the tiny run.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "apps/tiny_run.h"

namespace onramp::test {

/// Starts or continues the tiny run and kills it, `wait` after it stands at `target` and works there again. Not beyond
/// that phase, however fast the machine is: the next one wants to be killed as well. Without a target: `wait` after its
/// start, wherever that is.
/// @return false when it ended before that, in order
inline bool kill_tiny_run(const std::filesystem::path& run, const std::string& saving_every_s,
                          std::chrono::microseconds wait, const std::optional<Position>& target = {}) {
  using Clock = std::chrono::steady_clock;
  PositionWatch position(run);
  const Position before = position();
  Program train("onramp-train", tiny_arguments(whole_run().config, run, {"run.checkpoint_every_s=" + saving_every_s}));
  const auto at_target = [&] {
    const bool at_work = before.phase < 0 || train.err().find("continuing from") != std::string::npos;
    return at_work && position() >= *target;
  };
  bool alive = !target || train.wait_until(at_target);
  const auto due = Clock::now() + wait;
  alive =
      alive && train.wait_until([&] { return Clock::now() >= due || (target && position().phase > target->phase); });
  if (alive) train.signal(SIGKILL);
  const auto finished = train.wait();
  EXPECT_EQ(finished.code, alive ? 128 + SIGKILL : 0) << finished.err;
  return alive;
}

}  // namespace onramp::test
