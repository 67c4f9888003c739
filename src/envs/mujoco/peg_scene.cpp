#include "onramp/envs/mujoco/peg_scene.h"

#include <cmath>

#include "table_task.h"

namespace onramp::mujoco {
namespace {

constexpr double kPegLengthUnit_m = 0.1;  // of what policies see
constexpr double kPegHalf_m = PegScene::kPegWidth_m / 2, kPegHalfLength_m = 0.045;
constexpr double kPegDensity_kg_m3 = 1100.0, kPegFriction = 0.3;  // printed plastic on printed plastic
constexpr double kBoardHalf_m = 0.06;

void add_board(mjsBody* board, double hole_half_m) {
  const double h = PegScene::kBoardHeight_m / 2, wall = (kBoardHalf_m - hole_half_m) / 2;
  const double out = hole_half_m + wall;
  const Colour grey = {0.5f, 0.53f, 0.57f, 1}, light = {0.56f, 0.59f, 0.63f, 1};
  const auto add = [&](const Vec3& half, double x, double y, const Colour& rgba) {
    mjsGeom* geom = add_geom(board, mjGEOM_BOX, half, {x, y, h}, rgba);
    make_standing(geom);
    geom->friction[0] = kPegFriction;
    stiffen(geom);
  };
  for (const double side : {-1.0, 1.0}) {
    add({wall, kBoardHalf_m, h}, side * out, 0, grey);
    add({hole_half_m, wall, h}, 0, side * out, light);
  }
}

}  // namespace

void add_peg_scene(mjSpec* spec, const PegSceneConfig& config) {
  add_table(spec, config.table_m);
  mjsBody* world = mjs_findBody(spec, "world");
  const Vec3& t = config.table_m;
  mjsBody* board = add_body(world, "board", {t[0] + config.board_m[0], t[1] + config.board_m[1], t[2]});
  add_board(board, kPegHalf_m + config.clearance_m / 2);

  mjsBody* peg = add_body(world, "peg", {t[0], t[1], t[2] + 0.3});
  mjs_addFreeJoint(peg);
  mjsGeom* geom =
      add_geom(peg, mjGEOM_BOX, {kPegHalf_m, kPegHalf_m, kPegHalfLength_m}, {0, 0, 0}, {0.78f, 0.08f, 0.08f, 1});
  geom->mass = kPegDensity_kg_m3 * 8 * kPegHalf_m * kPegHalf_m * kPegHalfLength_m;
  make_graspable(geom);
  geom->friction[0] = kPegFriction;  // of the two that touch the rougher counts: the fingers' pads hold it all the same
}

PegScene::PegScene(World& world, PegSceneConfig config)
    : world_(world), config_(config), peg_(world, "peg", config.table_m), board_(world.id(mjOBJ_BODY, "board")) {}

void PegScene::reset(Rng& random) {
  const double s = config_.board_spread_m;
  mjtNum* board = world_.model()->body_pos + 3 * board_;
  for (int i = 0; i < 2; ++i) board[i] = config_.table_m[i] + config_.board_m[i] + random.uniform(-s, s);
  world_.reset();
}

void PegScene::tool_starts_at(const Eigen::Isometry3d& X_BaseTcp) {
  Eigen::Isometry3d X_TablePeg = X_BaseTcp * tool_down_at({0, 0, kTipBelowTool_m - kPegHalfLength_m});
  X_TablePeg.pretranslate(-Eigen::Vector3d::Map(config_.table_m.data()));
  peg_.place(X_TablePeg);
}

Eigen::Vector3d PegScene::tip_m() const { return peg_.X_TableBody() * Eigen::Vector3d(0, 0, -kPegHalfLength_m); }

Eigen::Vector3d PegScene::rim_m() const {
  const mjtNum* board = world_.model()->body_pos + 3 * board_;
  return Eigen::Vector3d(board[0], board[1], board[2] + kBoardHeight_m) - Eigen::Vector3d::Map(config_.table_m.data());
}

std::vector<std::string> PegScene::privileged_fields() const {
  return {"peg_x_m",    "peg_y_m",  "peg_z_m",  "peg_rx_rad", "peg_ry_rad",
          "peg_rz_rad", "hole_x_m", "hole_y_m", "hole_z_m"};
}

void PegScene::read_privileged(std::vector<float>& values) {
  const Eigen::AngleAxisd turn(peg_.X_TableBody().linear());
  for (const Eigen::Vector3d& v : {tip_m(), Eigen::Vector3d(turn.angle() * turn.axis()), rim_m()}) {
    for (int i = 0; i < 3; ++i) values.push_back(static_cast<float>(v[i]));
  }
}

std::vector<std::string> PegScene::object_fields() const {
  if (!config_.observe_object) return {};
  return {"peg_to_hole_x", "peg_to_hole_y", "peg_to_hole_z", "peg_qw", "peg_qx",
          "peg_qy",        "peg_qz",        "hole_x",        "hole_y", "hole_z"};
}

void PegScene::read_objects(const Signals&, std::vector<float>& values) {
  const Eigen::Vector3d rim = rim_m(), to_hole = (rim - tip_m()) / kPegLengthUnit_m;
  const Eigen::Quaterniond q(peg_.X_TableBody().linear());
  const double sign = q.w() < 0 ? -1.0 : 1.0;  // of two quaternions of a rotation always the same
  for (int i = 0; i < 3; ++i) values.push_back(static_cast<float>(to_hole[i]));
  for (const double part : {q.w(), q.x(), q.y(), q.z()}) values.push_back(static_cast<float>(sign * part));
  for (int i = 0; i < 3; ++i) values.push_back(static_cast<float>(rim[i] / kPegLengthUnit_m));
}

bool PegScene::succeeded(const Signals&) {
  const Eigen::Vector3d below = rim_m() - tip_m();
  const double in_the_hole = kPegHalf_m;
  return below.z() >= config_.insertion_m && std::abs(below.x()) < in_the_hole && std::abs(below.y()) < in_the_hole;
}

}  // namespace onramp::mujoco
