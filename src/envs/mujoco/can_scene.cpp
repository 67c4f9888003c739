#include "onramp/envs/mujoco/can_scene.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "onramp/envs/mujoco/franka.h"
#include "table_task.h"

namespace onramp::mujoco {
namespace {

constexpr double kWall_m = 0.005;  // half of its thickness
constexpr Colour kLightWood = {0.74f, 0.62f, 0.44f, 1}, kDarkWood = {0.42f, 0.31f, 0.22f, 1},
                 kMark = {0.62f, 0.2f, 0.16f, 1}, kCanSide = {0.75f, 0.06f, 0.08f, 1},
                 kCanRim = {0.8f, 0.81f, 0.83f, 1};

std::array<double, 2> middle_of_bin(const CanSceneConfig& config, int64_t bin) {
  const double x = config.bin_half_m[0] / 2, y = config.bin_half_m[1] / 2;
  return {bin % 2 == 1 ? x : -x, config.bins_apart_m / 2 + (bin >= 2 ? y : -y)};
}

void add_wall(mjsBody* bin, const Vec3& half, double x_m, double y_m, const Colour& colour) {
  make_standing(add_geom(bin, mjGEOM_BOX, half, {x_m, y_m, half[2]}, colour));
}

/// Four walls on the table, around the body's origin.
void add_walls(mjsBody* bin, const CanSceneConfig& config, const Colour& colour) {
  const double x = config.bin_half_m[0] + kWall_m, y = config.bin_half_m[1] + kWall_m, h = config.wall_height_m / 2;
  for (const double side : {-1.0, 1.0}) {
    add_wall(bin, {x + kWall_m, kWall_m, h}, 0, side * y, colour);
    add_wall(bin, {kWall_m, y + kWall_m, h}, side * x, 0, colour);
  }
}

}  // namespace

void add_can_scene(mjSpec* spec, const CanSceneConfig& config) {
  mjsBody* world = mjs_findBody(spec, "world");
  add_table(spec, config.table_m);
  const auto& t = config.table_m;
  const double apart = config.bins_apart_m / 2, h = config.wall_height_m / 2;
  add_walls(add_body(world, "source_bin", {t[0], t[1] - apart, t[2]}), config, kLightWood);
  mjsBody* targets = add_body(world, "target_bins", {t[0], t[1] + apart, t[2]});
  add_walls(targets, config, kDarkWood);
  add_wall(targets, {config.bin_half_m[0], kWall_m, h}, 0, 0, kDarkWood);
  add_wall(targets, {kWall_m, config.bin_half_m[1], h}, 0, 0, kDarkWood);
  // Which of them: a mark on its floor, to be seen and not felt.
  const auto target = middle_of_bin(config, config.target_bin);
  add_geom(targets, mjGEOM_BOX, {config.bin_half_m[0] / 2 - kWall_m, config.bin_half_m[1] / 2 - kWall_m, 0.0005},
           {target[0], target[1] - apart, 0.0005}, kMark);

  mjsBody* can = add_body(world, "can", {t[0], t[1] - apart, t[2] + config.half_height_m});
  mjs_addFreeJoint(can);
  mjsGeom* geom = add_geom(can, mjGEOM_CYLINDER, {config.radius_m, config.half_height_m, 0}, {0, 0, 0}, kCanSide);
  geom->mass = config.density_kg_m3 * 2 * std::numbers::pi * config.half_height_m * config.radius_m * config.radius_m;
  make_graspable(geom);
  for (const double end : {-1.0, 1.0}) {
    add_geom(can, mjGEOM_CYLINDER, {config.radius_m - 0.002, 0.001, 0}, {0, 0, end * config.half_height_m}, kCanRim);
  }
}

CanScene::CanScene(World& world, CanSceneConfig config)
    : world_(world),
      config_(config),
      target_m_(middle_of_bin(config_, config_.target_bin)),
      can_(world, "can", config_.table_m) {}

void CanScene::reset(Rng& random) {
  world_.reset();
  const double x = random.uniform(-config_.spread_m[0], config_.spread_m[0]);
  const double y = random.uniform(-config_.spread_m[1], config_.spread_m[1]);
  can_.place(x, y - config_.bins_apart_m / 2, config_.half_height_m,
             random.uniform(-std::numbers::pi, std::numbers::pi));
}

std::vector<std::string> CanScene::privileged_fields() const {
  auto fields = can_.privileged_fields();
  fields.insert(fields.end(), {"target_x_m", "target_y_m"});
  return fields;
}

void CanScene::read_privileged(std::vector<float>& values) {
  can_.read_privileged(values);
  for (const double place : target_m_) values.push_back(static_cast<float>(place));
}

std::vector<std::string> CanScene::object_fields() const {
  return config_.observe_object ? can_.object_fields() : std::vector<std::string>{};
}

void CanScene::read_objects(const Signals& signals, std::vector<float>& values) { can_.read_object(signals, values); }

bool CanScene::is_touched() const {
  const mjModel* m = world_.model();
  const mjData* d = world_.data();
  return std::any_of(d->contact, d->contact + d->ncon, [&](const mjContact& contact) {
    const int a = contact.geom[0], b = contact.geom[1];
    const auto is = [&](int can, int hand) {
      return m->geom_bodyid[can] == can_.id() && m->geom_contype[hand] == kCollideFinger;
    };
    return is(a, b) || is(b, a);
  });
}

bool CanScene::succeeded(const Signals& signals) {
  const double x = can_.x_m() - target_m_[0], y = can_.y_m() - target_m_[1];
  const bool inside = std::abs(x) < config_.bin_half_m[0] / 2 && std::abs(y) < config_.bin_half_m[1] / 2 &&
                      can_.z_m() < config_.inside_height_m;
  const Eigen::Vector3d can = Eigen::Vector3d(can_.x_m(), can_.y_m(), can_.z_m()) +
                              Eigen::Vector3d(config_.table_m[0], config_.table_m[1], config_.table_m[2]);
  return inside && (signals.arm.X_BaseTcp.translation() - can).norm() > config_.away_m && !is_touched();
}

}  // namespace onramp::mujoco
