#include "onramp/policies/kitting_expert.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <span>
#include <utility>

#include "pick_expert.h"

namespace onramp {
namespace {

constexpr int64_t kPartFields = 7;      // x_m y_m z_m turn_rad is_in_tray slot_x_m slot_y_m, for each of two kinds
constexpr double kAboveBins_m = 0.075;  // height of the hand above the table, clear of the bins
constexpr double kPut_m = 0.026;        // at which it lets go
constexpr double kOverSlot_m = 0.01;    // from its place in the tray: over it
constexpr double kPartFree_m = 0.06;    // fingers so far apart leave a part alone

enum KittingLeg : int { kRaise, kAcross, kLower, kLetGo, kLeave };

class KittingExpert final : public PickExpert {
 public:
  using PickExpert::PickExpert;

 private:
  /// Of the part that is handled now: a kind that lies in the tray is done with.
  static const float* part(std::span<const float> row) {
    const float* first = row.data() + kToolFields;
    return first[4] > 0.5f ? first + kPartFields : first;
  }

  Grip grip(std::span<const float> row) const override {
    const float* p = part(row);
    return {p[0], p[1], p[2], least_turn(p[3], std::numbers::pi)};  // across, either way round
  }

  PickMove carry(std::span<const float> row, PickAttempt& a, Rng&) const override {
    const float* p = part(row);
    const double height = row[2], x = p[5] - row[0], y = p[6] - row[1];
    switch (a.leg) {
      case kRaise:
        if (height > kAboveBins_m - 0.01) ++a.leg;
        return {.move_m = {0, 0, 0.03}};
      case kAcross:
        if (std::hypot(x, y) < kOverSlot_m) ++a.leg;
        return {.move_m = {x, y, kAboveBins_m - height}, .turn_rad = -row[5]};
      case kLower:
        if (height < kPut_m + 0.003) ++a.leg;
        return {.move_m = {x, y, kPut_m - height}};
      case kLetGo:
        if (row[6] > kPartFree_m) ++a.leg;
        return {.open = true};
      default:
        return {.move_m = {0, 0, 0.1 - height}, .open = true, .next = height > kAboveBins_m - 0.015};
    }
  }
};

}  // namespace

std::unique_ptr<Policy> make_kitting_expert(const KittingExpertConfig& config, const ObservationSpec& observation,
                                            const ActionSpec& action) {
  check_pick_expert("kitting", "block", observation, action, kToolFields + 2 * kPartFields, "block_x_m");
  return std::make_unique<KittingExpert>(config, PickHeights{.funnel_m = 0.08, .clear_m = kAboveBins_m}, action);
}

}  // namespace onramp
