// A bin, what may lie in it, and the light above it.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "onramp/envs/mujoco/world.h"
#include "onramp/envs/task.h"

namespace onramp::mujoco {

/// Which items lie in the bin. The training item and the unseen ones follow Simplified Q, appendix D.3; a flat box stands for
/// the paper's bag.
enum class ItemSet : uint8_t {
  kTraining,    ///< one orange box: flat, size and turn random
  kBlue,        ///< the same in blue
  kCan,         ///< one can: a cylinder, taller than the box, metallic red
  kThree,       ///< three orange boxes at once
  kThreeMixed,  ///< an orange box, a blue one and a can
  kRandom,      ///< one to three items of any shape, size and colour
};
constexpr auto enum_names(ItemSet*) {
  return std::array{std::pair{ItemSet::kTraining, "training"},
                    std::pair{ItemSet::kBlue, "blue"},
                    std::pair{ItemSet::kCan, "can"},
                    std::pair{ItemSet::kThree, "three"},
                    std::pair{ItemSet::kThreeMixed, "three_mixed"},
                    std::pair{ItemSet::kRandom, "random"}};
}

/// How the scene is lit.
enum class Lighting : uint8_t {
  kTraining,  ///< bright, from above, a little random
  kUnseen,    ///< dim and warm, from one side, with glossy reflections
};
constexpr auto enum_names(Lighting*) {
  return std::array{std::pair{Lighting::kTraining, "training"}, std::pair{Lighting::kUnseen, "unseen"}};
}

/// Where the bin stands and what lies in it.
struct BinSceneConfig {
  std::array<double, 3> bin_m = {0.75, 0.0, 0.0};    ///< middle of the floor, in the world
  std::array<double, 2> half_size_m = {0.20, 0.16};  ///< inner half lengths of the bin
  double wall_height_m = 0.06;
  std::array<double, 2> spread_m = {0.13, 0.095};  ///< items lie at most this far from the middle
  double item_scale = 1.0;                         ///< of their lengths and widths; smaller ones want better aim
  ItemSet items = ItemSet::kTraining;
  Lighting lighting = Lighting::kTraining;
};

/// Most items that a set puts into the bin.
int64_t max_items(ItemSet items);

/// Adds bin, items, lights and the scene camera ("scene") to a spec.
void add_bin_scene(mjSpec* spec, const BinSceneConfig& config);

/// Places the items anew at each reset. `privileged`: for each item x, y, z of its top, turn and height.
class BinScene final : public Scene {
 public:
  BinScene(World& world, BinSceneConfig config);
  void reset(Rng& random) override;
  std::vector<std::string> privileged_fields() const override;
  void read_privileged(std::vector<float>& values) override;

  static constexpr int64_t kItemFields = 5;

 private:
  struct Item {
    int body, geom, qpos;
    double half_height_m;
  };
  struct Shape;
  static Shape draw(ItemSet set, double scale, int64_t index, Rng& random);
  void apply(const Item& item, const Shape& shape);
  void light(Rng& random);

  World& world_;
  const BinSceneConfig config_;
  std::vector<Item> items_;
};

}  // namespace onramp::mujoco
