#include "onramp/envs/mujoco/pipe_scene.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "table_task.h"

namespace onramp::mujoco {
namespace {

constexpr double kPipeLengthUnit_m = 0.1;                    // of what policies see
constexpr double kPipeMass_kg = 0.08;                        // 160 mm of a pipe of 40 mm with a wall of 3 mm
constexpr double kPipeFriction = 0.3;                        // plastic on plastic
constexpr double kFixtureWall_m = 0.006, kBehind_m = 0.002;  // from the end of an inserted pipe to the fixture's stop
constexpr double kPostRadius_m = 0.03;
constexpr Colour kPipe = {0.9f, 0.9f, 0.88f, 1}, kFixture = {0.25f, 0.42f, 0.6f, 1};

void add_fixture_part(mjsBody* body, mjtGeom type, const Vec3& half, const Vec3& middle) {
  mjsGeom* geom = add_geom(body, type, half, middle, kFixture);
  make_standing(geom);
  geom->friction[0] = kPipeFriction;
  stiffen(geom);
}

/// x leads into it, the origin is the middle of its mouth.
void add_fixture(mjsBody* fixture, double opening_half_m, double depth_m, double height_m) {
  const double a = opening_half_m, w = kFixtureWall_m / 2, l = depth_m / 2;
  for (const double side : {-1.0, 1.0}) {
    add_fixture_part(fixture, mjGEOM_BOX, {l, w, a + 2 * w}, {l, side * (a + w), 0});
    add_fixture_part(fixture, mjGEOM_BOX, {l, a, w}, {l, 0, side * (a + w)});
  }
  add_fixture_part(fixture, mjGEOM_BOX, {w, a + 2 * w, a + 2 * w}, {depth_m + w, 0, 0});
  const double top = a + 2 * w, post = (top + height_m) / 2;
  add_fixture_part(fixture, mjGEOM_CYLINDER, {kPostRadius_m, post, 0},
                   {depth_m + kFixtureWall_m + kPostRadius_m, 0, top - post});
}

}  // namespace

void add_pipe_scene(mjSpec* spec, const PipeSceneConfig& config) {
  add_table(spec, config.table_m);
  mjsBody* world = mjs_findBody(spec, "world");
  const Vec3& t = config.table_m;
  const auto& mouth = config.mouth_m;
  mjsBody* fixture = add_body(world, "fixture", {t[0] + mouth[0], t[1] + mouth[1], t[2] + mouth[2]});
  fixture->quat[0] = std::cos(config.fixture_turn_rad / 2);
  fixture->quat[3] = std::sin(config.fixture_turn_rad / 2);
  add_fixture(fixture, PipeScene::kPipeRadius_m + config.clearance_m / 2, config.insertion_m + kBehind_m, mouth[2]);

  const double r = PipeScene::kPipeRadius_m, l = PipeScene::kPipeHalfLength_m;
  const double flat = r * std::tan(std::numbers::pi / 8);  // half a side of the octagon around the pipe
  mjsBody* pipe = add_body(world, "pipe", {t[0] + config.pipe_m[0], t[1] + config.pipe_m[1], t[2] + r});
  mjs_addFreeJoint(pipe);
  for (const Vec3& half : {Vec3{l, r, flat}, Vec3{l, flat, r}}) {
    mjsGeom* geom = add_geom(pipe, mjGEOM_BOX, half, {0, 0, 0}, kPipe);
    make_graspable(geom);
    geom->friction[0] =
        kPipeFriction;  // of the two that touch the rougher counts: the fingers' pads hold it all the same
    geom->mass = kPipeMass_kg / 2;
    geom->group = 3;  // not drawn
  }
  mjsGeom* shape = add_geom(pipe, mjGEOM_CYLINDER, {r, l, 0}, {0, 0, 0}, kPipe);
  shape->quat[0] = shape->quat[2] = std::numbers::sqrt2 / 2;
  mjsGeom* line = add_geom(pipe, mjGEOM_CYLINDER, {r + 0.0003, 0.001, 0}, {l - config.insertion_m, 0, 0},
                           {0.05f, 0.05f, 0.05f, 1});  // up to here it goes in, as in the paper
  line->quat[0] = line->quat[2] = std::numbers::sqrt2 / 2;
}

PipeScene::PipeScene(World& world, PipeSceneConfig config)
    : world_(world), config_(config), pipe_(world, "pipe", config.table_m) {}

void PipeScene::reset(Rng& random) {
  world_.reset();
  const double s = config_.pipe_spread_m, turn = config_.pipe_rotation_rad;
  const double x = config_.pipe_m[0] + random.uniform(-s, s), y = config_.pipe_m[1] + random.uniform(-s, s);
  pipe_.place(x, y, kPipeRadius_m, random.uniform(-turn, turn));
}

Eigen::Vector3d PipeScene::end_m() const { return pipe_.X_TableBody() * Eigen::Vector3d(kPipeHalfLength_m, 0, 0); }

std::vector<std::string> PipeScene::privileged_fields() const {
  return {"pipe_x_m",  "pipe_y_m",  "pipe_z_m",  "pipe_turn_rad",   "pipe_pitch_rad",
          "mouth_x_m", "mouth_y_m", "mouth_z_m", "fixture_turn_rad"};
}

void PipeScene::read_privileged(std::vector<float>& values) {
  const Eigen::Isometry3d X = pipe_.X_TableBody();
  const Eigen::Vector3d along = X.linear().col(0), mouth = mouth_m();
  for (int i = 0; i < 3; ++i) values.push_back(static_cast<float>(X.translation()[i]));
  values.push_back(static_cast<float>(std::atan2(along.y(), along.x())));
  values.push_back(static_cast<float>(std::asin(std::clamp(along.z(), -1.0, 1.0))));
  for (int i = 0; i < 3; ++i) values.push_back(static_cast<float>(mouth[i]));
  values.push_back(static_cast<float>(config_.fixture_turn_rad));
}

std::vector<std::string> PipeScene::object_fields() const {
  if (!config_.observe_object) return {};
  return {"pipe_to_mouth_x", "pipe_to_mouth_y", "pipe_to_mouth_z", "tool_to_pipe_x", "tool_to_pipe_y",
          "tool_to_pipe_z",  "pipe_qw",         "pipe_qx",         "pipe_qy",        "pipe_qz"};
}

void PipeScene::read_objects(const Signals& signals, std::vector<float>& values) {
  const Eigen::Isometry3d X = pipe_.X_TableBody();
  const Eigen::Vector3d tool = signals.arm.X_BaseTcp.translation() - Eigen::Vector3d::Map(config_.table_m.data());
  for (const Eigen::Vector3d& v : {Eigen::Vector3d(mouth_m() - end_m()), Eigen::Vector3d(X.translation() - tool)}) {
    for (int i = 0; i < 3; ++i) values.push_back(static_cast<float>(v[i] / kPipeLengthUnit_m));
  }
  const Eigen::Quaterniond q(X.linear());
  const double sign = q.w() < 0 ? -1.0 : 1.0;  // of two quaternions of a rotation always the same
  for (const double part : {q.w(), q.x(), q.y(), q.z()}) values.push_back(static_cast<float>(sign * part));
}

bool PipeScene::succeeded(const Signals&) {
  const Eigen::AngleAxisd turn(config_.fixture_turn_rad, Eigen::Vector3d::UnitZ());
  const Eigen::Vector3d in = turn.inverse() * Eigen::Vector3d(end_m() - mouth_m());
  return in.x() >= config_.insertion_m && std::hypot(in.y(), in.z()) < kPipeRadius_m;
}

}  // namespace onramp::mujoco
