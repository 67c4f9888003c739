// The contract, over every simulated environment: the defaults, and each option once at another value.
#include "support/environment_contract.h"

#include "onramp/base/catalog.h"
#include "onramp/envs/mujoco/catalog.h"

namespace onramp::test {
namespace {

std::vector<EnvironmentCase> cases() {
  Registry<Environment> registry("environment");
  mujoco::add_environments(registry);
  const auto make = [registry](const std::string& text) {
    return [registry, text] { return registry.parse(parse_config_text(text, "test")).make(); };
  };
  std::vector<EnvironmentCase> cases;
  for (const auto& name : registry.names()) cases.push_back({name, make("type: " + name)});
  const std::string base = "type: vacuum_grasp\nmax_steps: 20\n";
  cases.push_back({"vacuum_grasp_without_images", make(base + "images: false\nlatency_s: 0.06")});
  cases.push_back({"vacuum_grasp_both_views", make(base + "view: both\nimage_size: 32\nlighting: unseen")});
  cases.push_back({"vacuum_grasp_random_items", make(base + "items: random\nview: scene")});
  cases.push_back({"vacuum_grasp_three_mixed", make(base + "items: three_mixed\nimages: false\ntimestep_s: 0.002")});
  const std::string lift = "type: lift\nmax_steps: 20\n";
  cases.push_back({"lift_with_pictures", make(lift + "images: true\nimage_size: 32")});
  cases.push_back({"lift_late_and_soft", make(lift + "latency_s: 0.04\nstiffness_N_m: 300\ntimestep_s: 0.001")});
  cases.push_back({"lift_sensitive", make(lift + "max_force_N: 3\ncube_spread_m: 0.15\nmax_yaw_rad: 0.35")});
  const std::string can = "type: can\nmax_steps: 20\n", square = "type: square\nmax_steps: 20\n";
  cases.push_back({"can_with_pictures", make(can + "images: true\nimage_size: 32")});
  cases.push_back({"can_elsewhere", make(can + "target_bin: 0\ncan_spread_m: [0, 0.1]\nlatency_s: 0.04")});
  cases.push_back({"square_with_pictures", make(square + "images: true\nimage_size: 32")});
  cases.push_back({"square_straight", make(square + "nut_rotation_rad: 0\nnut_spread_m: [0.06, 0]\nmax_force_N: 3")});
  cases.push_back({"peg_insertion_elsewhere", make("type: peg_insertion\nmax_steps: 20\nboard_spread_m: 0.01\n"
                                                   "start_turn_rad: 0\nclearance_m: 0.003")});
  cases.push_back(
      {"peg_insertion_with_pictures", make("type: peg_insertion\nmax_steps: 20\nimages: true\nimage_size: 32")});
  cases.push_back({"pipe_assembly_elsewhere", make("type: pipe_assembly\nmax_steps: 20\npipe_spread_m: 0.03\n"
                                                   "fixture_turn_rad: -0.2\nclearance_m: 0.003")});
  cases.push_back(
      {"pipe_assembly_with_pictures", make("type: pipe_assembly\nmax_steps: 20\nimages: true\nimage_size: 32")});
  cases.push_back({"kitting_modified", make("type: kitting\nmax_steps: 20\nlayout: modified\npart_spread_m: 0.01")});
  cases.push_back({"kitting_with_pictures", make("type: kitting\nmax_steps: 20\nimages: true\nimage_size: 32")});
  cases.push_back({"vacuum_grasp_ends_at_success",
                   make(base + "images: false\nends_at_success: true\nsafety_stop_is_terminal: false")});
  return cases;
}
INSTANTIATE_TEST_SUITE_P(Mujoco, EnvironmentContract, testing::ValuesIn(cases()), name_of_case);

}  // namespace
}  // namespace onramp::test
