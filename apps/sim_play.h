// onramp-sim play: a task under the keyboard, drawn into the terminal.
#pragma once

#include <ATen/Functions.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "apps/sim_commands.h"
#include "onramp/base/clock.h"
#include "onramp/base/interrupt.h"
#include "onramp/base/text.h"
#include "onramp/envs/terminal.h"

namespace onramp::sim {

/// What the keys ask for. A key moves for a few steps, so that holding it down (terminals repeat it) moves steadily.
class Keys {
 public:
  /// Fits into 80 columns. @param tool  what the space bar switches: "suction", "gripper"
  static std::string help(const std::string& tool) {
    return "w s a d: up, down, left, right in the picture   r f: raise, lower   q e: turn\x1b[K\nspace: " + tool +
           "   n: new attempt   x: leave";
  }
  bool leave = false, again = false;
  bool closed = false;
  bool any = false;  ///< one of the keys that command the arm was pressed

  void read() {
    while (const char key = keys_.poll()) press(key);
  }
  /// Of an attempt: nothing commanded, nothing pressed.
  void begin() {
    again = closed = any = false;
    std::fill_n(left_, 6, 0);
  }

  at::Tensor action(int64_t dim) {
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
      if (key != name) continue;
      move(axis, speed);
      any = true;
    }
    if (key == ' ') {
      closed = !closed;
      any = true;
    }
    if (key == 'n') again = true;
    if (key == 'x') leave = true;
  }
  RawKeys keys_;
  float speed_[6] = {};
  int left_[6] = {};
};

/// An attempt's clock starts with its first key, and its end stays on the screen until a key asks for the next.
class Play {
 public:
  Play(const Catalog& catalog, const Options& options)
      : environment_(make_task(catalog, options)), tool_(tool_of(environment_->spec().action)), seed_(options.seed) {
    install_interrupt_handler();
  }

  int run() {
    std::cout << "\x1b[2J";
    while (running()) {
      if (attempt()) wait_for_next();
      ++seed_;
    }
    std::cout << "\x1b[0m" << successes_ << " of " << counted(attempts_, "attempt") << " succeeded\n";
    return 0;
  }

 private:
  /// The last dimension, "gripper [> 0: closed]", by its name alone.
  static std::string tool_of(const ActionSpec& action) {
    return action.fields.empty() ? "tool" : action.fields.back().substr(0, action.fields.back().find(" ["));
  }
  bool running() const { return !keys_.leave && !interrupt_requested(); }

  /// @return whether it came to its end; false: left, or given up for the next
  bool attempt() {
    const EnvSpec& spec = environment_->spec();
    observation_ = environment_->reset(seed_);
    keys_.read();  // what was typed before the new attempt is no command in it
    keys_.begin();
    step_ = 0;
    return_ = 0.0;
    bool success = false;
    verdict_ = "The clock starts with your first key.";
    while (running() && !keys_.any && !keys_.again) tick([] {});
    verdict_.clear();
    std::optional<EndReason> end;
    while (running() && !end && !keys_.again) {
      tick([&] {
        Step step = environment_->step(keys_.action(spec.action.dim));
        observation_ = std::move(step.obs);
        success |= step.success;
        return_ += step.reward;
        ++step_;
        end = step.end;
      });
    }
    if (!end) return false;
    ++attempts_;
    successes_ += success;
    verdict_ = concat(success ? "\x1b[32mSuccess" : "\x1b[31mNo success", ", ended by ", to_string(*end),
                      ".\x1b[0m   n: new attempt   x: leave");
    return true;
  }

  void wait_for_next() {
    keys_.begin();
    while (running() && !keys_.again) tick([] {});
  }

  /// A control step in real time.
  template <class Function>
  void tick(Function&& act) {
    const double start = clock_.now();
    draw();
    keys_.read();
    act();
    clock_.wait_until(start + environment_->spec().control_period_s);
  }

  void draw() {
    constexpr int64_t kTextLines = 5;
    const auto size = terminal_size();
    const int64_t height = std::clamp<int64_t>(2 * (size.rows - kTextLines), 16, 72);
    at::Tensor picture = film_frame(*environment_, observation_, height);
    if (picture.size(1) > size.columns)
      picture = picture.slice(1, picture.size(1) - std::min(size.columns, height)).contiguous();
    std::cout << "\x1b[H" << terminal_picture(picture) << "seed " << seed_ << "  step " << step_ << "/"
              << environment_->spec().max_steps << "  " << tool_ << (keys_.closed ? " on" : " off") << "  return "
              << return_ << "  succeeded " << successes_ << "/" << attempts_ << "\x1b[K\n"
              << verdict_ << "\x1b[K\n"
              << Keys::help(tool_) << "\x1b[K\n\x1b[J" << std::flush;
  }

  std::unique_ptr<Environment> environment_;
  std::string tool_;
  uint64_t seed_;
  Keys keys_;
  SteadyClock clock_;
  Observation observation_;
  std::string verdict_;
  int64_t step_ = 0, attempts_ = 0, successes_ = 0;
  double return_ = 0.0;
};

inline int play(const Catalog& catalog, const Options& options) { return Play(catalog, options).run(); }

}  // namespace onramp::sim
