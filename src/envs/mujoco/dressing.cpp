#include "dressing.h"

#include "onramp/base/error.h"

namespace onramp::mujoco {
namespace {

constexpr Colour kGrey = {0.72f, 0.74f, 0.76f, 1}, kBlue = {0.35f, 0.55f, 0.75f, 1}, kDark = {0.18f, 0.18f, 0.2f, 1};
constexpr Colour kRod = {0.3f, 0.31f, 0.33f, 1}, kWall = {0.38f, 0.4f, 0.44f, 1}, kFloor = {0.2f, 0.22f, 0.24f, 1},
                 kSky = {0.4f, 0.45f, 0.51f, 1};

}  // namespace

DressingPart cylinder(const char* body, double radius_m, const Vec3& from, const Vec3& to, const Colour& rgba) {
  return {body, mjGEOM_CYLINDER, from, to, radius_m, rgba};
}

DressingPart box(const char* body, const Vec3& half, const Vec3& middle, const Colour& rgba) {
  return {body, mjGEOM_BOX, middle, half, 0.0, rgba};
}

DressingPart floor_at(double z_m) { return box("world", {12, 12, 0.01}, {0.5, 0, z_m - 0.01}, kFloor); }

std::vector<DressingPart> vacuum_grasp_dressing() {
  return {
      cylinder("base", 0.11, {0, 0, -0.03}, {0, 0, 0.012}, kDark),    // its foot, on the floor
      cylinder("link_2", 0.07, {0, 0, -0.02}, {0, 0, 0.235}, kBlue),  // shoulder, beside the column
      cylinder("link_6", 0.04, {0, 0, 0}, {0, 0, 0.065}, kGrey),      // last joint, below the one before it
      cylinder("cup", 0.0065, {0, 0, -0.066}, {0, 0, -0.03}, kRod),   // what slides in the rod as the cup gives way
      box("tool", {0.032, 0.011, 0.005}, {0.068, 0, -0.02}, kDark),   // the camera's arm
      box("bin", {0.212, 0.172, 0.0145}, {0, 0, -0.0155}, kWall),     // the bin's skirt, down to the floor
      floor_at(-0.032),
  };
}

Dressing::Dressing(World& world, const std::vector<DressingPart>& parts) : world_(world), parts_(parts) {
  for (const auto& part : parts_) bodies_.push_back(world_.id(mjOBJ_BODY, part.body));
}

void Dressing::add_to(mjvScene& scene) const {
  const mjData* d = world_.data();
  for (size_t i = 0; i < parts_.size(); ++i) {
    const DressingPart& part = parts_[i];
    ONRAMP_CHECK(scene.ngeom < scene.maxgeom, "no room in the scene for what people see");
    const mjtNum *pos = d->xpos + 3 * bodies_[i], *mat = d->xmat + 9 * bodies_[i];
    const auto in_world = [&](const Vec3& p) {
      Vec3 result;
      mju_mulMatVec3(result.data(), mat, p.data());
      mju_addTo3(result.data(), pos);
      return result;
    };
    mjvGeom* geom = scene.geoms + scene.ngeom++;
    const Vec3 from = in_world(part.from);
    if (part.type == mjGEOM_BOX) {
      mjv_initGeom(geom, part.type, part.to.data(), from.data(), mat, part.rgba.data());
    } else {
      const Vec3 to = in_world(part.to);
      mjv_initGeom(geom, part.type, nullptr, nullptr, nullptr, part.rgba.data());
      mjv_connector(geom, part.type, part.radius_m, from.data(), to.data());
    }
    geom->category = mjCAT_DECOR;
  }
}

void add_sky(mjSpec* spec) {
  mjsTexture* sky = add_texture(spec, mjs_addTexture);
  mjs_setName(sky->element, "sky");
  sky->type = mjTEXTURE_SKYBOX;
  sky->builtin = mjBUILTIN_FLAT;
  set(sky->rgb1, {kSky[0], kSky[1], kSky[2]});
  set(sky->rgb2, {kSky[0], kSky[1], kSky[2]});
  sky->width = sky->height = 16;
  std::copy(kSky.begin(), kSky.end(), spec->visual.rgba.fog);  // the floor fades into it
}

}  // namespace onramp::mujoco
