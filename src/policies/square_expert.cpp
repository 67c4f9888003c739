#include "onramp/policies/square_expert.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include "hand_motion.h"
#include "pick_expert.h"

namespace onramp {
namespace {

constexpr int64_t kNut = kToolFields;  // x_m y_m z_m turn_rad
constexpr int64_t kPeg = kNut + 4;     // x_m y_m
constexpr float kHandle_m = 0.063f;    // from the nut's middle: where it is gripped
constexpr float kLowest_m = 0.02f;     // where the workspace ends
constexpr double kAbovePeg_m = 0.17;   // the nut's middle so high, it is clear of the peg
constexpr double kClear_m = 0.155;     // high enough to set out
constexpr double kOn_m = 0.025;        // as low as it needs to go
constexpr double kStuck_m = 0.12;      // still as high as this after kPatience steps down: it stands on the peg
constexpr double kBeside_m = 0.004, kAskew_rad = 0.06;
constexpr int kPatience = 16;

enum SquareLeg : int { kNutUp, kNutAcross, kNutDown };

class SquareExpert final : public PickExpert {
 public:
  SquareExpert(const SquareExpertConfig& config, ActionSpec action)
      : PickExpert(config, {.funnel_m = 0.05, .clear_m = 0.09}, std::move(action)), config_(config) {}

 private:
  Grip grip(std::span<const float> row) const override {
    const float *nut = row.data() + kNut, turn = nut[3];
    return {nut[0] + kHandle_m * std::cos(turn), nut[1] + kHandle_m * std::sin(turn), std::max(nut[2], kLowest_m),
            turn};
  }

  void aim_place(PickAttempt& a, Rng& random) const override {
    a.place_x_m = config_.noise * config_.place_error_m * random.normal();
    a.place_y_m = config_.noise * config_.place_error_m * random.normal();
    a.place_turn_rad = config_.noise * config_.place_turn_error_rad * random.normal();
  }

  static void go_on(PickAttempt& a, SquareLeg leg) {
    a.leg = leg;
    a.leg_steps = 0;
  }

  PickMove carry(std::span<const float> row, PickAttempt& a, Rng& random) const override {
    const float* nut = row.data() + kNut;
    const double x = row[kPeg] + a.place_x_m - nut[0], y = row[kPeg + 1] + a.place_y_m - nut[1], z = nut[2];
    const double turn = a.place_turn_rad - nut[3];
    ++a.leg_steps;
    if (a.leg == kNutUp && z > kClear_m) go_on(a, kNutAcross);
    if (a.leg == kNutAcross && std::hypot(x, y) < kBeside_m && std::abs(turn) < kAskew_rad) go_on(a, kNutDown);
    if (a.leg == kNutDown && a.leg_steps > kPatience && z > kStuck_m && tries_again(config_, random)) {
      aim_place(a, random);
      go_on(a, kNutUp);
    }
    switch (a.leg) {
      case kNutUp:
        return {.move_m = {0, 0, kAbovePeg_m - z}};
      case kNutAcross:
        return {.move_m = {x, y, kAbovePeg_m - z}, .turn_rad = turn};
      default:
        return {.move_m = {x, y, kOn_m - z}, .turn_rad = turn};
    }
  }

  const SquareExpertConfig config_;
};

}  // namespace

std::unique_ptr<Policy> make_square_expert(const SquareExpertConfig& config, const ObservationSpec& observation,
                                           const ActionSpec& action) {
  check_pick_expert("square", "nut", observation, action, kPeg + 2, "nut_x_m");
  return std::make_unique<SquareExpert>(config, action);
}

}  // namespace onramp
