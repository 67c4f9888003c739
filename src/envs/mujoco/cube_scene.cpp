#include "onramp/envs/mujoco/cube_scene.h"

#include <cmath>

#include "onramp/envs/mujoco/franka.h"
#include "spec_helpers.h"

namespace onramp::mujoco {
namespace {

constexpr double kLengthUnit_m = 0.1;  // of what policies see

}  // namespace

void add_cube_scene(mjSpec* spec, const CubeSceneConfig& config) {
  mjsBody* world = mjs_findBody(spec, "world");
  mjsBody* table = add_body(world, "table", config.table_m);
  mjsGeom* top = add_geom(table, mjGEOM_BOX, {0.4, 0.4, 0.025}, {0, 0, -0.025}, {0.62f, 0.54f, 0.44f, 1});
  top->contype = kCollideTable;
  top->conaffinity = kCollideObject | kCollideFinger;

  const double h = config.half_size_m;
  mjsBody* cube = add_body(world, "cube", {config.table_m[0], config.table_m[1], config.table_m[2] + h});
  mjs_addFreeJoint(cube);
  mjsGeom* geom = add_geom(cube, mjGEOM_BOX, {h, h, h}, {0, 0, 0}, {0.78f, 0.08f, 0.08f, 1});
  geom->mass = config.density_kg_m3 * 8 * h * h * h;
  geom->contype = kCollideObject;
  geom->conaffinity = kCollideObject | kCollideTable | kCollideFinger;
  geom->friction[0] = 1.0;
  geom->condim = 4;
  stiffen(geom);

  mjsLight* lamp = mjs_addLight(world, nullptr);
  lamp->type = mjLIGHT_DIRECTIONAL;
  lamp->castshadow = 0;
  set(lamp->pos, {config.table_m[0], config.table_m[1], 2.0});
  set(lamp->dir, {-0.25, 0.2, -1.0});
  for (int k = 0; k < 3; ++k) lamp->diffuse[k] = 0.55f;
  for (int k = 0; k < 3; ++k) {
    spec->visual.headlight.ambient[k] = 0.4f;
    spec->visual.headlight.diffuse[k] = 0.15f;
    spec->visual.headlight.specular[k] = 0.0f;
  }

  mjsCamera* camera = mjs_addCamera(world, nullptr);
  mjs_setName(camera->element, "scene");
  camera->fovy = 45;
  const Vec3& t = config.table_m;
  look(camera, {t[0] + 0.45, t[1] - 0.38, t[2] + 0.27}, {t[0] - 0.03, t[1], t[2] + 0.1});
}

CubeScene::CubeScene(World& world, CubeSceneConfig config)
    : world_(world),
      config_(config),
      qpos_(world.model()->jnt_qposadr[world.model()->body_jntadr[world.id(mjOBJ_BODY, "cube")]]) {}

void CubeScene::reset(Rng& random) {
  world_.reset();
  mjtNum* p = world_.data()->qpos + qpos_;
  p[0] = config_.table_m[0] + random.uniform(-config_.spread_m, config_.spread_m);
  p[1] = config_.table_m[1] + random.uniform(-config_.spread_m, config_.spread_m);
  p[2] = config_.table_m[2] + config_.half_size_m;
  const double turn = random.uniform(-config_.rotation_rad, config_.rotation_rad);
  p[3] = std::cos(turn / 2);
  p[4] = p[5] = 0;
  p[6] = std::sin(turn / 2);
}

std::vector<std::string> CubeScene::privileged_fields() const {
  return {"cube_x_m", "cube_y_m", "cube_z_m", "cube_turn_rad"};
}

void CubeScene::read_privileged(std::vector<float>& values) {
  const mjtNum* p = pose();
  const double turn = std::atan2(2 * (p[3] * p[6] + p[4] * p[5]), 1 - 2 * (p[5] * p[5] + p[6] * p[6]));
  for (int i = 0; i < 3; ++i) values.push_back(static_cast<float>(p[i] - config_.table_m[i]));
  values.push_back(static_cast<float>(turn));
}

std::vector<std::string> CubeScene::object_fields() const {
  if (!config_.observe_object) return {};
  return {"cube_x",  "cube_y",  "cube_z",         "cube_qw",        "cube_qx",
          "cube_qy", "cube_qz", "tool_to_cube_x", "tool_to_cube_y", "tool_to_cube_z"};
}

void CubeScene::read_objects(const Signals& signals, std::vector<float>& values) {
  const mjtNum* p = pose();
  const double sign = p[3] < 0 ? -1.0 : 1.0;  // of two quaternions of a rotation always the same
  for (int i = 0; i < 3; ++i) values.push_back(static_cast<float>((p[i] - config_.table_m[i]) / kLengthUnit_m));
  for (int i = 3; i < 7; ++i) values.push_back(static_cast<float>(sign * p[i]));
  const auto& tool = signals.arm.X_BaseTcp.translation();
  for (int i = 0; i < 3; ++i) values.push_back(static_cast<float>((p[i] - tool[i]) / kLengthUnit_m));
}

bool CubeScene::succeeded(const Signals&) { return pose()[2] - config_.table_m[2] > config_.lift_height_m; }

}  // namespace onramp::mujoco
