// Two bins of parts and a tray that takes one of each kind (Q2RL, arXiv:2605.05172, app. D-C: Kitting).
#pragma once

#include <mujoco/mujoco.h>

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "onramp/base/random.h"
#include "onramp/envs/mujoco/table_scene.h"
#include "onramp/envs/mujoco/world.h"

namespace onramp::mujoco {

/// How the parts lie at the start (fig. 7 of the paper).
enum class KittingLayout : uint8_t {
  kOriginal,  ///< one part in the middle of each bin
  kModified,  ///< two in each, which divide the bin into thirds: none where it lies in `original`
};
constexpr auto enum_names(KittingLayout*) {
  return std::array{std::pair{KittingLayout::kOriginal, "original"}, std::pair{KittingLayout::kModified, "modified"}};
}

/// Where bins, tray and parts are. The paper says neither sizes nor shapes: these are ours.
struct KittingSceneConfig {
  std::array<double, 3> table_m = {0.45, 0.0, 0.0};  ///< middle of its top, in the world
  KittingLayout layout = KittingLayout::kOriginal;
  double part_spread_m = 0.005;    ///< a part lies at most this far from its place, x and y
  double part_rotation_rad = 0.1;  ///< and turned by at most this, either way
  bool observe_object = true;      ///< whether policies see the parts' state
};

/// Adds table, bins, tray and parts to a spec.
void add_kitting_scene(mjSpec* spec, const KittingSceneConfig& config);

/// Lays the parts into their bins at each reset, and tells whether one of each kind lies in the tray, let go.
/// Of each kind the part counts that is nearest to the tray: so both layouts show the same fields.
/// `privileged`: of each kind its part's place, its turn about the vertical, and 1 where it lies in the tray, let go; then the
/// place in the tray where a part of this kind is meant to come. `object`: of each kind place, quaternion (w x y z, w >= 0),
/// and place relative to the tool; lengths in units of 0.1 m, in the table's frame.
class KittingScene final : public TableScene {
 public:
  /// The arm's base frame must be the world's.
  KittingScene(World& world, KittingSceneConfig config);
  void reset(Rng& random) override;
  std::vector<std::string> privileged_fields() const override;
  void read_privileged(std::vector<float>& values) override;
  std::vector<std::string> object_fields() const override;
  void read_objects(const Signals& signals, std::vector<float>& values) override;
  bool succeeded(const Signals& signals) override;

  static constexpr int kKinds = 2;

 private:
  const FreeBody& nearest(int kind) const;
  bool is_in_tray(const FreeBody& part) const;
  bool is_touched_by_hand(const FreeBody& part) const;

  World& world_;
  const KittingSceneConfig config_;
  std::array<std::vector<FreeBody>, kKinds> parts_;
  std::vector<bool> is_hand_geom_;
};

}  // namespace onramp::mujoco
