// Short ways of adding to an mjSpec. Internal.
#pragma once

#include <mujoco/mujoco.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>
#include <string>
#include <type_traits>

namespace onramp::mujoco {

using Vec3 = std::array<double, 3>;
using Colour = std::array<float, 4>;

inline void set(double* target, const Vec3& value) { std::copy(value.begin(), value.end(), target); }

/// A geom with nothing to collide with and no mass; the caller changes what it wants.
inline mjsGeom* add_geom(mjsBody* body, mjtGeom type, const Vec3& size, const Vec3& pos, const Colour& rgba) {
  mjsGeom* geom = mjs_addGeom(body, nullptr);
  geom->type = type;
  set(geom->size, size);
  set(geom->pos, pos);
  std::copy(rgba.begin(), rgba.end(), geom->rgba);
  geom->contype = geom->conaffinity = 0;
  geom->mass = 0.0;
  return geom;
}

/// Contacts of light things that are pressed hard: MuJoCo's own defaults would let a finger sink in by millimetres.
inline void stiffen(mjsGeom* geom) {
  geom->solref[0] = 0.004;
  geom->solimp[0] = 0.99;
  geom->solimp[1] = 0.998;
}

/// A capsule or cylinder from one point to another.
inline mjsGeom* add_link(mjsBody* body, mjtGeom type, double radius, const Vec3& from, const Vec3& to, double mass,
                         const Colour& rgba) {
  mjsGeom* geom = add_geom(body, type, {radius, 0, 0}, {0, 0, 0}, rgba);
  set(geom->fromto, from);
  set(geom->fromto + 3, to);
  geom->mass = mass;
  return geom;
}

inline mjsBody* add_body(mjsBody* parent, const std::string& name, const Vec3& pos) {
  mjsBody* body = mjs_addBody(parent, nullptr);
  mjs_setName(body->element, name.c_str());
  set(body->pos, pos);
  return body;
}

/// Puts a camera of the world at a point, turned to another, upright.
inline void look(mjsCamera* camera, const Vec3& from, const Vec3& at) {
  set(camera->pos, from);
  const double dx = at[0] - from[0], dy = at[1] - from[1], dz = at[2] - from[2], flat = std::hypot(dx, dy);
  const double length = std::hypot(flat, dz);
  const double right[3] = {dy / flat, -dx / flat, 0};
  const double up[3] = {-dx * dz / (flat * length), -dy * dz / (flat * length), flat / length};
  camera->alt.type = mjORIENTATION_XYAXES;
  std::copy(right, right + 3, camera->alt.xyaxes);
  std::copy(up, up + 3, camera->alt.xyaxes + 3);
}

/// Stiffness and damping are one number in MuJoCo 3 and the first of several in 4.
inline void set_first(double& field, double value) { field = value; }
inline void set_first(double* field, double value) { field[0] = value; }

/// mjs_addTexture, which takes defaults from MuJoCo 4 on.
template <class Function>
mjsTexture* add_texture(mjSpec* spec, Function* add) {
  if constexpr (std::is_invocable_v<Function, mjSpec*>) {
    return add(spec);
  } else {
    return add(spec, nullptr);
  }
}

}  // namespace onramp::mujoco
