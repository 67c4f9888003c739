#include "onramp/policies/lift_expert.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <span>
#include <utility>

#include "onramp/envs/manipulation_environment.h"
#include "scripted_expert.h"

namespace onramp {
namespace {

constexpr int64_t kCube = kToolFields;  // x_m y_m z_m turn_rad
constexpr int64_t kLiftFields = kToolFields + 4;
constexpr double kSteps = 2.5;     // it covers the distance that is left in about so many steps
constexpr double kNear_m = 0.007;  // near enough to close
constexpr double kRise_m = 0.03;   // each step of the way up goes for so much more
constexpr double kOpen_m = 0.07, kShut_m = 0.012;
constexpr double kStill_m = 0.0015;  // fingers that close less than this in a step have met something
constexpr int kOpenSteps = 16;

enum class LiftStage : uint8_t { kReach, kClose, kLift, kOpen, kGivenUp };

struct LiftAttempt {
  bool started = false;
  LiftStage stage = LiftStage::kReach;
  int stage_steps = 0;
  double width_m = 0;  // a step ago
  double aim_x_m = 0, aim_y_m = 0, turn_rad = 0, speed = 1;
};

/// The least turn that lays the fingers along the cube's faces, in -45 .. 45 degrees.
double to_faces(double turn_rad) {
  constexpr double kQuarter = std::numbers::pi / 2;
  return turn_rad - kQuarter * std::round(turn_rad / kQuarter);
}

class LiftExpert final : public ScriptedExpert<LiftAttempt> {
 public:
  LiftExpert(LiftExpertConfig config, ActionSpec action) : ScriptedExpert(std::move(action)), config_(config) {}

 private:
  void aim(std::span<const float> row, LiftAttempt& a, Rng& random) const {
    a.aim_x_m = config_.noise * config_.aim_error_m * random.normal();
    a.aim_y_m = config_.noise * config_.aim_error_m * random.normal();
    a.turn_rad = to_faces(row[kCube + 3]) + config_.noise * config_.turn_error_rad * random.normal();
  }

  void start(std::span<const float> row, LiftAttempt& a, Rng& random) const {
    a = {};
    a.started = true;
    aim(row, a, random);
    a.speed = random.uniform(0.9 + std::min(1.0, config_.noise) * (config_.slow - 0.9), 1.0);
  }

  static void enter(LiftAttempt& a, LiftStage stage) {
    a.stage = stage;
    a.stage_steps = 0;
  }

  /// From one stage into the next, by what it sees.
  void advance(std::span<const float> row, LiftAttempt& a, double aside_m, double above_m, Rng& random) const {
    const double width_m = row[6];
    switch (a.stage) {
      case LiftStage::kReach:
        if (above_m < kNear_m && aside_m < kNear_m) enter(a, LiftStage::kClose);
        break;
      case LiftStage::kClose:
        if (a.stage_steps > 2 && a.width_m - width_m < kStill_m) {
          enter(a, width_m < kShut_m ? LiftStage::kOpen : LiftStage::kLift);
        }
        break;
      case LiftStage::kLift:
        if (width_m < kShut_m) enter(a, LiftStage::kOpen);
        break;
      case LiftStage::kOpen:
        if (width_m > kOpen_m || a.stage_steps >= kOpenSteps) {
          const bool again = random.bernoulli(1.0 - std::min(1.0, config_.noise) * (1.0 - config_.retry));
          aim(row, a, random);
          enter(a, again ? LiftStage::kReach : LiftStage::kGivenUp);
        }
        break;
      case LiftStage::kGivenUp:
        break;
    }
    ++a.stage_steps;
    a.width_m = width_m;
  }

  std::array<double, 7> act_one(std::span<const float> row, LiftAttempt& a, Rng& random) const override {
    if (!a.started) start(row, a, random);
    const float* cube = row.data() + kCube;
    const double x = cube[0] + a.aim_x_m - row[0], y = cube[1] + a.aim_y_m - row[1];
    const double aside = std::hypot(x, y), above = row[2] - cube[2];
    const double turn = a.turn_rad - row[5];
    advance(row, a, aside, above, random);

    std::array<double, 3> move_m{};
    const bool close = a.stage == LiftStage::kClose || a.stage == LiftStage::kLift;
    switch (a.stage) {
      case LiftStage::kReach:  // a funnel: the nearer to the aim and its turn, the lower
        move_m = {x, y, std::clamp(3.0 * (aside - 0.006) + 0.2 * (std::abs(turn) - 0.15), 0.0, 0.06) - above};
        break;
      case LiftStage::kClose:
        break;
      case LiftStage::kLift:
        move_m = {0, 0, kRise_m};
        break;
      case LiftStage::kOpen:
      case LiftStage::kGivenUp:
        move_m = {0, 0, std::max(0.0, 0.09 - row[2])};
        break;
    }
    std::array<double, 7> action{};
    const double shake = config_.noise * config_.action_noise;
    for (int i = 0; i < 3; ++i) {
      const double still = i < 2 ? -row[3 + i] : a.stage == LiftStage::kReach ? turn : 0.0;
      action[i] = std::clamp(move_m[i] / kSteps / config_.delta_m, -a.speed, a.speed) + shake * random.normal();
      action[3 + i] = std::clamp(still / kSteps / config_.delta_rad, -a.speed, a.speed) + shake * random.normal();
    }
    action[6] = close ? 1.0 : -1.0;
    return action;
  }

  const LiftExpertConfig config_;
};

}  // namespace

std::unique_ptr<Policy> make_lift_expert(const LiftExpertConfig& config, const ObservationSpec& observation,
                                         const ActionSpec& action) {
  const EntrySpec* entry = observation.find("privileged");
  if (!entry || entry->shape.size() != 1 || entry->shape[0] != kLiftFields ||
      static_cast<int64_t>(entry->fields.size()) != kLiftFields || entry->fields[kCube] != "cube_x_m" ||
      entry->fields[6] != "width_m" || action.dim != 7) {
    throw ConfigError("lift_expert: the environment does not tell where the cube lies; it acts in lift only");
  }
  return std::make_unique<LiftExpert>(config, action);
}

}  // namespace onramp
