#include "onramp/policies/pipe_assembly_expert.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <utility>

#include "hand_motion.h"
#include "onramp/envs/manipulation_environment.h"
#include "scripted_expert.h"

namespace onramp {
namespace {

constexpr int64_t kPipe = kToolFields;  // x_m y_m z_m turn_rad pitch_rad
constexpr int64_t kMouth = kPipe + 5;   // x_m y_m z_m turn_rad
constexpr int64_t kPipeFields = kMouth + 4;
constexpr double kHalfLength_m = 0.08;  // of the pipe
constexpr double kPipeGrip_m = -0.04;   // from its middle, along it: what goes in stays free
constexpr double kNearPipe_m = 0.008;   // near enough to close
constexpr double kHeld_m = 0.03;        // fingers that come closer hold no pipe
constexpr double kOpenWide_m = 0.075;
constexpr double kCloses_m = 0.0015;  // fingers that close less than this in a step have met something
constexpr int kPipeOpenSteps = 16;
constexpr double kBefore_m = 0.02;                      // from the pipe's end to the mouth, before it goes in
constexpr double kOff_m = 0.0005, kTurned_rad = 0.008;  // well enough aimed to go in
constexpr int kPipePatience = 40;
constexpr double kThrust_m = 0.02;    // each step of the way in goes for so much more
constexpr double kJammed_m = 0.0008;  // a pipe that goes in less than this in a step is stuck
constexpr int kJammedSteps = 6, kWithdrawSteps = 20;

enum class PipeStage : uint8_t { kReach, kClose, kRaise, kAim, kInsert, kWithdraw, kOpen, kGivenUp };

struct PipeAttempt {
  bool started = false;
  PipeStage stage = PipeStage::kReach;
  int stage_steps = 0, stuck_steps = 0;
  double width_m = 0, depth_m = 0;  // a step ago
  double speed = 1, grip_m = 0, across_m = 0, grip_turn_rad = 0;
  std::array<double, 2> aim_m{};  // aside, up
  double turn_rad = 0;
};

/// Where the pipe is, seen from the fixture.
struct PipeView {
  double depth_m, aside_m, above_m;  // of its end: past the mouth, to the left of the way in, above it
  double turn_rad, pitch_rad;        // of its axis against the way in
};

class PipeAssemblyExpert final : public ScriptedExpert<PipeAttempt> {
 public:
  PipeAssemblyExpert(PipeAssemblyExpertConfig config, ActionSpec action)
      : ScriptedExpert(std::move(action)), config_(config) {}

 private:
  void aim(PipeAttempt& a, Rng& random) const {
    for (double& error : a.aim_m) error = config_.noise * config_.aim_error_m * random.normal();
    a.turn_rad = config_.noise * config_.turn_error_rad * random.normal();
  }

  void aim_at_pipe(PipeAttempt& a, Rng& random) const {
    a.grip_m = kPipeGrip_m + config_.noise * config_.grip_error_m * random.normal();
    a.across_m = config_.noise * config_.grip_error_m * random.normal();
    a.grip_turn_rad = config_.noise * config_.turn_error_rad * random.normal();
  }

  static void enter(PipeAttempt& a, PipeStage stage) {
    a.stage = stage;
    a.stage_steps = a.stuck_steps = 0;
  }

  static PipeView view(const float* pipe, const float* mouth) {
    const double c = std::cos(mouth[3]), s = std::sin(mouth[3]), flat = kHalfLength_m * std::cos(pipe[4]);
    const double x = pipe[0] + flat * std::cos(pipe[3]) - mouth[0], y = pipe[1] + flat * std::sin(pipe[3]) - mouth[1];
    return {.depth_m = c * x + s * y,
            .aside_m = -s * x + c * y,
            .above_m = pipe[2] + kHalfLength_m * std::sin(pipe[4]) - mouth[2],
            .turn_rad = pipe[3] - mouth[3],
            .pitch_rad = pipe[4]};
  }

  void again_or_not(PipeAttempt& a, PipeStage stage, Rng& random) const {
    const bool again = tries_again(config_, random);
    aim(a, random);
    aim_at_pipe(a, random);
    enter(a, again ? stage : PipeStage::kGivenUp);
  }

  void advance(PipeAttempt& a, double width_m, double beside_m, double over_m, const PipeView& seen,
               Rng& random) const {
    const bool lost = a.stage >= PipeStage::kRaise && a.stage <= PipeStage::kWithdraw && width_m < kHeld_m;
    if (lost) enter(a, PipeStage::kOpen);
    switch (a.stage) {
      case PipeStage::kReach:
        if (over_m < kNearPipe_m && beside_m < kNearPipe_m) enter(a, PipeStage::kClose);
        break;
      case PipeStage::kClose:
        if (a.stage_steps > 2 && a.width_m - width_m < kCloses_m) {
          enter(a, width_m < kHeld_m ? PipeStage::kOpen : PipeStage::kRaise);
        }
        break;
      case PipeStage::kRaise:
        if (seen.above_m > -0.01) enter(a, PipeStage::kAim);
        break;
      case PipeStage::kAim: {
        const double off = std::hypot(seen.aside_m - a.aim_m[0], seen.above_m - a.aim_m[1]);
        const bool there = std::abs(seen.depth_m + kBefore_m) < 0.004;
        const bool straight =
            std::abs(seen.turn_rad - a.turn_rad) < kTurned_rad && std::abs(seen.pitch_rad) < kTurned_rad;
        if (there && ((off < kOff_m && straight) || a.stage_steps > kPipePatience)) enter(a, PipeStage::kInsert);
        break;
      }
      case PipeStage::kInsert:
        a.stuck_steps = seen.depth_m - a.depth_m < kJammed_m ? a.stuck_steps + 1 : 0;
        if (a.stuck_steps >= kJammedSteps) enter(a, PipeStage::kWithdraw);
        break;
      case PipeStage::kWithdraw:
        if (seen.depth_m < -kBefore_m || a.stage_steps >= kWithdrawSteps) again_or_not(a, PipeStage::kAim, random);
        break;
      case PipeStage::kOpen:
        if (width_m > kOpenWide_m || a.stage_steps >= kPipeOpenSteps) again_or_not(a, PipeStage::kReach, random);
        break;
      case PipeStage::kGivenUp:
        break;
    }
    ++a.stage_steps;
    a.width_m = width_m;
    a.depth_m = seen.depth_m;
  }

  std::array<double, 7> act_one(std::span<const float> row, PipeAttempt& a, Rng& random) const override {
    if (!a.started) {
      a.started = true;
      aim(a, random);
      aim_at_pipe(a, random);
      a.speed = drawn_speed(config_, random);
    }
    const float *pipe = row.data() + kPipe, *mouth = row.data() + kMouth;
    const PipeView seen = view(pipe, mouth);
    const double pc = std::cos(pipe[3]), ps = std::sin(pipe[3]);
    const double x = pipe[0] + a.grip_m * pc - a.across_m * ps - row[0];
    const double y = pipe[1] + a.grip_m * ps + a.across_m * pc - row[1];
    const double beside = std::hypot(x, y), over = row[2] - pipe[2], turn = pipe[3] + a.grip_turn_rad - row[5];
    advance(a, row[6], beside, over, seen, random);

    // Along the way in, to its left, up.
    const auto towards = [&](double along, double left, double up) {
      const double c = std::cos(mouth[3]), s = std::sin(mouth[3]);
      return std::array<double, 3>{c * along - s * left, s * along + c * left, up};
    };
    HandMotion motion{.turn_rad = {-row[3], -row[4], 0}, .close = true};
    const double left = a.aim_m[0] - seen.aside_m, up = a.aim_m[1] - seen.above_m;
    switch (a.stage) {
      case PipeStage::kReach:  // a funnel: the nearer to the aim and its turn, the lower
        motion.move_m = {x, y, std::clamp(3.0 * (beside - 0.006) + 0.2 * (std::abs(turn) - 0.15), 0.0, 0.08) - over};
        motion.turn_rad[2] = turn;
        motion.close = false;
        break;
      case PipeStage::kClose:
        break;
      case PipeStage::kRaise:
        motion.move_m = {0, 0, std::max(0.02, -seen.above_m)};
        break;
      case PipeStage::kAim:
      case PipeStage::kInsert:
      case PipeStage::kWithdraw: {
        const double along = a.stage == PipeStage::kAim      ? -kBefore_m - seen.depth_m
                             : a.stage == PipeStage::kInsert ? kThrust_m
                                                             : -kThrust_m;
        motion.move_m = towards(along, left, up);
        motion.turn_rad[1] = seen.pitch_rad;
        motion.turn_rad[2] = a.turn_rad - seen.turn_rad;
        break;
      }
      case PipeStage::kOpen:
      case PipeStage::kGivenUp:
        motion.move_m = {0, 0, std::max(0.0, 0.12 - row[2])};
        motion.close = a.stage == PipeStage::kGivenUp && row[6] > kHeld_m && row[6] < kOpenWide_m;
        break;
    }
    return action_of(motion, config_, a.speed, random);
  }

  const PipeAssemblyExpertConfig config_;
};

}  // namespace

std::unique_ptr<Policy> make_pipe_assembly_expert(const PipeAssemblyExpertConfig& config,
                                                  const ObservationSpec& observation, const ActionSpec& action) {
  const EntrySpec* entry = observation.find("privileged");
  if (!entry || static_cast<int64_t>(entry->fields.size()) != kPipeFields || entry->fields[kPipe] != "pipe_x_m" ||
      entry->fields[kMouth] != "mouth_x_m" || action.dim != 7) {
    throw ConfigError(
        "pipe_assembly_expert: the environment does not tell where pipe and fixture are; it acts in pipe_assembly "
        "only");
  }
  return std::make_unique<PipeAssemblyExpert>(config, action);
}

}  // namespace onramp
