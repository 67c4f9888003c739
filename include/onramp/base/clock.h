// Time as an argument: wall time on a robot, physics time in a simulator, hand-set time in a test.
#pragma once

namespace onramp {

/// Where time comes from. Thread safety: an implementation says.
class Clock {
 public:
  virtual ~Clock() = default;
  /// Seconds since a fixed but arbitrary moment; never goes backwards.
  virtual double now() const = 0;
  /// Returns when now() >= t_s; at once when that has passed. In simulation time passes only here.
  virtual void wait_until(double t_s) = 0;
};

/// std::chrono::steady_clock, from the moment of construction. Thread-safe.
class SteadyClock final : public Clock {
 public:
  SteadyClock();
  double now() const override;
  void wait_until(double t_s) override;

 private:
  double start_s_;
};

/// Time stands still except in wait_until() and advance().
class ManualClock final : public Clock {
 public:
  double now() const override { return now_s_; }
  void wait_until(double t_s) override { now_s_ = t_s > now_s_ ? t_s : now_s_; }
  void advance(double seconds) { wait_until(now_s_ + seconds); }

 private:
  double now_s_ = 0.0;
};

}  // namespace onramp
