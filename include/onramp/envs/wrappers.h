// Environments around an environment. Each owns what it wraps.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "onramp/data/episode.h"
#include "onramp/data/episode_builder.h"
#include "onramp/envs/environment.h"

namespace onramp {

/// What wraps another environment says so, so that find_renderable() can look inside.
class Wrapper : public Environment {
 public:
  virtual Environment& wrapped() = 0;
};

/// @return the first Renderable from the outside in; null when nothing can be drawn.
Renderable* find_renderable(Environment& environment);

/// Ends an episode with TimeLimit after `max_steps` steps, unless it ended before.
class TimeLimit final : public Wrapper {
 public:
  TimeLimit(std::unique_ptr<Environment> inner, int64_t max_steps);
  const EnvSpec& spec() const override { return spec_; }
  Observation reset(uint64_t seed) override;
  Step step(const at::Tensor& action) override;
  void standby() override { inner_->standby(); }
  Environment& wrapped() override { return *inner_; }

 private:
  std::unique_ptr<Environment> inner_;
  EnvSpec spec_;
  int64_t steps_ = 0;
  bool running_ = false;
};

/// Takes each action `times` times, or until the episode ends: rewards are summed, success at any of the steps counts,
/// everything else is the last step's.
class ActionRepeat final : public Wrapper {
 public:
  ActionRepeat(std::unique_ptr<Environment> inner, int64_t times);
  const EnvSpec& spec() const override { return spec_; }
  Observation reset(uint64_t seed) override { return inner_->reset(seed); }
  Step step(const at::Tensor& action) override;
  void standby() override { inner_->standby(); }
  Environment& wrapped() override { return *inner_; }

 private:
  std::unique_ptr<Environment> inner_;
  EnvSpec spec_;
  int64_t times_;
};

/// Hands each finished episode over, with `seed` and `task` among its meta data and the timing as extra columns.
/// An episode that is reset before its end is forgotten.
class Recorder final : public Wrapper {
 public:
  using Sink = std::function<void(Episode)>;
  Recorder(std::unique_ptr<Environment> inner, Sink sink, std::map<std::string, std::string> meta = {});
  const EnvSpec& spec() const override { return inner_->spec(); }
  Observation reset(uint64_t seed) override;
  Step step(const at::Tensor& action) override;
  void standby() override { inner_->standby(); }
  Environment& wrapped() override { return *inner_; }

 private:
  void finish(EndReason end);
  std::unique_ptr<Environment> inner_;
  Sink sink_;
  std::map<std::string, std::string> meta_;
  EpisodeBuilder builder_;
};

}  // namespace onramp
