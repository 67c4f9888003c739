// The Franka's model. Body i turns about z of its own frame, which is frame i of the maker's table of modified DH parameters:
// turned by alpha about x of the frame before, a along that x, d along its own z.
#include <cmath>
#include <numbers>

#include "onramp/base/error.h"
#include "onramp/envs/mujoco/franka.h"
#include "spec_helpers.h"

namespace onramp::mujoco {
namespace {

constexpr double kRight = std::numbers::pi / 2;
constexpr Colour kShell = {0.92f, 0.93f, 0.94f, 1}, kJoint = {0.32f, 0.34f, 0.37f, 1},
                 kFinger = {0.25f, 0.26f, 0.28f, 1}, kPad = {0.12f, 0.12f, 0.13f, 1};

struct Segment {
  double a_m, d_m, alpha_rad;  // modified DH
  double low_rad, high_rad, torque_Nm;
  double mass_kg;
  Vec3 middle_m;                  // of mass, in the body's frame
  std::array<double, 6> inertia;  // about it: xx yy zz xy xz yz, kg m^2
};
// Published: DH parameters and limits (maker's manual), masses and inertias (franka_description, after Gaz et al. 2019).
constexpr std::array<Segment, 7> kSegments = {{
    {0,
     0.333,
     0,
     -2.8973,
     2.8973,
     87,
     4.970684,
     {3.875e-3, 2.081e-3, -0.04762},
     {0.70337, 0.70661, 9.117e-3, -1.39e-4, 6.772e-3, 1.9169e-2}},
    {0,
     0,
     -kRight,
     -1.7628,
     1.7628,
     87,
     0.646926,
     {-3.141e-3, -2.872e-2, 3.495e-3},
     {7.962e-3, 2.811e-2, 2.5995e-2, -3.925e-3, 1.0254e-2, 7.04e-4}},
    {0,
     0.316,
     kRight,
     -2.8973,
     2.8973,
     87,
     3.228604,
     {2.7518e-2, 3.9252e-2, -6.6502e-2},
     {3.7242e-2, 3.6155e-2, 1.083e-2, -4.761e-3, -1.1396e-2, -1.2805e-2}},
    {0.0825,
     0,
     kRight,
     -3.0718,
     -0.0698,
     87,
     3.587895,
     {-5.317e-2, 0.104419, 2.7454e-2},
     {2.5853e-2, 1.9552e-2, 2.8323e-2, 7.796e-3, -1.332e-3, 8.641e-3}},
    {-0.0825,
     0.384,
     -kRight,
     -2.8973,
     2.8973,
     12,
     1.225946,
     {-1.1953e-2, 4.1065e-2, -3.8437e-2},
     {3.5549e-2, 2.9474e-2, 8.627e-3, -2.117e-3, -4.037e-3, 2.29e-4}},
    {0,
     0,
     kRight,
     -0.0175,
     3.7525,
     12,
     1.666555,
     {6.0149e-2, -1.4117e-2, -1.0517e-2},
     {1.964e-3, 4.354e-3, 5.433e-3, 1.09e-4, -1.158e-3, 3.41e-4}},
    {0.088,
     0,
     kRight,
     -2.8973,
     2.8973,
     12,
     0.735522,
     {1.0517e-2, -4.252e-3, 6.1597e-2},
     {1.2516e-2, 1.0027e-2, 4.815e-3, -4.28e-4, -1.196e-3, -7.41e-4}},
}};
constexpr double kFlange_m = 0.107;                                // from the last joint
constexpr double kFingerBase_m = 0.0584, kGraspPoint_m = 0.1034;   // from the flange
constexpr double kFingerTravel_m = 0.04;                           // of each finger
constexpr double kFingerServo_N_m = 4000, kFingerServo_Ns_m = 40;  // ours: stiff, a little more than critically damped
constexpr double kFingerArmature_kg = 0.05;  // of the drive, which a light finger needs to be stable

void set_inertia(mjsBody* body, double mass_kg, const Vec3& middle_m, const std::array<double, 6>& inertia) {
  body->explicitinertial = 1;
  body->mass = mass_kg;
  set(body->ipos, middle_m);
  std::copy(inertia.begin(), inertia.end(), body->fullinertia);
}

void add_shell(mjsBody* base, const std::array<mjsBody*, 7>& b) {
  const auto link = [](mjsBody* body, mjtGeom type, double radius, const Vec3& from, const Vec3& to,
                       const Colour& colour) { add_link(body, type, radius, from, to, 0.0, colour); };
  const auto round = mjGEOM_CAPSULE, flat = mjGEOM_CYLINDER;
  link(base, round, 0.065, {-0.07, 0, 0.04}, {0, 0, 0.07}, kShell);
  link(base, flat, 0.068, {0, 0, 0}, {0, 0, 0.141}, kShell);
  link(b[0], flat, 0.055, {0, 0, -0.192}, {0, 0, -0.08}, kShell);
  link(b[0], flat, 0.064, {0, -0.055, 0}, {0, 0.055, 0}, kShell);
  link(b[0], round, 0.055, {0, 0, -0.08}, {0, 0, -0.03}, kShell);
  link(b[1], flat, 0.05, {0, 0, -0.075}, {0, 0, 0.075}, kJoint);
  link(b[1], round, 0.056, {0, -0.02, 0}, {0, -0.19, 0}, kShell);
  link(b[2], flat, 0.056, {0, 0, -0.125}, {0, 0, -0.06}, kJoint);
  link(b[2], round, 0.054, {0, 0, -0.06}, {0.02, 0, 0}, kShell);
  link(b[2], round, 0.05, {0.02, 0, 0}, {0.0825, 0, 0}, kShell);
  link(b[3], flat, 0.053, {0, 0, -0.065}, {0, 0, 0.065}, kJoint);
  link(b[3], round, 0.05, {0, 0, 0}, {-0.0825, 0.1, 0}, kShell);
  link(b[3], round, 0.05, {-0.0825, 0.1, 0}, {-0.0825, 0.13, 0}, kShell);
  link(b[4], flat, 0.05, {0, 0, -0.25}, {0, 0, -0.2}, kJoint);
  link(b[4], round, 0.046, {0, 0.0, -0.2}, {0, 0.05, -0.1}, kShell);
  link(b[4], round, 0.046, {0, 0.05, -0.1}, {0, 0.0, 0}, kShell);
  link(b[5], flat, 0.05, {0, 0, -0.055}, {0, 0, 0.06}, kJoint);
  link(b[5], round, 0.044, {0, 0, 0}, {0.088, 0, 0}, kShell);
  link(b[6], flat, 0.048, {0, 0, -0.045}, {0, 0, 0.07}, kShell);
  link(b[6], flat, 0.042, {0, 0, 0.07}, {0, 0, kFlange_m}, kJoint);
}

void add_finger(mjSpec* spec, mjsBody* hand, int side, double grasp_N) {
  const char* name = FrankaNames::fingers[side];
  const double out = side == 0 ? 1 : -1;  // along the hand's y
  mjsBody* finger = add_body(hand, name, {0, 0, kFingerBase_m});
  set_inertia(finger, 0.015, {0, out * 0.015, 0.025}, {2.375e-6, 2.375e-6, 7.5e-7, 0, 0, 0});
  mjsJoint* slide = mjs_addJoint(finger, nullptr);
  mjs_setName(slide->element, name);
  slide->type = mjJNT_SLIDE;
  set(slide->axis, {0, out, 0});
  slide->limited = mjLIMITED_TRUE;
  slide->range[0] = 0;
  slide->range[1] = kFingerTravel_m;
  slide->armature = kFingerArmature_kg;
  mjsActuator* servo = mjs_addActuator(spec, nullptr);
  mjs_setName(servo->element, name);
  servo->trntype = mjTRN_JOINT;
  mjs_setString(servo->target, name);
  servo->gaintype = mjGAIN_FIXED;
  servo->biastype = mjBIAS_AFFINE;
  servo->gainprm[0] = kFingerServo_N_m;
  servo->biasprm[1] = -kFingerServo_N_m;
  servo->biasprm[2] = -kFingerServo_Ns_m;
  servo->forcelimited = mjLIMITED_TRUE;
  servo->forcerange[0] = -grasp_N;
  servo->forcerange[1] = grasp_N;

  add_geom(finger, mjGEOM_BOX, {0.0095, 0.0075, 0.013}, {0, out * 0.0155, 0.012}, kFinger);
  mjsGeom* tip = add_geom(finger, mjGEOM_BOX, {0.0095, 0.004, 0.0145}, {0, out * 0.0115, 0.0385}, kFinger);
  mjsGeom* pad = add_geom(finger, mjGEOM_BOX, {0.0088, 0.00375, 0.009}, {0, out * 0.00375, 0.045}, kPad);
  for (mjsGeom* geom : {tip, pad}) {
    geom->contype = kCollideFinger;
    geom->conaffinity = kCollideObject | kCollideTable;
    geom->friction[0] = 1.0;
    geom->condim = 4;
    stiffen(geom);
  }
}

void add_hand(mjSpec* spec, mjsBody* flange, double grasp_N) {
  mjsBody* hand = add_body(flange, FrankaNames::hand_body, {0, 0, kFlange_m});
  hand->quat[0] = std::cos(kRight / 4);  // the hand is mounted turned by -45 degrees
  hand->quat[3] = -std::sin(kRight / 4);
  set_inertia(hand, 0.73, {-0.01, 0, 0.03}, {0.001, 0.0025, 0.0017, 0, 0, 0});
  mjsGeom* palm = add_geom(hand, mjGEOM_BOX, {0.0316, 0.1, 0.029}, {0, 0, 0.0365}, kShell);
  palm->contype = kCollideFinger;
  palm->conaffinity = kCollideObject | kCollideTable;
  add_geom(hand, mjGEOM_BOX, {0.02, 0.06, 0.006}, {0, 0, 0.004}, kJoint);
  mjsSite* tcp = mjs_addSite(hand, nullptr);
  mjs_setName(tcp->element, FrankaNames::tcp_site);
  set(tcp->pos, {0, 0, kGraspPoint_m});
  for (int side = 0; side < 2; ++side) add_finger(spec, hand, side, grasp_N);
  mjsEquality* together = mjs_addEquality(spec, nullptr);  // one spindle moves both
  together->type = mjEQ_JOINT;
  mjs_setString(together->name1, FrankaNames::fingers[0]);
  mjs_setString(together->name2, FrankaNames::fingers[1]);
  together->data[1] = 1.0;

  // Beside the hand and low, tilted towards the finger tips: the palm must not hide what lies between them.
  mjsCamera* camera = mjs_addCamera(hand, nullptr);
  mjs_setName(camera->element, FrankaNames::wrist_camera);
  set(camera->pos, {0.085, 0, 0.035});
  camera->fovy = 75;
  const double tilt = 0.4;  // from the hand's z, about its y axis; the picture's right is y, its up x
  const double x[3] = {0, 1, 0}, y[3] = {std::cos(tilt), 0, std::sin(tilt)};
  camera->alt.type = mjORIENTATION_XYAXES;
  std::copy(x, x + 3, camera->alt.xyaxes);
  std::copy(y, y + 3, camera->alt.xyaxes + 3);
  add_geom(hand, mjGEOM_BOX, {0.012, 0.04, 0.012}, {0.085, 0, 0.017}, kFinger);
}

}  // namespace

void add_franka_with_hand(mjSpec* spec, mjsBody* parent, double grasp_N) {
  spec->compiler.degree = 0;  // joint ranges are radians
  std::array<mjsBody*, 7> bodies;
  mjsBody* below = parent;
  for (size_t i = 0; i < 7; ++i) {
    const Segment& s = kSegments[i];
    const double c = std::cos(s.alpha_rad), sine = std::sin(s.alpha_rad);
    mjsBody* body = add_body(below, concat("panda_link_", i + 1), {s.a_m, -sine * s.d_m, c * s.d_m});
    body->quat[0] = std::cos(s.alpha_rad / 2);
    body->quat[1] = std::sin(s.alpha_rad / 2);
    set_inertia(body, s.mass_kg, s.middle_m, s.inertia);
    mjsJoint* joint = mjs_addJoint(body, nullptr);
    mjs_setName(joint->element, FrankaNames::joints[i]);
    joint->type = mjJNT_HINGE;
    set(joint->axis, {0, 0, 1});
    joint->limited = mjLIMITED_TRUE;
    joint->range[0] = s.low_rad;
    joint->range[1] = s.high_rad;
    joint->armature = 0.05;          // of the gears; the torque loop hides most of it
    set_first(joint->damping, 0.2);  // what friction the torque loop leaves
    mjsActuator* motor = mjs_addActuator(spec, nullptr);
    mjs_setName(motor->element, FrankaNames::joints[i]);
    motor->trntype = mjTRN_JOINT;
    mjs_setString(motor->target, FrankaNames::joints[i]);
    motor->gaintype = mjGAIN_FIXED;
    motor->gainprm[0] = 1.0;
    motor->forcelimited = mjLIMITED_TRUE;
    motor->forcerange[0] = -s.torque_Nm;
    motor->forcerange[1] = s.torque_Nm;
    bodies[i] = below = body;
  }
  add_shell(parent, bodies);
  add_hand(spec, bodies[6], grasp_N);
}

}  // namespace onramp::mujoco
