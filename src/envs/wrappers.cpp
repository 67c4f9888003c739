#include "onramp/envs/wrappers.h"

#include <utility>

#include "onramp/base/error.h"
#include "onramp/envs/record.h"

namespace onramp {

Renderable* find_renderable(Environment& environment) {
  if (auto* renderable = dynamic_cast<Renderable*>(&environment)) return renderable;
  if (auto* wrapper = dynamic_cast<Wrapper*>(&environment)) return find_renderable(wrapper->wrapped());
  return nullptr;
}

TimeLimit::TimeLimit(std::unique_ptr<Environment> inner, int64_t max_steps)
    : inner_(std::move(inner)), spec_(inner_->spec()) {
  if (max_steps < 1) throw ValueError(concat("max_steps: want >= 1, got ", max_steps));
  spec_.max_steps = spec_.max_steps > 0 ? std::min(spec_.max_steps, max_steps) : max_steps;
}

Observation TimeLimit::reset(uint64_t seed) {
  Observation first = inner_->reset(seed);
  steps_ = 0;
  running_ = true;
  return first;
}

Step TimeLimit::step(const at::Tensor& action) {
  // What is inside may not know that the episode is over.
  ONRAMP_CHECK(running_, spec_.name, ": step() needs a reset() first, at the start and after each end");
  Step step = inner_->step(action);
  if (++steps_ >= spec_.max_steps && !step.end) step.end = EndReason::kTimeLimit;
  running_ = !step.end;
  return step;
}

ActionRepeat::ActionRepeat(std::unique_ptr<Environment> inner, int64_t times)
    : inner_(std::move(inner)), spec_(inner_->spec()), times_(times) {
  if (times < 1) throw ValueError(concat("times: want >= 1, got ", times));
  spec_.control_period_s *= static_cast<double>(times);
  spec_.max_steps = (spec_.max_steps + times - 1) / times;
}

Step ActionRepeat::step(const at::Tensor& action) {
  Step result = inner_->step(action);
  for (int64_t i = 1; i < times_ && !result.end; ++i) {
    Step next = inner_->step(action);
    next.reward += result.reward;
    next.success |= result.success;
    result = std::move(next);
  }
  return result;
}

Recorder::Recorder(std::unique_ptr<Environment> inner, Sink sink, std::map<std::string, std::string> meta)
    : inner_(std::move(inner)),
      sink_(std::move(sink)),
      meta_(std::move(meta)),
      builder_(inner_->spec().observation, inner_->spec().action) {
  meta_["task"] = inner_->spec().name;
}

Observation Recorder::reset(uint64_t seed) {
  Observation first = inner_->reset(seed);
  record_reset(builder_, inner_->spec(), first);
  meta_["seed"] = std::to_string(seed);
  return first;
}

Step Recorder::step(const at::Tensor& action) {
  try {
    Step step = inner_->step(action);
    record_step(builder_, inner_->spec(), action, step);
    if (step.end) finish(*step.end);
    return step;
  } catch (const EnvironmentError&) {  // what was recorded until then is not lost
    if (builder_.length() > 0) finish(EndReason::kCommsLoss);
    throw;
  }
}

void Recorder::finish(EndReason end) { sink_(builder_.finish(end, inner_->spec().safety_stop_is_terminal, meta_)); }

}  // namespace onramp
