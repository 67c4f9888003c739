#include "onramp/envs/gym/gym_environment.h"

#include <ATen/ops/equal.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <opencv2/imgproc.hpp>
#include <utility>

#include "bridge.h"
#include "onramp/base/error.h"
#include "onramp/base/log.h"
#include "onramp/base/printable.h"
#include "onramp/core/tensor_io.h"
#include "onramp/envs/manipulation_environment.h"
#include "spaces.h"

namespace onramp::gym {
namespace {

/// Generators of some environments take no larger seed.
constexpr uint64_t kSeedMask = 0xffffffff;

class GymEnvironment : public Environment {
 public:
  explicit GymEnvironment(const GymConfig& config) : config_(config) { start(); }

  const EnvSpec& spec() const override { return agreed_.spec; }

  Observation reset(uint64_t seed) override {
    running_ = false;
    if (!bridge_->alive()) restart();
    Observation first = begin(seed);
    if (!std::exchange(seed_was_tried_, true)) first = begin_again(seed, first);
    steps_ = 0;
    running_ = true;
    return first;
  }

  Step step(const at::Tensor& action) override {
    ONRAMP_CHECK(running_, spec().name, ": step() needs a reset() first, at the start and after each end");
    check_action(action, spec().action.dim);
    running_ = false;  // should Python fail
    using Clock = std::chrono::steady_clock;
    const auto began = Clock::now();
    agreed_.action.write({action.const_data_ptr<float>(), static_cast<size_t>(action.numel())}, bridge_->memory());
    Stepped stepped{};
    std::memcpy(&stepped, bridge_->ask(Ask::kStep, {}, sizeof stepped).data(), sizeof stepped);
    const double whole_us = std::chrono::duration<double, std::micro>(Clock::now() - began).count();
    ++steps_;

    Step step;
    step.obs = read_observation(agreed_, bridge_->memory());
    step.success = stepped.success == 1;
    step.reward = reward(stepped);
    step.end = end(stepped);
    const double python_us = static_cast<double>(stepped.python_ns) * 1e-3;
    step.timing_us = {{"python", python_us}, {"bridge", whole_us - python_us}};
    success_was_said_ |= stepped.success != 2;
    if (step.end && !success_was_said_ && !config_.success_key.empty()) refuse_success_key();
    running_ = !step.end;
    return step;
  }

 protected:
  Bridge& bridge() { return *bridge_; }

 private:
  Observation begin(uint64_t seed) {
    const uint64_t asked = seed & kSeedMask;
    bridge_->ask(Ask::kReset, std::as_bytes(std::span(&asked, 1)), sizeof(uint64_t));
    return read_observation(agreed_, bridge_->memory());
  }

  /// Whether the environment follows its seed, of which Gymnasium's interface can only ask.
  Observation begin_again(uint64_t seed, const Observation& before) {
    Observation again = begin(seed);
    for (const auto& [name, value] : again) {
      if (at::equal(value, before.at(name))) continue;
      log_warning("environment '", config_.id, "': two resets with one seed differ in '", name,
                  "': it does not follow its seed, and no run repeats itself");
      break;
    }
    return again;
  }

  void start() {
    auto bridge = std::make_unique<Bridge>(config_);
    agreed_ = agree(config_, bridge->facts());
    bridge->share(agreed_.layout);
    bridge_ = std::move(bridge);
  }

  /// After the process was lost.
  void restart() {
    const EnvSpec before = agreed_.spec;
    start();
    if (before.observation != agreed_.spec.observation || before.action != agreed_.spec.action)
      throw EnvironmentError(concat("environment '", config_.id, "': has other spaces when it is made again"));
  }

  double reward(const Stepped& stepped) const {
    switch (config_.reward) {
      case GymReward::kEnvironment:
        return stepped.reward;
      case GymReward::kSuccess:
        return stepped.success == 1 ? 1.0 : 0.0;
      case GymReward::kSuccessMinusOne:
        return stepped.success == 1 ? 0.0 : -1.0;
    }
    return stepped.reward;
  }

  /// Terminal goes before cut off: what the task says of itself holds whatever the clock says. A horizon's `terminated` is
  /// the clock's.
  std::optional<EndReason> end(const Stepped& stepped) const {
    const bool success = stepped.success == 1;
    if (success && config_.ends_at_success) return EndReason::kSuccess;
    const bool by_horizon = agreed_.horizon > 0 && steps_ >= agreed_.horizon;
    if (stepped.terminated && !by_horizon) return success ? EndReason::kSuccess : EndReason::kFailure;
    const bool over = spec().max_steps > 0 && steps_ >= spec().max_steps;
    if (stepped.terminated || stepped.truncated || over) return EndReason::kTimeLimit;
    return std::nullopt;
  }

  [[noreturn]] void refuse_success_key() {
    const auto bytes = bridge_->ask(Ask::kInfo);
    const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    const auto keys = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
    std::vector<std::string> names;
    for (const auto& key : keys) {
      if (key.is_string()) names.push_back(key.get<std::string>());
    }
    throw ConfigError(one_line(concat("env.success_key: a whole episode of '", config_.id, "' never set '",
                                      config_.success_key, "' in info", did_you_mean(config_.success_key, names),
                                      " (has: ", names.empty() ? "nothing" : join(names),
                                      "); name another, or '' where nothing says it; a run that has begun keeps its "
                                      "settings, so give it another run.folder")));
  }

  const GymConfig config_;
  std::unique_ptr<Bridge> bridge_;
  Agreement agreed_;
  int64_t steps_ = 0;
  bool running_ = false;
  bool seed_was_tried_ = false;
  bool success_was_said_ = false;
};

/// Where pictures for films were asked for.
class RenderedGymEnvironment final : public GymEnvironment, public Renderable {
 public:
  using GymEnvironment::GymEnvironment;

  at::Tensor render(int64_t width, int64_t height) override {
    const auto bytes = bridge().ask(Ask::kRender);
    uint32_t size[2] = {};
    if (bytes.size() >= sizeof size) std::memcpy(size, bytes.data(), sizeof size);
    if (size[0] == 0 || size[1] == 0 || bytes.size() != sizeof size + uint64_t{3} * size[0] * size[1])
      throw EnvironmentError(concat("environment '", spec().name, "': render() gave no whole picture"));
    const cv::Mat picture(static_cast<int>(size[0]), static_cast<int>(size[1]), CV_8UC3,
                          const_cast<std::byte*>(bytes.data() + sizeof size));  // read only
    // As large as fits, in its own proportions: what is left over stays black.
    const double scale = std::min(double(width) / picture.cols, double(height) / picture.rows);
    const cv::Size fits(std::max(1, static_cast<int>(std::lround(picture.cols * scale))),
                        std::max(1, static_cast<int>(std::lround(picture.rows * scale))));
    cv::Mat whole(static_cast<int>(height), static_cast<int>(width), CV_8UC3, cv::Scalar::all(0));
    cv::Mat middle = whole(cv::Rect({(whole.cols - fits.width) / 2, (whole.rows - fits.height) / 2}, fits));
    cv::resize(picture, middle, fits, 0, 0, scale < 1 ? cv::INTER_AREA : cv::INTER_LINEAR);
    return copy_to_tensor(std::span<const uint8_t>(whole.data, whole.total() * 3), {height, width, 3});
  }
};

}  // namespace

void GymConfig::validate() const {
  const bool needs_success = ends_at_success || reward != GymReward::kEnvironment;
  if (needs_success && success_key.empty())
    throw ConfigError("success_key: ends_at_success and a reward made of success need one");
  if (!kwargs.is_map() && !kwargs.is_null()) throw ConfigError("kwargs: want keys and values");
}

std::unique_ptr<Environment> make_gym_environment(const GymConfig& config) {
  if (config.render) return std::make_unique<RenderedGymEnvironment>(config);
  return std::make_unique<GymEnvironment>(config);
}

}  // namespace onramp::gym
