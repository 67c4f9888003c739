#include "onramp/envs/mujoco/kitting_scene.h"

#include <algorithm>
#include <cmath>

#include "onramp/base/error.h"
#include "onramp/envs/mujoco/franka.h"
#include "table_task.h"

namespace onramp::mujoco {
namespace {

// From the table's middle. The fingers open along y: bins are wide enough for them.
constexpr double kBinX_m = -0.07, kBinY_m = 0.115, kBinHalfX_m = 0.09, kBinHalfY_m = 0.07, kBinHeight_m = 0.03;
constexpr double kTrayX_m = 0.13, kTrayHalfX_m = 0.05, kTrayHalfY_m = 0.11, kTrayHeight_m = 0.012;
constexpr double kSlotY_m = 0.045;  // where in the tray a part is meant to come
constexpr double kBoxWall_m = 0.004, kBoxFloor_m = 0.004;
constexpr double kThird_m = kBinHalfX_m / 3;
constexpr double kPartHalfHeight_m = 0.015, kPartDensity_kg_m3 = 1000.0, kPartFriction = 0.5;
constexpr double kLying_m = 0.006;  // a part's middle at most so much higher than that of one that lies in the tray
constexpr std::array<const char*, KittingScene::kKinds> kKindNames = {"block", "bracket"};

double side_of(int kind) { return kind == 0 ? 1.0 : -1.0; }
std::string part_name(int kind, int i) { return concat(kKindNames[kind], "_", i + 1); }
int of_each_kind(const KittingSceneConfig& config) { return config.layout == KittingLayout::kModified ? 2 : 1; }
double lying_height_m() { return kBoxFloor_m + kPartHalfHeight_m; }

void add_open_box(mjsBody* body, double half_x, double half_y, double height, const Colour& rgba) {
  const double w = kBoxWall_m / 2, h = height / 2;
  const auto add = [&](const Vec3& half, const Vec3& middle) {
    make_standing(add_geom(body, mjGEOM_BOX, half, middle, rgba));
  };
  add({half_x, half_y, kBoxFloor_m / 2}, {0, 0, kBoxFloor_m / 2});
  for (const double side : {-1.0, 1.0}) {
    add({w, half_y + 2 * w, h}, {side * (half_x + w), 0, h});
    add({half_x, w, h}, {0, side * (half_y + w), h});
  }
}

void add_part_box(mjsBody* part, const Vec3& half, const Vec3& middle, const Colour& rgba) {
  mjsGeom* geom = add_geom(part, mjGEOM_BOX, half, middle, rgba);
  geom->mass = kPartDensity_kg_m3 * 8 * half[0] * half[1] * half[2];
  make_graspable(geom);
  geom->friction[0] = kPartFriction;
}

/// Both as high and as wide between the fingers; their frames are in the middle of their height.
void add_part(mjsBody* part, int kind) {
  mjs_addFreeJoint(part);
  const double h = kPartHalfHeight_m;
  if (kind == 0) {
    const Colour red = {0.78f, 0.08f, 0.08f, 1};
    add_part_box(part, {0.019, 0.014, h}, {0, 0, 0}, red);
  } else {
    const Colour blue = {0.1f, 0.25f, 0.75f, 1};
    add_part_box(part, {0.021, 0.014, h / 2}, {0, 0, -h / 2}, blue);
    add_part_box(part, {0.008, 0.014, h / 2}, {0, 0, h / 2}, blue);
  }
}

}  // namespace

void add_kitting_scene(mjSpec* spec, const KittingSceneConfig& config) {
  add_table(spec, config.table_m);
  mjsBody* world = mjs_findBody(spec, "world");
  const Vec3& t = config.table_m;
  const Colour bin = {0.42f, 0.44f, 0.47f, 1}, tray = {0.82f, 0.8f, 0.74f, 1};
  for (int kind = 0; kind < KittingScene::kKinds; ++kind) {
    mjsBody* body = add_body(world, concat("bin_", kind + 1), {t[0] + kBinX_m, t[1] + side_of(kind) * kBinY_m, t[2]});
    add_open_box(body, kBinHalfX_m, kBinHalfY_m, kBinHeight_m, bin);
  }
  add_open_box(add_body(world, "tray", {t[0] + kTrayX_m, t[1], t[2]}), kTrayHalfX_m, kTrayHalfY_m, kTrayHeight_m, tray);
  for (int kind = 0; kind < KittingScene::kKinds; ++kind) {
    for (int i = 0; i < of_each_kind(config); ++i) {
      const Vec3 apart = {t[0] + kBinX_m + 2 * kThird_m * i, t[1] + side_of(kind) * kBinY_m, t[2] + lying_height_m()};
      add_part(add_body(world, part_name(kind, i), apart), kind);
    }
  }
}

KittingScene::KittingScene(World& world, KittingSceneConfig config) : world_(world), config_(config) {
  const mjModel* m = world.model();
  for (int kind = 0; kind < kKinds; ++kind) {
    for (int i = 0; i < of_each_kind(config); ++i) {
      parts_[kind].emplace_back(world, part_name(kind, i), config.table_m);
    }
  }
  const int hand = world.id(mjOBJ_BODY, FrankaNames::hand_body);
  for (int geom = 0; geom < m->ngeom; ++geom) {
    const int body = m->geom_bodyid[geom];
    is_hand_geom_.push_back(body == hand || m->body_parentid[body] == hand);
  }
}

void KittingScene::reset(Rng& random) {
  world_.reset();
  const double s = config_.part_spread_m, turn = config_.part_rotation_rad;
  for (int kind = 0; kind < kKinds; ++kind) {
    auto& parts = parts_[kind];
    for (size_t i = 0; i < parts.size(); ++i) {
      const double along = parts.size() == 1 ? 0.0 : i == 0 ? -kThird_m : kThird_m;
      const double x = kBinX_m + along + random.uniform(-s, s), y = side_of(kind) * kBinY_m + random.uniform(-s, s);
      parts[i].place(x, y, lying_height_m(), random.uniform(-turn, turn));
    }
  }
}

const FreeBody& KittingScene::nearest(int kind) const {
  const auto distance_m = [kind](const FreeBody& part) {
    return std::hypot(part.x_m() - kTrayX_m, part.y_m() - side_of(kind) * kSlotY_m);
  };
  const auto& parts = parts_[kind];
  return *std::min_element(parts.begin(), parts.end(),
                           [&](const FreeBody& a, const FreeBody& b) { return distance_m(a) < distance_m(b); });
}

bool KittingScene::is_touched_by_hand(const FreeBody& part) const {
  const mjModel* m = world_.model();
  const mjData* d = world_.data();
  for (int i = 0; i < d->ncon; ++i) {
    const int first = d->contact[i].geom[0], second = d->contact[i].geom[1];
    if (is_hand_geom_[first] && m->geom_bodyid[second] == part.id()) return true;
    if (is_hand_geom_[second] && m->geom_bodyid[first] == part.id()) return true;
  }
  return false;
}

bool KittingScene::is_in_tray(const FreeBody& part) const {
  return std::abs(part.x_m() - kTrayX_m) < kTrayHalfX_m && std::abs(part.y_m()) < kTrayHalfY_m &&
         part.z_m() < lying_height_m() + kLying_m && !is_touched_by_hand(part);
}

std::vector<std::string> KittingScene::privileged_fields() const {
  std::vector<std::string> fields;
  for (const std::string kind : kKindNames) {
    for (const char* what : {"_x_m", "_y_m", "_z_m", "_turn_rad", "_is_in_tray", "_slot_x_m", "_slot_y_m"}) {
      fields.push_back(kind + what);
    }
  }
  return fields;
}

void KittingScene::read_privileged(std::vector<float>& values) {
  for (int kind = 0; kind < kKinds; ++kind) {
    const FreeBody& part = nearest(kind);
    part.read_privileged(values);
    for (const double value : {is_in_tray(part) ? 1.0 : 0.0, kTrayX_m, side_of(kind) * kSlotY_m}) {
      values.push_back(static_cast<float>(value));
    }
  }
}

std::vector<std::string> KittingScene::object_fields() const {
  std::vector<std::string> fields;
  if (!config_.observe_object) return fields;
  for (const std::string kind : kKindNames) {
    for (const char* what : {"_x", "_y", "_z", "_qw", "_qx", "_qy", "_qz"}) fields.push_back(kind + what);
    for (const char* axis : {"x", "y", "z"}) fields.push_back("tool_to_" + kind + "_" + axis);
  }
  return fields;
}

void KittingScene::read_objects(const Signals& signals, std::vector<float>& values) {
  for (int kind = 0; kind < kKinds; ++kind) nearest(kind).read_object(signals, values);
}

bool KittingScene::succeeded(const Signals&) {
  for (const auto& kind : parts_) {
    if (std::none_of(kind.begin(), kind.end(), [&](const FreeBody& part) { return is_in_tray(part); })) return false;
  }
  return true;
}

}  // namespace onramp::mujoco
