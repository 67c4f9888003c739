#include "onramp/policies/vacuum_grasp_expert.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <utility>

#include "onramp/envs/manipulation_environment.h"
#include "scripted_expert.h"

namespace onramp {
namespace {

constexpr int64_t kItemFields = 5;   // x_m y_m top_z_m turn_rad height_m
constexpr double kReaction_s = 0.2;  // it covers the distance that is left in about this time
constexpr double kPress_m = 0.012;   // into the item's top, to seal
constexpr double kHeld_Pa = 25e3;
constexpr double kHoldHeight_m = 0.20;
constexpr int kGripSteps = 4;      // pressed for so long without vacuum: missed
constexpr int kRiseSteps = 4;      // after a miss
constexpr int kEpisodeSteps = 60;  // over which the moment of giving up is spread

enum class Phase : uint8_t { kReach, kGrip, kLift, kRise, kGivenUp };

struct Attempt {
  bool started = false;
  Phase phase = Phase::kReach;
  int phase_steps = 0, steps = 0, give_up_at = 0;
  int64_t item = 0;
  double aim_x_m = 0, aim_y_m = 0, aim_z_m = 0, speed = 1;
};

class VacuumGraspExpert final : public ScriptedExpert<Attempt> {
 public:
  VacuumGraspExpert(VacuumGraspExpertConfig config, ActionSpec action)
      : ScriptedExpert(std::move(action)), config_(config) {}

 private:
  void aim(Attempt& a, Rng& random) const {
    a.aim_x_m = config_.noise * config_.aim_error_m * random.normal();
    a.aim_y_m = config_.noise * config_.aim_error_m * random.normal();
    // Upwards: it stops short of the item. Downwards the cup gives way, and only the worst errors would matter.
    a.aim_z_m = std::max(-kPress_m, config_.noise * config_.aim_error_m * random.normal());
  }

  void start(std::span<const float> row, Attempt& a, Rng& random) const {
    a = {};
    a.started = true;
    aim(a, random);
    const double slowest = 0.9 + std::min(1.0, config_.noise) * (config_.slow - 0.9);
    a.speed = random.uniform(slowest, 1.0);
    const bool gives_up = random.bernoulli(std::min(1.0, config_.noise * config_.give_up));
    const auto when = static_cast<int>(random.below(kEpisodeSteps));
    a.give_up_at = gives_up ? when : kEpisodeSteps * 1000;
    // The item nearest to the tool, of those in the bin.
    double nearest = 1e9;
    for (int64_t i = 0; kToolFields + (i + 1) * kItemFields <= static_cast<int64_t>(row.size()); ++i) {
      const float* item = row.data() + kToolFields + i * kItemFields;
      const double distance = std::hypot(item[0] - row[0], item[1] - row[1]);
      if (item[2] > -0.5f && distance < nearest) {
        nearest = distance;
        a.item = i;
      }
    }
  }

  static void enter(Attempt& a, Phase phase) {
    a.phase = phase;
    a.phase_steps = 0;
  }

  std::array<double, 7> act_one(std::span<const float> row, Attempt& a, Rng& random) const override {
    if (!a.started) start(row, a, random);
    const float* item = row.data() + kToolFields + a.item * kItemFields;
    const double x = item[0] + a.aim_x_m - row[0], y = item[1] + a.aim_y_m - row[1];
    const double distance = std::hypot(x, y), above = row[2] - item[2] - a.aim_z_m;
    const bool held = row[6] >= kHeld_Pa;
    if (a.steps++ == a.give_up_at && !held) enter(a, Phase::kGivenUp);
    switch (a.phase) {
      case Phase::kReach:
        if (held)
          enter(a, Phase::kLift);
        else if (above < 0.004 || row[2] < 0.012)
          enter(a, Phase::kGrip);
        break;
      case Phase::kGrip:
        if (held)
          enter(a, Phase::kLift);
        else if (a.phase_steps >= kGripSteps)
          enter(a, Phase::kRise);
        break;
      case Phase::kLift:
        if (!held && a.phase_steps > 1) enter(a, Phase::kRise);
        break;
      case Phase::kRise:
        if (a.phase_steps >= kRiseSteps) {
          const bool again = random.bernoulli(1.0 - std::min(1.0, config_.noise) * (1.0 - config_.retry));
          aim(a, random);
          enter(a, again ? Phase::kReach : Phase::kGivenUp);
        }
        break;
      case Phase::kGivenUp:
        break;
    }
    ++a.phase_steps;

    std::array<double, 3> move_m{};
    bool suction = false;
    switch (a.phase) {
      case Phase::kReach:  // a funnel: the nearer to the aim, the lower
        move_m = {x, y, std::clamp(1.5 * (distance - 0.008), 0.0, 0.08) - kPress_m - above};
        suction = above < 0.03;
        break;
      case Phase::kGrip:
        move_m = {0, 0, -kPress_m - above};
        suction = true;
        break;
      case Phase::kLift:
        move_m = {0, 0, kHoldHeight_m - row[2]};
        suction = true;
        break;
      case Phase::kRise:
      case Phase::kGivenUp:
        move_m = {0, 0, std::max(0.0, item[2] + 0.10 - row[2])};
        break;
    }
    std::array<double, 7> action{};
    const double shake = config_.noise * config_.action_noise;
    for (int i = 0; i < 3; ++i) {
      action[i] =
          std::clamp(move_m[i] / kReaction_s / config_.linear_speed_m_s, -a.speed, a.speed) + shake * random.normal();
      action[3 + i] = std::clamp(-row[3 + i] / (2 * kReaction_s) / config_.angular_speed_rad_s, -0.5, 0.5) +
                      shake * random.normal();
    }
    action[6] = suction ? 1.0 : -1.0;
    return action;
  }

  const VacuumGraspExpertConfig config_;
};

}  // namespace

std::unique_ptr<Policy> make_vacuum_grasp_expert(const VacuumGraspExpertConfig& config,
                                                 const ObservationSpec& observation, const ActionSpec& action) {
  const EntrySpec* entry = observation.find("privileged");
  if (!entry || entry->shape.size() != 1 || entry->shape[0] < kToolFields + kItemFields ||
      entry->fields.size() < kToolFields + 1 || entry->fields[kToolFields] != "item_0_x_m" || action.dim != 7) {
    throw ConfigError(
        "vacuum_grasp_expert: the environment does not tell where items lie; it acts in vacuum_grasp only");
  }
  return std::make_unique<VacuumGraspExpert>(config, action);
}

}  // namespace onramp
