#include "onramp/policies/peg_insertion_expert.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <span>
#include <utility>

#include "hand_motion.h"
#include "onramp/envs/manipulation_environment.h"
#include "pick_expert.h"
#include "scripted_expert.h"

namespace onramp {
namespace {

constexpr int64_t kPegAt = kToolFields;  // x_m y_m z_m rx_rad ry_rad rz_rad
constexpr int64_t kHole = kPegAt + 6;    // x_m y_m z_m
constexpr int64_t kPegFields = kHole + 3;
constexpr double kAside_m = 0.0005, kPegAskew_rad = 0.01, kTwisted_rad = 0.02;  // well enough aimed to go down
constexpr double kHover_m = 0.006;
constexpr double kPush_m = 0.02;        // each step of the way down goes for so much more
constexpr double kPegStuck_m = 0.0008;  // a peg that goes down less than this in a step is stuck
constexpr int kStuckSteps = 5;
constexpr double kCaught_m = 0.004;  // so deep it is in the hole
constexpr double kBack_m = 0.012;    // above the rim, after a miss
constexpr int kBackSteps = 20;

enum class PegStage : uint8_t { kAlign, kInsert, kBack, kGivenUp };

struct PegAttempt {
  bool started = false;
  PegStage stage = PegStage::kAlign;
  int stage_steps = 0, stuck_steps = 0;
  double height_m = 0;  // of the peg above the rim, a step ago
  double speed = 1;
  std::array<double, 2> aim_m{};
  std::array<double, 3> turn_rad{};
};

class PegInsertionExpert final : public ScriptedExpert<PegAttempt> {
 public:
  PegInsertionExpert(PegInsertionExpertConfig config, ActionSpec action)
      : ScriptedExpert(std::move(action)), config_(config) {}

 private:
  void aim(PegAttempt& a, Rng& random) const {
    for (double& error : a.aim_m) error = config_.noise * config_.aim_error_m * random.normal();
    for (double& error : a.turn_rad) error = config_.noise * config_.turn_error_rad * random.normal();
  }

  static void enter(PegAttempt& a, PegStage stage) {
    a.stage = stage;
    a.stage_steps = a.stuck_steps = 0;
  }

  void advance(PegAttempt& a, double aside_m, double askew_rad, double twisted_rad, double height_m,
               Rng& random) const {
    switch (a.stage) {
      case PegStage::kAlign:
        // What a shaking hand cannot hold it does not wait for.
        if (height_m < 2 * kHover_m &&
            ((aside_m < kAside_m && askew_rad < kPegAskew_rad && twisted_rad < kTwisted_rad) ||
             a.stage_steps > kPatience)) {
          enter(a, PegStage::kInsert);
        }
        break;
      case PegStage::kInsert:
        a.stuck_steps = a.height_m - height_m < kPegStuck_m ? a.stuck_steps + 1 : 0;
        if (a.stuck_steps >= kStuckSteps) enter(a, PegStage::kBack);
        break;
      case PegStage::kBack:
        if (height_m > kBack_m || a.stage_steps >= kBackSteps) {
          const bool again = tries_again(config_, random);
          aim(a, random);
          enter(a, again ? PegStage::kAlign : PegStage::kGivenUp);
        }
        break;
      case PegStage::kGivenUp:
        break;
    }
    ++a.stage_steps;
    a.height_m = height_m;
  }

  std::array<double, 7> act_one(std::span<const float> row, PegAttempt& a, Rng& random) const override {
    if (!a.started) {
      a.started = true;
      aim(a, random);
      a.speed = drawn_speed(config_, random);
    }
    const float *peg = row.data() + kPegAt, *hole = row.data() + kHole;
    const double x = hole[0] + a.aim_m[0] - peg[0], y = hole[1] + a.aim_m[1] - peg[1], height = peg[2] - hole[2];
    const std::array<double, 3> turn = {a.turn_rad[0] - peg[3], a.turn_rad[1] - peg[4],
                                        a.turn_rad[2] - least_turn(peg[5], std::numbers::pi / 2)};
    const double aside = std::hypot(x, y), askew = std::hypot(turn[0], turn[1]), twisted = std::abs(turn[2]);
    advance(a, aside, askew, twisted, height, random);

    HandMotion motion{.move_m = {x, y, 0}, .turn_rad = turn, .close = true};
    switch (a.stage) {
      case PegStage::kAlign:  // a funnel: the nearer to the aim and the straighter, the lower
        motion.move_m[2] = kHover_m + std::clamp(2.0 * aside + 0.2 * (askew + twisted), 0.0, 0.05) - height;
        break;
      case PegStage::kInsert:
        motion.move_m[2] = -kPush_m;
        break;
      case PegStage::kBack:
      case PegStage::kGivenUp:
        motion.move_m[2] = 2 * kBack_m - height;
        break;
    }
    return action_of(motion, config_, a.speed, random);
  }

  static constexpr int kPatience = 40;
  const PegInsertionExpertConfig config_;
};

}  // namespace

std::unique_ptr<Policy> make_peg_insertion_expert(const PegInsertionExpertConfig& config,
                                                  const ObservationSpec& observation, const ActionSpec& action) {
  const EntrySpec* entry = observation.find("privileged");
  if (!entry || static_cast<int64_t>(entry->fields.size()) != kPegFields || entry->fields[kPegAt] != "peg_x_m" ||
      entry->fields[kHole] != "hole_x_m" || action.dim != 6) {
    throw ConfigError(
        "peg_insertion_expert: the environment does not tell where peg and hole are; it acts in peg_insertion only");
  }
  return std::make_unique<PegInsertionExpert>(config, action);
}

}  // namespace onramp
