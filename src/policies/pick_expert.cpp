#include "pick_expert.h"

#include <algorithm>
#include <cmath>

#include "hand_motion.h"
#include "onramp/base/error.h"

namespace onramp {
namespace {

constexpr double kNear_m = 0.007;  // near enough to close
constexpr double kOpen_m = 0.07, kShut_m = 0.012;
constexpr double kStill_m = 0.0015;  // fingers that close less than this in a step have met something
constexpr int kOpenSteps = 16;

void enter(PickAttempt& a, PickStage stage) {
  a.stage = stage;
  a.stage_steps = 0;
  a.leg = a.leg_steps = 0;
}

}  // namespace

void PickExpert::aim(const Grip& at, PickAttempt& a, Rng& random) const {
  a.aim_x_m = config_.noise * config_.aim_error_m * random.normal();
  a.aim_y_m = config_.noise * config_.aim_error_m * random.normal();
  a.turn_rad = at.turn_rad + config_.noise * config_.turn_error_rad * random.normal();
  aim_place(a, random);
}

void PickExpert::start(const Grip& at, PickAttempt& a, Rng& random) const {
  a = {};
  a.started = true;
  aim(at, a, random);
  a.speed = drawn_speed(config_, random);
}

/// From one stage into the next, by what it sees.
void PickExpert::advance(const Grip& at, double width_m, PickAttempt& a, double aside_m, double above_m,
                         Rng& random) const {
  switch (a.stage) {
    case PickStage::kReach:
      if (above_m < kNear_m && aside_m < kNear_m) enter(a, PickStage::kClose);
      break;
    case PickStage::kClose:
      if (a.stage_steps > 2 && a.width_m - width_m < kStill_m) {
        enter(a, width_m < kShut_m ? PickStage::kOpen : PickStage::kCarry);
      }
      break;
    case PickStage::kCarry:
      if (width_m < kShut_m) enter(a, PickStage::kOpen);
      break;
    case PickStage::kOpen:
      if (width_m > kOpen_m || a.stage_steps >= kOpenSteps) {
        const bool again = tries_again(config_, random);
        aim(at, a, random);
        enter(a, again ? PickStage::kReach : PickStage::kGivenUp);
      }
      break;
    case PickStage::kGivenUp:
      break;
  }
  ++a.stage_steps;
  a.width_m = width_m;
}

std::array<double, 7> PickExpert::act_one(std::span<const float> row, PickAttempt& a, Rng& random) const {
  const Grip at = grip(row);
  if (!a.started) start(at, a, random);
  const double x = at.x_m + a.aim_x_m - row[0], y = at.y_m + a.aim_y_m - row[1];
  const double aside = std::hypot(x, y), above = row[2] - at.z_m;
  advance(at, row[6], a, aside, above, random);

  PickMove wanted{.open = true};
  switch (a.stage) {
    case PickStage::kReach:  // a funnel: the nearer to the aim and its turn, the lower
      wanted.turn_rad = a.turn_rad - row[5];
      wanted.move_m = {
          x, y,
          std::clamp(3.0 * (aside - 0.006) + 0.2 * (std::abs(wanted.turn_rad) - 0.15), 0.0, heights_.funnel_m) - above};
      break;
    case PickStage::kClose:
      wanted.open = false;
      break;
    case PickStage::kCarry:
      wanted = carry(row, a, random);
      if (wanted.over) enter(a, PickStage::kOpen);
      if (wanted.next) {
        aim(at, a, random);
        enter(a, PickStage::kReach);
      }
      break;
    case PickStage::kOpen:
    case PickStage::kGivenUp:
      wanted.move_m = {0, 0, std::max(0.0, heights_.clear_m - row[2])};
      break;
  }
  const HandMotion upright{.move_m = wanted.move_m,  // whatever it does
                           .turn_rad = {-row[3], -row[4], wanted.turn_rad},
                           .close = !wanted.open};
  return action_of(upright, config_, a.speed, random);
}

double least_turn(double turn_rad, double period_rad) {
  return turn_rad - period_rad * std::round(turn_rad / period_rad);
}

void check_pick_expert(const std::string& task, const std::string& what, const ObservationSpec& observation,
                       const ActionSpec& action, int64_t fields, const std::string& first) {
  const EntrySpec* entry = observation.find("privileged");
  if (!entry || entry->shape.size() != 1 || entry->shape[0] != fields ||
      static_cast<int64_t>(entry->fields.size()) != fields || entry->fields[kToolFields] != first ||
      entry->fields[6] != "width_m" || action.dim != 7) {
    throw ConfigError(
        concat(task, "_expert: the environment does not tell where the ", what, " lies; it acts in ", task, " only"));
  }
}

}  // namespace onramp
