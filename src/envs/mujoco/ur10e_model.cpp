// The UR10e's model. Body i turns about z of its own frame, which is frame i-1 of the maker's DH table; frame i, where the
// next body sits, is at (a_i, 0, d_i), turned by alpha_i about x.
#include <cmath>
#include <numbers>

#include "onramp/base/error.h"
#include "onramp/envs/mujoco/ur10e.h"
#include "spec_helpers.h"

namespace onramp::mujoco {
namespace {

constexpr double kPi = std::numbers::pi;
constexpr Colour kGrey = {0.72f, 0.74f, 0.76f, 1}, kBlue = {0.35f, 0.55f, 0.75f, 1}, kDark = {0.18f, 0.18f, 0.2f, 1};

struct Link {
  double d_m, a_m, alpha_rad;  // DH
  double mass_kg, torque_Nm, stiffness, damping;
};
// Published: DH parameters, masses, torque limits. Servo gains are ours: critically damped at the arm's usual inertia.
constexpr std::array<Link, 6> kLinks = {{
    {0.1807, 0.0, kPi / 2, 7.369, 330, 12000, 1200},
    {0.0, -0.6127, 0.0, 13.051, 330, 12000, 1200},
    {0.0, -0.57155, 0.0, 3.989, 150, 8000, 600},
    {0.17415, 0.0, kPi / 2, 2.1, 56, 2000, 80},
    {0.11985, 0.0, -kPi / 2, 1.98, 56, 2000, 80},
    {0.11655, 0.0, 0.0, 0.615, 56, 1000, 40},
}};

constexpr double kToolLength = 0.16;  // flange to lip, cup not compressed
constexpr double kLipRadius = 0.016, kLipPointRadius = 0.005;
constexpr double kCupTravel = 0.04, kCupStiffness = 400.0, kCupDamping = 6.0;

void add_shapes(const std::array<mjsBody*, 6>& b) {
  const auto capsule = mjGEOM_CAPSULE;
  const auto cylinder = mjGEOM_CYLINDER;
  add_link(b[0], cylinder, 0.075, {0, 0, 0.08}, {0, 0, 0.26}, kLinks[0].mass_kg, kBlue);
  add_link(b[1], capsule, 0.06, {0, 0, 0.17}, {-0.6127, 0, 0.17}, kLinks[1].mass_kg, kGrey);
  add_link(b[1], cylinder, 0.07, {-0.6127, 0, 0.05}, {-0.6127, 0, 0.23}, 0.0, kBlue);
  add_link(b[2], capsule, 0.048, {0, 0, 0.05}, {-0.57155, 0, 0.05}, kLinks[2].mass_kg, kGrey);
  add_link(b[3], cylinder, 0.045, {0, 0, 0.02}, {0, 0, 0.22}, kLinks[3].mass_kg, kBlue);
  add_link(b[4], cylinder, 0.045, {0, 0, -0.05}, {0, 0, 0.16}, kLinks[4].mass_kg, kBlue);
  add_link(b[5], cylinder, 0.045, {0, 0, 0.06}, {0, 0, 0.11655}, kLinks[5].mass_kg, kGrey);
}

/// Tool at the flange: a tube, a cup that gives way along its axis, a rim that the bin stops, a lip that items stick to.
void add_vacuum_tool(mjSpec* spec, mjsBody* flange, double force_N) {
  mjsBody* tool = add_body(flange, "tool", {0, 0, kLinks[5].d_m});
  tool->gravcomp = 1;
  add_link(tool, mjGEOM_CYLINDER, 0.03, {0, 0, 0}, {0, 0, 0.02}, 0.3, kDark);
  add_link(tool, mjGEOM_CYLINDER, 0.009, {0, 0, 0.02}, {0, 0, kToolLength - kCupTravel - 0.02}, 0.2, kDark);
  mjsSite* tcp = mjs_addSite(tool, nullptr);
  mjs_setName(tcp->element, Ur10eNames::tcp_site);
  set(tcp->pos, {0, 0, kToolLength});

  // Beside the tool and tilted, so that the cup and what lies under it stay in the picture down to the floor.
  mjsCamera* camera = mjs_addCamera(tool, nullptr);
  mjs_setName(camera->element, Ur10eNames::wrist_camera);
  const double tilt = 0.42;  // from straight down, about the tool's y axis
  set(camera->pos, {0.105, 0, 0.0});
  camera->fovy = 68;
  // The camera looks along its -z; its picture's right is the tool's +y, its up the tool's +x.
  const double x[3] = {0, 1, 0}, y[3] = {std::cos(tilt), 0, std::sin(tilt)};
  camera->alt.type = mjORIENTATION_XYAXES;
  std::copy(x, x + 3, camera->alt.xyaxes);
  std::copy(y, y + 3, camera->alt.xyaxes + 3);
  mjsGeom* housing = add_geom(tool, mjGEOM_BOX, {0.012, 0.03, 0.012}, {0.105, 0, -0.02}, kDark);
  housing->mass = 0.1;

  mjsBody* cup = add_body(tool, "cup", {0, 0, kToolLength});
  cup->gravcomp = 1;
  mjsJoint* slide = mjs_addJoint(cup, nullptr);
  mjs_setName(slide->element, "cup_slide");
  slide->type = mjJNT_SLIDE;
  set(slide->axis, {0, 0, -1});
  slide->limited = mjLIMITED_TRUE;
  slide->range[0] = 0;
  slide->range[1] = kCupTravel;
  set_first(slide->stiffness, kCupStiffness);
  set_first(slide->damping, kCupDamping);
  slide->armature = 0.05;  // light parts at a stiff spring would need smaller physics steps
  add_link(cup, mjGEOM_CYLINDER, 0.013, {0, 0, -0.03}, {0, 0, -0.008}, 0.04, {0.15f, 0.15f, 0.15f, 1});
  mjsGeom* rim = add_geom(cup, mjGEOM_SPHERE, {0.018, 0, 0}, {0, 0, -0.018}, {0, 0, 0, 0});
  rim->contype = kCollideRim;
  rim->conaffinity = kCollideBin;
  rim->group = 4;
  mjsBody* lip = add_body(cup, Ur10eNames::lip_body, {0, 0, 0});
  lip->gravcomp = 1;
  for (int i = 0; i < kLipPoints; ++i) {
    const double angle = 2 * kPi * i / kLipPoints;
    mjsGeom* point = add_geom(lip, mjGEOM_SPHERE, {kLipPointRadius, 0, 0},
                              {kLipRadius * std::cos(angle), kLipRadius * std::sin(angle), -kLipPointRadius}, kDark);
    point->mass = 0.01;
    point->contype = kCollideCup;
    point->conaffinity = kCollideItem;
    point->friction[0] = 1.2;
    point->gap = 0.003;  // suction reaches a little beyond the lip
    point->priority = 1;
    point->group = 4;
  }
  add_link(lip, mjGEOM_CYLINDER, kLipRadius + kLipPointRadius, {0, 0, -0.008}, {0, 0, -0.001}, 0.0, kDark);

  mjsActuator* suction = mjs_addActuator(spec, nullptr);
  mjs_setName(suction->element, Ur10eNames::suction);
  mjs_setToAdhesion(suction, force_N);
  suction->trntype = mjTRN_BODY;
  mjs_setString(suction->target, Ur10eNames::lip_body);
  suction->ctrlrange[0] = 0;
  suction->ctrlrange[1] = 1;
}

}  // namespace

void add_ur10e_with_vacuum(mjSpec* spec, mjsBody* parent, double force_N) {
  add_link(parent, mjGEOM_CYLINDER, 0.09, {0, 0, 0}, {0, 0, 0.08}, 4.0, kDark);
  std::array<mjsBody*, 6> bodies;
  mjsBody* below = parent;
  for (size_t i = 0; i < 6; ++i) {
    const Link& link = kLinks[i];
    const Link* previous = i > 0 ? &kLinks[i - 1] : nullptr;
    mjsBody* body =
        add_body(below, concat("link_", i + 1), {previous ? previous->a_m : 0, 0, previous ? previous->d_m : 0});
    if (previous) {
      body->quat[0] = std::cos(previous->alpha_rad / 2);
      body->quat[1] = std::sin(previous->alpha_rad / 2);
    }
    body->gravcomp = 1;  // the maker's controller compensates gravity
    mjsJoint* joint = mjs_addJoint(body, nullptr);
    mjs_setName(joint->element, Ur10eNames::joints[i]);
    joint->type = mjJNT_HINGE;
    set(joint->axis, {0, 0, 1});
    joint->armature = 0.1;
    mjsActuator* servo = mjs_addActuator(spec, nullptr);
    mjs_setName(servo->element, Ur10eNames::joints[i]);
    servo->trntype = mjTRN_JOINT;
    mjs_setString(servo->target, Ur10eNames::joints[i]);
    servo->gaintype = mjGAIN_FIXED;
    servo->biastype = mjBIAS_AFFINE;
    servo->gainprm[0] = link.stiffness;
    servo->biasprm[1] = -link.stiffness;
    servo->biasprm[2] = -link.damping;
    servo->forcelimited = mjLIMITED_TRUE;
    servo->forcerange[0] = -link.torque_Nm;
    servo->forcerange[1] = link.torque_Nm;
    bodies[i] = below = body;
  }
  add_shapes(bodies);
  add_vacuum_tool(spec, bodies[5], force_N);
}

}  // namespace onramp::mujoco
