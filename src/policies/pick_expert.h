// What scripted experts share that grip a thing from above with a parallel hand: the way to it, the grip, and what follows a
// miss. What is done with the thing once it is held is the task's: carry(). Internal.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

#include "onramp/envs/manipulation_environment.h"
#include "onramp/policies/hand_expert.h"
#include "scripted_expert.h"

namespace onramp {

/// Where the fingers should close, in the task's frame, as observed now; and the turn of the hand.
struct Grip {
  float x_m, y_m, z_m;
  double turn_rad;
};

enum class PickStage : uint8_t { kReach, kClose, kCarry, kOpen, kGivenUp };

/// What is remembered of an attempt.
struct PickAttempt {
  bool started = false;
  PickStage stage = PickStage::kReach;
  int stage_steps = 0;
  double width_m = 0;  // a step ago
  double aim_x_m = 0, aim_y_m = 0, turn_rad = 0, speed = 1;
  int leg = 0, leg_steps = 0;                               // of what carry() does
  double place_x_m = 0, place_y_m = 0, place_turn_rad = 0;  // errors of where it carries to
};

/// What the hand should do about now: how far it has to go, and to turn.
struct PickMove {
  std::array<double, 3> move_m{};
  double turn_rad = 0;
  bool open = false;  ///< lets go
  bool over = false;  ///< nothing more to be done with what it holds: from here as after a miss
  bool next = false;  ///< it is where it belongs: from here to the next thing
};

/// Heights at which it is safe to go, in the task's frame.
struct PickHeights {
  double funnel_m = 0.06;  ///< at most so far above the grip on the way to it
  double clear_m = 0.09;   ///< where it opens after a miss
};

class PickExpert : public ScriptedExpert<PickAttempt> {
 public:
  PickExpert(const HandExpertConfig& config, PickHeights heights, ActionSpec action)
      : ScriptedExpert(std::move(action)), config_(config), heights_(heights) {}

 private:
  /// @param row  the observation's `privileged`
  virtual Grip grip(std::span<const float> row) const = 0;
  /// While it holds something. May go from one leg to the next.
  virtual PickMove carry(std::span<const float> row, PickAttempt& a, Rng& random) const = 0;
  /// Draws the errors of where it carries to.
  virtual void aim_place(PickAttempt& a, Rng& random) const { (void)a, (void)random; }

  void aim(const Grip& at, PickAttempt& a, Rng& random) const;
  void start(const Grip& at, PickAttempt& a, Rng& random) const;
  void advance(const Grip& at, double width_m, PickAttempt& a, double aside_m, double above_m, Rng& random) const;
  std::array<double, 7> act_one(std::span<const float> row, PickAttempt& a, Rng& random) const final;

  const HandExpertConfig config_;
  const PickHeights heights_;
};

/// The least turn that differs from this one by a multiple of `period_rad`: of a thing that looks alike so often.
double least_turn(double turn_rad, double period_rad);

/// @param task    its name, of which the expert has its own
/// @param fields  how many there are in `privileged`
/// @param first   name of the first that the scene tells
/// @throws ConfigError "<task>_expert: the environment does not tell where the <what> lies; it acts in <task> only"
void check_pick_expert(const std::string& task, const std::string& what, const ObservationSpec& observation,
                       const ActionSpec& action, int64_t fields, const std::string& first);

}  // namespace onramp
