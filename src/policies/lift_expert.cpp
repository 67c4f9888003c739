#include "onramp/policies/lift_expert.h"

#include <numbers>
#include <span>
#include <utility>

#include "pick_expert.h"

namespace onramp {
namespace {

constexpr int64_t kCube = kToolFields;  // x_m y_m z_m turn_rad
constexpr double kRise_m = 0.03;        // each step of the way up goes for so much more

class LiftExpert final : public PickExpert {
 public:
  using PickExpert::PickExpert;

 private:
  Grip grip(std::span<const float> row) const override {
    const float* cube = row.data() + kCube;
    return {cube[0], cube[1], cube[2], least_turn(cube[3], std::numbers::pi / 2)};
  }
  PickMove carry(std::span<const float>, PickAttempt&, Rng&) const override { return {.move_m = {0, 0, kRise_m}}; }
};

}  // namespace

std::unique_ptr<Policy> make_lift_expert(const LiftExpertConfig& config, const ObservationSpec& observation,
                                         const ActionSpec& action) {
  check_pick_expert("lift", "cube", observation, action, kCube + 4, "cube_x_m");
  return std::make_unique<LiftExpert>(config, PickHeights{}, action);
}

}  // namespace onramp
