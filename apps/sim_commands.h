// The commands of onramp-sim.
#pragma once

#include <ATen/Functions.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "apps/catalog.h"
#include "onramp/base/clock.h"
#include "onramp/base/interrupt.h"
#include "onramp/envs/terminal.h"
#include "onramp/envs/video.h"
#include "onramp/envs/wrappers.h"
#include "onramp/training/film.h"
#include "onramp/training/policy_file.h"

namespace onramp::sim {

struct Options {
  std::string task, policy = "expert";
  std::vector<std::string> overrides, policy_overrides;
  int64_t episodes = 3, steps = 2000;
  uint64_t seed = 0;
  std::filesystem::path out;
};

/// `{type: name}` with overrides, as a run's config would say it.
inline ConfigNode settings(const std::string& name, const std::vector<std::string>& overrides) {
  const ConfigNode node = ConfigNode::map({}).with("type", ConfigNode::scalar(name));
  return apply_overrides(node, overrides);
}

inline std::unique_ptr<Environment> make_task(const Catalog& catalog, const Options& options) {
  return catalog.environments.parse(settings(options.task, options.overrides)).make();
}

/// "expert" is the task's own; a path is a policy that a run left behind.
inline std::unique_ptr<Policy> make_policy(const Catalog& catalog, const Options& options, const EnvSpec& spec) {
  if (std::filesystem::exists(options.policy)) return read_policy_file(options.policy, at::kCPU).policy;
  const std::string name = options.policy == "expert" ? options.task + "_expert" : options.policy;
  return catalog.policies.parse(settings(name, options.policy_overrides)).make({spec.observation, spec.action});
}

inline int list(const Catalog& catalog) {
  std::cout << "tasks:\n";
  for (const auto& name : catalog.environments.names())
    std::cout << "  " << name << "  " << catalog.environments.summary(name) << "\n";
  std::cout << "policies:\n";
  for (const auto& name : catalog.policies.names())
    std::cout << "  " << name << "  " << catalog.policies.summary(name) << "\n";
  return 0;
}

inline int spec(const Catalog& catalog, const Options& options) {
  const auto environment = make_task(catalog, options);
  const EnvSpec& spec = environment->spec();
  std::cout << spec.name << ": a step each " << spec.control_period_s << " s, at most " << spec.max_steps
            << " steps; a protective stop is " << (spec.safety_stop_is_terminal ? "terminal" : "cut off")
            << "\n\nobservation\n";
  for (const auto& entry : spec.observation.entries) {
    std::cout << "  " << entry.name << "  " << (entry.dtype == DType::kUint8 ? "uint8 [" : "float32 [");
    for (size_t i = 0; i < entry.shape.size(); ++i) std::cout << (i ? ", " : "") << entry.shape[i];
    std::cout << "] in " << entry.low << " .. " << entry.high
              << (entry.privileged ? ", privileged: no network may see it" : "") << "\n";
    if (!entry.fields.empty()) std::cout << "    " << join(entry.fields) << "\n";
  }
  std::cout << "\naction, each in -1 .. 1\n    " << join(spec.action.fields)
            << "\n\nsettings (--set key=value, or under `env:`)\n"
            << catalog.environments.help_config(options.task);
  return 0;
}

inline int record(const Catalog& catalog, const Options& options) {
  const auto environment = make_task(catalog, options);
  const auto policy = make_policy(catalog, options, environment->spec());
  const auto name = std::filesystem::path(options.policy).filename().string();
  const std::filesystem::path out =
      options.out.empty() ? std::filesystem::path(options.task + "_" + name + ".mp4") : options.out;
  std::vector<uint64_t> seeds;
  for (int64_t i = 0; i < options.episodes; ++i) seeds.push_back(options.seed + static_cast<uint64_t>(i));
  int64_t successes = 0;
  film_policy(*environment, *policy, ActMode::kMode, seeds, out, [&](const Episode& episode) {
    std::cout << "seed " << episode.meta.at("seed") << ": " << (episode.succeeded() ? "success" : "no success") << ", "
              << episode.length() << " steps, ended by " << to_string(episode.end) << "\n";
    successes += episode.succeeded();
  });
  std::cout << successes << " of " << options.episodes << " succeeded; film: " << out.string() << "\n";
  return 0;
}

inline double steps_per_s(Environment& environment, int64_t steps) {
  RandomStream stream(0, "speed");
  Rng random = stream.next();
  const int64_t dim = environment.spec().action.dim;
  environment.reset(0);
  const SteadyClock clock;
  uint64_t seed = 1;
  for (int64_t i = 0; i < steps; ++i) {
    auto action = at::empty({dim});
    for (int64_t k = 0; k < dim; ++k) action.data_ptr<float>()[k] = static_cast<float>(random.uniform(-1, 1));
    if (environment.step(action).end) environment.reset(seed++);
  }
  return static_cast<double>(steps) / clock.now();
}

inline int speed(const Catalog& catalog, Options options) {
  const auto environment = make_task(catalog, options);
  const double whole = steps_per_s(*environment, options.steps);
  int64_t images = 0;
  for (const auto& entry : environment->spec().observation.entries) images += entry.is_image();
  std::printf("%-28s %8.0f steps/s in one thread\n", concat("with ", images, " image", images == 1 ? "" : "s").c_str(),
              whole);
  if (images == 0) return 0;
  options.overrides.push_back("images=false");
  const double bare = steps_per_s(*make_task(catalog, options), options.steps);
  std::printf("%-28s %8.0f steps/s\n", "without images", bare);
  std::printf("%-28s %8.0f pictures/s\n", "pictures alone, by difference",
              static_cast<double>(images) / (1 / whole - 1 / bare));
  return 0;
}

/// What the keys ask for. A key moves for a few steps, so that holding it down (terminals repeat it) moves steadily.
class Keys {
 public:
  static constexpr const char* kHelp =
      "w s a d: in the picture up, down, left, right   r f: raise, lower   q e: turn   space: suction   n: new attempt "
      "  x: leave";
  bool leave = false, again = false;
  bool closed = false;

  at::Tensor action(int64_t dim) {
    while (const char key = keys_.poll()) press(key);
    auto action = at::zeros({dim});
    for (int i = 0; i < 6 && i < dim; ++i) {
      action[i] = left_[i] > 0 ? speed_[i] : 0.0f;
      left_[i] = std::max(0, left_[i] - 1);
    }
    action[dim - 1] = closed ? 1.0f : -1.0f;
    return action;
  }

 private:
  void move(int axis, float speed) {
    speed_[axis] = speed;
    left_[axis] = 3;
  }
  void press(char key) {
    switch (key) {
      case 'w':
        return move(0, 0.6f);
      case 's':
        return move(0, -0.6f);
      case 'a':
        return move(1, 0.6f);
      case 'd':
        return move(1, -0.6f);
      case 'r':
        return move(2, 0.8f);
      case 'f':
        return move(2, -0.8f);
      case 'q':
        return move(5, 0.5f);
      case 'e':
        return move(5, -0.5f);
      case ' ':
        closed = !closed;
        return;
      case 'n':
        again = true;
        return;
      case 'x':
        leave = true;
        return;
      default:
        return;
    }
  }
  RawKeys keys_;
  float speed_[6] = {};
  int left_[6] = {};
};

inline int play(const Catalog& catalog, const Options& options) {
  const auto environment = make_task(catalog, options);
  const EnvSpec& spec = environment->spec();
  install_interrupt_handler();
  Keys keys;
  SteadyClock clock;
  int64_t attempts = 0, successes = 0;
  std::cout << "\x1b[2J";
  for (uint64_t seed = options.seed; !keys.leave && !interrupt_requested(); ++seed) {
    Observation observation = environment->reset(seed);
    keys.again = keys.closed = false;
    bool success = false;
    double total = 0.0;
    std::string said;
    for (int64_t step_number = 0; !keys.leave && !keys.again && !interrupt_requested();) {
      const double start = clock.now();
      const auto size = terminal_size();
      const int64_t height = std::clamp<int64_t>(2 * (size.rows - 4), 16, 72);
      at::Tensor picture = film_frame(*environment, observation, height);
      if (picture.size(1) > size.columns)
        picture = picture.slice(1, picture.size(1) - std::min(size.columns, height)).contiguous();
      std::cout << "\x1b[H" << terminal_picture(picture) << "step " << step_number << "/" << spec.max_steps
                << "  suction " << (keys.closed ? "on " : "off") << "  return " << total << "  " << successes << " of "
                << attempts << " attempts succeeded\x1b[K\n"
                << (said.empty() ? Keys::kHelp : said) << "\x1b[K\n\x1b[J" << std::flush;
      const at::Tensor action = keys.action(spec.action.dim);
      if (said.empty()) {
        Step step = environment->step(action);
        observation = std::move(step.obs);
        success |= step.success;
        total += step.reward;
        ++step_number;
        if (step.end) {
          ++attempts;
          successes += success;
          said = concat(success ? "Success" : "Not this time", " (ended by ", to_string(*step.end),
                        "). n: new attempt   x: leave");
        }
      }
      clock.wait_until(start + spec.control_period_s);
    }
  }
  std::cout << "\x1b[0m" << successes << " of " << attempts << " attempts succeeded\n";
  return 0;
}

}  // namespace onramp::sim
