// onramp-sim play: a task under the keyboard, drawn into the terminal.
#pragma once

#include <ATen/Functions.h>

#include <algorithm>
#include <iostream>

#include "apps/sim_commands.h"
#include "onramp/base/clock.h"
#include "onramp/base/interrupt.h"
#include "onramp/envs/terminal.h"

namespace onramp::sim {

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
    struct Move {
      char key;
      int axis;
      float speed;
    };
    static constexpr Move kMoves[] = {{'w', 0, 0.6f}, {'s', 0, -0.6f}, {'a', 1, 0.6f}, {'d', 1, -0.6f},
                                      {'r', 2, 0.8f}, {'f', 2, -0.8f}, {'q', 5, 0.5f}, {'e', 5, -0.5f}};
    for (const auto& [name, axis, speed] : kMoves) {
      if (key == name) move(axis, speed);
    }
    if (key == ' ') closed = !closed;
    if (key == 'n') again = true;
    if (key == 'x') leave = true;
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
