// Gymnasium's environments, each in a Python process of its own (docs/gym.md).
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "onramp/base/config.h"
#include "onramp/envs/environment.h"

namespace onramp::gym {

/// Which raw reward the steps get.
enum class GymReward : uint8_t {
  kEnvironment,      ///< the environment's own
  kSuccess,          ///< 1 at success, else 0
  kSuccessMinusOne,  ///< 0 at success, else -1: sparse Adroit
};
constexpr auto enum_names(GymReward*) {
  return std::array{std::pair{GymReward::kEnvironment, std::string_view("environment")},
                    std::pair{GymReward::kSuccess, std::string_view("success")},
                    std::pair{GymReward::kSuccessMinusOne, std::string_view("success_minus_one")}};
}

/// Which of the Pythons that scripts/setup.sh makes: environments do not agree on one MuJoCo.
enum class GymPackages : uint8_t {
  kGym,        ///< --gym: Gymnasium-Robotics with the newest MuJoCo: Adroit
  kKitchen,    ///< --kitchen: Gymnasium-Robotics with a MuJoCo that its Kitchen works with
  kRobosuite,  ///< --robosuite
};
constexpr auto enum_names(GymPackages*) {
  return std::array{std::pair{GymPackages::kGym, std::string_view("gym")},
                    std::pair{GymPackages::kKitchen, std::string_view("kitchen")},
                    std::pair{GymPackages::kRobosuite, std::string_view("robosuite")}};
}

/// Settings of the environment `gym`.
struct GymConfig {
  std::string id;
  std::filesystem::path file;
  std::vector<std::string> imports;
  ConfigNode kwargs = ConfigNode::map({});
  GymPackages packages = GymPackages::kGym;
  std::filesystem::path python;
  std::string success_key = "success";
  bool ends_at_success = false;
  GymReward reward = GymReward::kEnvironment;
  int64_t max_steps = 0;
  std::optional<int64_t> horizon;
  std::vector<std::string> state_keys;
  bool images = true;
  std::vector<std::string> image_keys;
  bool render = false;
  bool show_output = false;
  double start_timeout_s = 120.0;
  double step_timeout_s = 60.0;

  template <class V>
  void fields(V& v) {
    v("id", id, "of Gymnasium (AdroitHandDoor-v1), or what `file` calls it", required(), not_empty());
    v("file", file, "Python file with a class or function `id` that makes the environment; empty: `id` is Gymnasium's");
    v("imports", imports, "Python modules that register the id");
    v("kwargs", kwargs, "arguments that the environment is made with");
    v("packages", packages,
      "where `python` names none, the interpreter that scripts/setup.sh makes with --gym, --kitchen or --robosuite");
    v("python", python, "the interpreter; empty: that of `packages`, for gym where there is none /usr/bin/python3");
    v("success_key", success_key, "entry of `info` that says whether a step succeeded; empty: nothing says it");
    v("ends_at_success", ends_at_success, "an episode ends, terminal, at its first success");
    v("reward", reward, "raw reward of a step: the environment's, or made of the success flag");
    v("max_steps", max_steps, "time limit in steps; 0: the environment's own", at_least(0));
    v("horizon", horizon,
      "steps after which the environment says `terminated` and means its time limit (robosuite); null: what its "
      "attribute `horizon` says; 0: it never does",
      at_least(0));
    v("state_keys", state_keys,
      "of a Dict space, entries that make up `state`, in this order, a/b for one inside another; empty: all vectors");
    v("images", images, "observe pictures, uint8 [height, width, channels], each by the name of its key");
    v("image_keys", image_keys, "of a Dict space, the pictures that are observed; empty: all");
    v("render", render, "pictures for films: asks Gymnasium for render_mode rgb_array");
    v("show_output", show_output, "show what the environment prints; else its last lines are told when it dies");
    v("start_timeout_s", start_timeout_s, "longest time that starting Python and making the environment may take",
      greater_than(0.0));
    v("step_timeout_s", step_timeout_s, "longest time that reset() or step() may take", greater_than(0.0));
  }
  void validate() const;
};

/// Starts Python: 0.2 to several seconds. May be made, stepped and destroyed by different threads.
/// After an exception of its own code the environment wants a reset(); after its death, a hang or garbage, reset() starts
/// another process. With `render` also a Renderable.
/// @throws ConfigError about an id, a file, a package, keys, an interpreter that is not there; EnvironmentError
std::unique_ptr<Environment> make_gym_environment(const GymConfig& config);

}  // namespace onramp::gym
