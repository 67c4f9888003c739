#include "onramp/base/clock.h"

#include <chrono>
#include <thread>

namespace onramp {
namespace {

double steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

SteadyClock::SteadyClock() : start_s_(steady_seconds()) {}

double SteadyClock::now() const { return steady_seconds() - start_s_; }

void SteadyClock::wait_until(double t_s) {
  // The loop makes up for rounding between double and the clock's ticks.
  while (now() < t_s) std::this_thread::sleep_for(std::chrono::duration<double>(t_s - now()));
}

}  // namespace onramp
