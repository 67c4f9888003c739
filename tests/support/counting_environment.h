// The smallest environment: its state is the number of steps taken, its reward too.
#pragma once

#include <ATen/Functions.h>

#include <limits>
#include <thread>

#include "onramp/base/error.h"
#include "onramp/envs/environment.h"
#include "onramp/envs/manipulation_environment.h"

namespace onramp::test {

class CountingEnvironment : public Environment {
 public:
  explicit CountingEnvironment(int64_t end_after = 0, EndReason reason = EndReason::kTimeLimit, int64_t success_at = 0)
      : end_after_(end_after), reason_(reason), success_at_(success_at) {
    spec_.name = "counting";
    spec_.observation.entries.push_back({.name = "state", .shape = {1}, .low = 0, .high = 1e6});
    spec_.action.dim = 2;
    spec_.max_steps = end_after;
  }
  const EnvSpec& spec() const override { return spec_; }
  Observation reset(uint64_t seed) override {
    seed_ = seed;
    steps_ = 0;
    running_ = true;
    return observe();
  }
  Step step(const at::Tensor& action) override {
    ONRAMP_CHECK(running_, "step() needs a reset() first");
    check_action(action, 2);
    if (throw_at > 0 && steps_ + 1 >= throw_at) throw EnvironmentError("the counter jammed");
    ++steps_;
    running_ = end_after_ == 0 || steps_ < end_after_;
    Step step{.obs = observe(), .reward = double(steps_), .success = steps_ == success_at_};
    if (!running_) step.end = reason_;
    step.timing_us["late"] = double(steps_);
    return step;
  }
  int64_t throw_at = 0;
  int64_t nan_at = 0;  ///< the step whose state is not a number
  std::thread::id made_in = std::this_thread::get_id();
  uint64_t seed() const { return seed_; }

 private:
  Observation observe() const {
    const bool bad = nan_at > 0 && steps_ >= nan_at;
    return {{"state", at::full({1}, bad ? std::numeric_limits<double>::quiet_NaN() : double(steps_), at::kFloat)}};
  }
  EnvSpec spec_;
  int64_t end_after_;
  EndReason reason_;
  int64_t success_at_, steps_ = 0;
  uint64_t seed_ = 0;
  bool running_ = false;
};

class DrawableEnvironment final : public CountingEnvironment, public Renderable {
 public:
  at::Tensor render(int64_t width, int64_t height) override { return at::zeros({height, width, 3}, at::kByte); }
};

}  // namespace onramp::test
