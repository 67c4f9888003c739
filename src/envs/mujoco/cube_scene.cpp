#include "onramp/envs/mujoco/cube_scene.h"

#include "onramp/envs/mujoco/franka.h"
#include "table_task.h"

namespace onramp::mujoco {

void add_cube_scene(mjSpec* spec, const CubeSceneConfig& config) {
  mjsBody* world = mjs_findBody(spec, "world");
  add_table(spec, config.table_m);

  const double h = config.half_size_m;
  mjsBody* cube = add_body(world, "cube", {config.table_m[0], config.table_m[1], config.table_m[2] + h});
  mjs_addFreeJoint(cube);
  mjsGeom* geom = add_geom(cube, mjGEOM_BOX, {h, h, h}, {0, 0, 0}, {0.78f, 0.08f, 0.08f, 1});
  geom->mass = config.density_kg_m3 * 8 * h * h * h;
  make_graspable(geom);
}

CubeScene::CubeScene(World& world, CubeSceneConfig config)
    : world_(world), config_(config), cube_(world, "cube", config.table_m) {}

void CubeScene::reset(Rng& random) {
  world_.reset();
  const double x = random.uniform(-config_.spread_m, config_.spread_m);
  const double y = random.uniform(-config_.spread_m, config_.spread_m);
  cube_.place(x, y, config_.half_size_m, random.uniform(-config_.rotation_rad, config_.rotation_rad));
}

std::vector<std::string> CubeScene::object_fields() const {
  return config_.observe_object ? cube_.object_fields() : std::vector<std::string>{};
}

void CubeScene::read_objects(const Signals& signals, std::vector<float>& values) { cube_.read_object(signals, values); }

bool CubeScene::succeeded(const Signals&) { return cube_.z_m() > config_.lift_height_m; }

}  // namespace onramp::mujoco
