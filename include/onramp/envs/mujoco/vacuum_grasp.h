// The simulated task `vacuum_grasp`: UR10e, suction cup, a bin, a wrist camera (Simplified Q, section 4, appendices C, D.3).
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "onramp/base/config.h"
#include "onramp/envs/environment.h"
#include "onramp/envs/manipulation_environment.h"
#include "onramp/envs/mujoco/bin_scene.h"

namespace onramp::mujoco {

/// Which cameras are observed.
enum class View : uint8_t { kWrist, kScene, kBoth };
constexpr auto enum_names(View*) {
  return std::array{std::pair{View::kWrist, "wrist"}, std::pair{View::kScene, "scene"}, std::pair{View::kBoth, "both"}};
}

/// Settings of the task `vacuum_grasp`.
struct VacuumGraspConfig {
  ItemSet items = ItemSet::kTraining;
  Lighting lighting = Lighting::kTraining;
  double item_scale = 1.0;
  bool images = true;
  View view = View::kWrist;
  int64_t image_size = 64;
  int64_t max_steps = 60;
  bool ends_at_success = false;
  bool safety_stop_is_terminal = true;
  double linear_speed_m_s = 0.2;
  double angular_speed_rad_s = 0.3;
  double max_rotation_rad = 0.2;
  double max_force_N = 60.0;
  std::array<double, 2> item_spread_m = {0.13, 0.095};
  double start_spread_m = 0.02;
  double suction_N = 40.0;
  double latency_s = 0.0;
  double timestep_s = 0.004;

  template <class V>
  void fields(V& v) {
    v("items", items, "what lies in the bin; all but `training` are held out (Simplified Q, app. D.3)");
    v("lighting", lighting, "light above the bin; `unseen` is held out");
    v("item_scale", item_scale, "of the items' lengths and widths; smaller ones want better aim", in_range(0.6, 1.3));
    v("images", images, "render pictures; without them no EGL is needed");
    v("view", view, "cameras that the policy sees");
    v("image_size", image_size, "pixels along each side", in_range(8, 1024));
    v("max_steps", max_steps, "time limit in steps of 0.1 s", at_least(1));
    v("ends_at_success", ends_at_success,
      "the first success ends the attempt, for good; else it goes on, with a reward for each step that an item is "
      "held");
    v("safety_stop_is_terminal", safety_stop_is_terminal,
      "nothing is earned or lost after a protective stop; else it cuts the attempt off, as its time limit does. Where "
      "each step costs, a terminal stop would be the cheapest way out");
    v("linear_speed_m_s", linear_speed_m_s, "speed of the tool along each axis at action 1", in_range(0.01, 0.5));
    v("angular_speed_rad_s", angular_speed_rad_s, "speed of rotation about each axis at action 1", greater_than(0.0),
      at_most(1.0));
    v("max_rotation_rad", max_rotation_rad, "of the tool away from straight down, about each axis", greater_than(0.0),
      at_most(0.5));
    v("max_force_N", max_force_N, "protective stop above this force on the tool; the arm's own limit is 150 N",
      in_range(1.0, 150.0));
    v("item_spread_m", item_spread_m, "items lie at most this far from the bin's middle, x and y", in_range(0.0, 0.15));
    v("start_spread_m", start_spread_m, "start positions of the tool differ by at most this along each axis",
      in_range(0.0, 0.05));
    v("suction_N", suction_N, "pull of the cup at full vacuum", greater_than(0.0));
    v("latency_s", latency_s, "from a command until the arm follows it", in_range(0.0, 1.0));
    v("timestep_s", timestep_s, "step of the physics", in_range(0.0005, 0.01));
  }
};

/// About 30 ms. Always step one environment from one thread; it makes its graphics context at its first reset.
/// Also a Renderable: the scene camera.
std::unique_ptr<Environment> make_vacuum_grasp(const VacuumGraspConfig& config);

}  // namespace onramp::mujoco
