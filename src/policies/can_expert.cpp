#include "onramp/policies/can_expert.h"

#include <cmath>
#include <span>
#include <utility>

#include "pick_expert.h"

namespace onramp {
namespace {

constexpr int64_t kCan = kToolFields;  // x_m y_m z_m turn_rad
constexpr int64_t kBin = kCan + 4;     // x_m y_m
constexpr float kUpright_m = 0.04f;    // its middle is higher when it stands
constexpr float kGrip_m = 0.02f;       // above its middle when it stands
constexpr double kCarry_m = 0.17;      // the tool so high, what it holds clears the walls
constexpr double kSafe_m = 0.145;      // high enough to set out
constexpr double kOver_m = 0.03;       // near enough to the place to go down
constexpr double kDown_m = 0.085;      // of the tool where it lets go: the can a little above the floor
constexpr double kFree_m = 0.068;      // fingers so far apart have let go

enum CanLeg : int { kCanUp, kCanAcross, kCanDown, kCanLetGo, kCanAway };

class CanExpert final : public PickExpert {
 public:
  CanExpert(const CanExpertConfig& config, ActionSpec action)
      : PickExpert(config, {.funnel_m = 0.06, .clear_m = kCarry_m}, std::move(action)), config_(config) {}

 private:
  Grip grip(std::span<const float> row) const override {
    const float* can = row.data() + kCan;
    return {can[0], can[1], can[2] > kUpright_m ? can[2] + kGrip_m : can[2], 0.0};
  }

  void aim_place(PickAttempt& a, Rng& random) const override {
    a.place_x_m = config_.noise * config_.place_error_m * random.normal();
    a.place_y_m = config_.noise * config_.place_error_m * random.normal();
  }

  PickMove carry(std::span<const float> row, PickAttempt& a, Rng&) const override {
    const double x = row[kBin] + a.place_x_m - row[0], y = row[kBin + 1] + a.place_y_m - row[1], z = row[2];
    if (a.leg == kCanUp && z > kSafe_m) a.leg = kCanAcross;
    if (a.leg == kCanAcross && std::hypot(x, y) < kOver_m) a.leg = kCanDown;
    if (a.leg == kCanDown && z < kDown_m + 0.007) a.leg = kCanLetGo;
    if (a.leg == kCanLetGo && row[6] > kFree_m) a.leg = kCanAway;
    switch (a.leg) {
      case kCanUp:
        return {.move_m = {0, 0, kCarry_m - z}};
      case kCanAcross:
        return {.move_m = {x, y, kCarry_m - z}};
      case kCanDown:
        return {.move_m = {x, y, kDown_m - z}};
      case kCanLetGo:
        return {.open = true};
      default:
        return {.move_m = {0, 0, kCarry_m - z}, .open = true, .over = z > kSafe_m};
    }
  }

  const CanExpertConfig config_;
};

}  // namespace

std::unique_ptr<Policy> make_can_expert(const CanExpertConfig& config, const ObservationSpec& observation,
                                        const ActionSpec& action) {
  check_pick_expert("can", "can", observation, action, kBin + 2, "can_x_m");
  return std::make_unique<CanExpert>(config, action);
}

}  // namespace onramp
