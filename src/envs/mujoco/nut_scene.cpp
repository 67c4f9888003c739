#include "onramp/envs/mujoco/nut_scene.h"

#include <cmath>

#include "onramp/envs/mujoco/franka.h"
#include "table_task.h"

namespace onramp::mujoco {
namespace {

constexpr Colour kBrass = {0.8f, 0.62f, 0.2f, 1}, kHandle = {0.15f, 0.35f, 0.62f, 1}, kSteel = {0.55f, 0.57f, 0.6f, 1};

void add_bar(mjsBody* nut, const NutSceneConfig& config, double half_x, double half_y, double x_m, double y_m,
             const Colour& colour) {
  const double h = config.half_thickness_m;
  mjsGeom* bar = add_geom(nut, mjGEOM_BOX, {half_x, half_y, h}, {x_m, y_m, 0}, colour);
  bar->mass = config.density_kg_m3 * 8 * half_x * half_y * h;
  make_graspable(bar);
}

/// Four bars around a square hole, and a handle.
void add_nut(mjSpec* spec, const NutSceneConfig& config) {
  const auto& t = config.table_m;
  mjsBody* nut = add_body(mjs_findBody(spec, "world"), "nut",
                          {t[0] + config.start_m[0], t[1] + config.start_m[1], t[2] + config.half_thickness_m});
  mjs_addFreeJoint(nut);
  const double in = config.half_opening_m, half_rim = config.rim_m / 2, out = in + config.rim_m;
  for (const double side : {-1.0, 1.0}) {
    add_bar(nut, config, half_rim, out, side * (in + half_rim), 0, kBrass);
    add_bar(nut, config, in, half_rim, 0, side * (in + half_rim), kBrass);
  }
  add_bar(nut, config, (config.handle_end_m - out) / 2, config.handle_half_width_m, (config.handle_end_m + out) / 2, 0,
          kHandle);
}

}  // namespace

void add_nut_scene(mjSpec* spec, const NutSceneConfig& config) {
  add_table(spec, config.table_m);
  const auto& t = config.table_m;
  mjsBody* peg = add_body(mjs_findBody(spec, "world"), "peg", {t[0] + config.peg_m[0], t[1] + config.peg_m[1], t[2]});
  const double h = config.peg_height_m / 2;
  make_standing(add_geom(peg, mjGEOM_BOX, {config.peg_half_m, config.peg_half_m, h}, {0, 0, h}, kSteel));
  add_nut(spec, config);
}

NutScene::NutScene(World& world, NutSceneConfig config)
    : world_(world), config_(config), nut_(world, "nut", config_.table_m) {}

void NutScene::reset(Rng& random) {
  world_.reset();
  const double x = config_.start_m[0] + random.uniform(-config_.spread_m[0], config_.spread_m[0]);
  const double y = config_.start_m[1] + random.uniform(-config_.spread_m[1], config_.spread_m[1]);
  nut_.place(x, y, config_.half_thickness_m, random.uniform(-config_.rotation_rad, config_.rotation_rad));
}

std::vector<std::string> NutScene::privileged_fields() const {
  auto fields = nut_.privileged_fields();
  fields.insert(fields.end(), {"peg_x_m", "peg_y_m"});
  return fields;
}

void NutScene::read_privileged(std::vector<float>& values) {
  nut_.read_privileged(values);
  for (const double place : config_.peg_m) values.push_back(static_cast<float>(place));
}

std::vector<std::string> NutScene::object_fields() const {
  return config_.observe_object ? nut_.object_fields() : std::vector<std::string>{};
}

void NutScene::read_objects(const Signals& signals, std::vector<float>& values) { nut_.read_object(signals, values); }

bool NutScene::succeeded(const Signals&) {
  return std::abs(nut_.x_m() - config_.peg_m[0]) < config_.on_peg_m &&
         std::abs(nut_.y_m() - config_.peg_m[1]) < config_.on_peg_m && nut_.z_m() < config_.on_height_m;
}

}  // namespace onramp::mujoco
