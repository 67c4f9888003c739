#include "onramp/envs/mujoco/bin_scene.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "onramp/base/error.h"
#include "onramp/envs/mujoco/ur10e.h"
#include "spec_helpers.h"

namespace onramp::mujoco {
namespace {

constexpr double kPi = std::numbers::pi;
constexpr double kItemDensity = 450.0;  // kg/m^3: that of a bag of rice, about 0.1 kg at our sizes
constexpr double kApart_m = 0.12;       // least distance between the middles of two items
constexpr double kParked_m = -2.0;      // height of items that are not in the bin

std::string item_name(int64_t i) { return concat("item_", i); }

mjsGeom* add_wall(mjsBody* bin, const Vec3& half, const Vec3& pos, const Colour& rgba) {
  mjsGeom* wall = add_geom(bin, mjGEOM_BOX, half, pos, rgba);
  wall->contype = kCollideBin;
  wall->conaffinity = kCollideItem | kCollideRim;
  return wall;
}

Colour jittered(Colour colour, double amount, Rng& random) {
  for (int i = 0; i < 3; ++i) {
    colour[i] = static_cast<float>(std::clamp(colour[i] + random.uniform(-amount, amount), 0.0, 1.0));
  }
  return colour;
}

}  // namespace

struct BinScene::Shape {
  mjtGeom type = mjGEOM_BOX;
  Vec3 size{};  // half lengths; cylinder: radius, half height
  Colour rgba{};

  double half_height() const { return type == mjGEOM_CYLINDER ? size[1] : size[2]; }
  Vec3 half_lengths() const { return type == mjGEOM_CYLINDER ? Vec3{size[0], size[0], size[1]} : size; }
  double volume() const {
    const Vec3 h = half_lengths();
    const double box = 8 * h[0] * h[1] * h[2];
    return type == mjGEOM_BOX ? box : type == mjGEOM_CYLINDER ? box * kPi / 4 : box * kPi / 6;
  }
  /// Moments of a unit of mass about the own axes.
  Vec3 unit_inertia() const {
    const Vec3 h = half_lengths();
    const double c = type == mjGEOM_ELLIPSOID ? 0.2 : 1.0 / 3.0;  // cylinder: about that of its box
    return {c * (h[1] * h[1] + h[2] * h[2]), c * (h[0] * h[0] + h[2] * h[2]), c * (h[0] * h[0] + h[1] * h[1])};
  }
};

int64_t max_items(ItemSet items) {
  return items == ItemSet::kThree || items == ItemSet::kThreeMixed || items == ItemSet::kRandom ? 3 : 1;
}

void add_bin_scene(mjSpec* spec, const BinSceneConfig& config) {
  mjsBody* world = mjs_findBody(spec, "world");
  mjsBody* bin = add_body(world, "bin", config.bin_m);
  const double x = config.half_size_m[0], y = config.half_size_m[1], z = config.wall_height_m / 2, t = 0.006;
  const Colour floor{0.55f, 0.57f, 0.6f, 1}, wall{0.38f, 0.4f, 0.44f, 1};
  add_wall(bin, {x, y, 0.01}, {0, 0, -0.01}, floor);
  add_wall(bin, {t, y + 2 * t, z}, {x + t, 0, z}, wall);
  add_wall(bin, {t, y + 2 * t, z}, {-x - t, 0, z}, wall);
  add_wall(bin, {x, t, z}, {0, y + t, z}, wall);
  add_wall(bin, {x, t, z}, {0, -y - t, z}, wall);
  add_geom(world, mjGEOM_PLANE, {2, 2, 0.1}, {0.5, 0, config.bin_m[2] - 0.03}, {0.2f, 0.22f, 0.24f, 1});

  for (int64_t i = 0; i < max_items(config.items); ++i) {
    mjsBody* body = add_body(world, item_name(i), {config.bin_m[0], config.bin_m[1], config.bin_m[2] + 0.03 + 0.1 * i});
    mjs_addFreeJoint(body);
    mjsGeom* geom = add_geom(body, mjGEOM_BOX, {0.04, 0.04, 0.02}, {0, 0, 0}, {1, 0.5f, 0.1f, 1});
    mjs_setName(geom->element, item_name(i).c_str());
    geom->mass = 0.1;
    geom->contype = kCollideItem;
    geom->conaffinity = kCollideBin | kCollideItem | kCollideCup;
    geom->friction[0] = 0.8;
  }

  mjsLight* lamp = mjs_addLight(world, nullptr);
  mjs_setName(lamp->element, "lamp");
  lamp->type = mjLIGHT_DIRECTIONAL;
  lamp->castshadow = 0;
  set(lamp->pos, {config.bin_m[0], config.bin_m[1], 2.0});

  mjsCamera* camera = mjs_addCamera(world, nullptr);
  mjs_setName(camera->element, "scene");
  set(camera->pos, {config.bin_m[0] + 0.55, config.bin_m[1] - 0.75, config.bin_m[2] + 0.6});
  camera->fovy = 52;
  // Turned to the point between arm and bin, and looking down on it.
  const double turn = 0.86, down = 0.33, c = std::cos(down), s = std::sin(down);
  const double right[3] = {std::cos(turn), std::sin(turn), 0}, up[3] = {-s * std::sin(turn), s * std::cos(turn), c};
  camera->alt.type = mjORIENTATION_XYAXES;
  std::copy(right, right + 3, camera->alt.xyaxes);
  std::copy(up, up + 3, camera->alt.xyaxes + 3);
}

BinScene::BinScene(World& world, BinSceneConfig config) : world_(world), config_(config) {
  const mjModel* m = world_.model();
  for (int64_t i = 0; i < max_items(config_.items); ++i) {
    const int body = world_.id(mjOBJ_BODY, item_name(i));
    items_.push_back({.body = body,
                      .geom = m->body_geomadr[body],
                      .qpos = m->jnt_qposadr[m->body_jntadr[body]],
                      .half_height_m = 0.0});
  }
}

BinScene::Shape BinScene::draw(ItemSet set, double scale, int64_t index, Rng& random) {
  const Colour orange{0.95f, 0.42f, 0.06f, 1}, blue{0.1f, 0.25f, 0.85f, 1}, red{0.75f, 0.08f, 0.1f, 1};
  const auto flat_box = [&](const Colour& colour) {
    return Shape{
        mjGEOM_BOX,
        {scale * random.uniform(0.034, 0.044), scale * random.uniform(0.029, 0.037), random.uniform(0.014, 0.022)},
        jittered(colour, 0.04, random)};
  };
  const auto can = [&](const Colour& colour) {
    return Shape{mjGEOM_CYLINDER,
                 {scale * random.uniform(0.030, 0.037), random.uniform(0.028, 0.036), 0},
                 jittered(colour, 0.04, random)};
  };
  switch (set) {
    case ItemSet::kTraining:
    case ItemSet::kThree:
      return flat_box(orange);
    case ItemSet::kBlue:
      return flat_box(blue);
    case ItemSet::kCan:
      return can(red);
    case ItemSet::kThreeMixed:
      return index == 0 ? flat_box(orange) : index == 1 ? flat_box(blue) : can(red);
    case ItemSet::kRandom:
      break;
  }
  const Colour any{static_cast<float>(random.uniform()), static_cast<float>(random.uniform()),
                   static_cast<float>(random.uniform()), 1};
  const int64_t kind = random.below(3);
  if (kind == 0) return flat_box(any);
  if (kind == 1) return can(any);
  return Shape{
      mjGEOM_ELLIPSOID,
      {scale * random.uniform(0.036, 0.046), scale * random.uniform(0.034, 0.042), random.uniform(0.014, 0.022)},
      any};
}

void BinScene::apply(const Item& item, const Shape& shape) {
  mjModel* m = world_.model();
  const Vec3 half = shape.half_lengths(), inertia = shape.unit_inertia();
  const double mass = kItemDensity * shape.volume();
  m->geom_type[item.geom] = shape.type;
  for (int k = 0; k < 3; ++k) {
    m->geom_size[3 * item.geom + k] = shape.size[k];
    m->geom_aabb[6 * item.geom + 3 + k] = half[k];
    m->body_inertia[3 * item.body + k] = mass * inertia[k];
  }
  m->geom_rbound[item.geom] = std::hypot(half[0], half[1], half[2]);
  m->body_mass[item.body] = mass;
  std::copy(shape.rgba.begin(), shape.rgba.end(), m->geom_rgba + 4 * item.geom);
}

void BinScene::light(Rng& random) {
  mjModel* m = world_.model();
  const int lamp = world_.id(mjOBJ_LIGHT, "lamp");
  const bool training = config_.lighting == Lighting::kTraining;
  const double around = random.uniform(-kPi, kPi), lean = training ? random.uniform(0.0, 0.35) : 1.1;
  const double power = training ? random.uniform(0.5, 0.6) : 0.7;
  const Vec3 direction{std::cos(around) * std::sin(lean), std::sin(around) * std::sin(lean), -std::cos(lean)};
  const Vec3 tint = training ? Vec3{1, 1, 1} : Vec3{1.0, 0.75, 0.45};
  std::copy(direction.begin(), direction.end(), m->light_dir + 3 * lamp);
  for (int k = 0; k < 3; ++k) {
    m->light_diffuse[3 * lamp + k] = static_cast<float>(power * tint[k]);
    m->light_specular[3 * lamp + k] = training ? 0.1f : 0.9f;
    m->light_ambient[3 * lamp + k] = 0.0f;
    m->vis.headlight.ambient[k] = training ? 0.4f : 0.15f;
    m->vis.headlight.diffuse[k] = training ? 0.15f : 0.05f;
    m->vis.headlight.specular[k] = 0.0f;
  }
}

void BinScene::reset(Rng& random) {
  mjModel* m = world_.model();
  int64_t count = static_cast<int64_t>(items_.size());
  if (config_.items == ItemSet::kRandom) count = 1 + random.below(count);
  light(random);
  for (int64_t i = 0; i < count; ++i) {
    const Shape shape = draw(config_.items, config_.item_scale, i, random);
    items_[i].half_height_m = shape.half_height();
    apply(items_[i], shape);
  }
  mj_setConst(m, world_.data());  // what follows from masses and sizes
  world_.reset();

  mjData* d = world_.data();
  std::vector<std::array<double, 2>> taken;
  for (int64_t i = 0; i < static_cast<int64_t>(items_.size()); ++i) {
    mjtNum* pose = d->qpos + items_[i].qpos;
    if (i >= count) {  // out of sight, at rest
      m->body_gravcomp[items_[i].body] = 1;
      pose[2] = kParked_m - 0.5 * i;
      continue;
    }
    m->body_gravcomp[items_[i].body] = 0;
    std::array<double, 2> place;
    bool free = false;
    for (int attempt = 0; attempt < 1000 && !free; ++attempt) {
      place = {random.uniform(-1, 1) * config_.spread_m[0], random.uniform(-1, 1) * config_.spread_m[1]};
      free = std::all_of(taken.begin(), taken.end(), [&](const auto& other) {
        return std::hypot(place[0] - other[0], place[1] - other[1]) > kApart_m;
      });
    }
    taken.push_back(place);
    const double turn = random.uniform(-kPi, kPi);
    pose[0] = config_.bin_m[0] + place[0];
    pose[1] = config_.bin_m[1] + place[1];
    pose[2] = config_.bin_m[2] + items_[i].half_height_m;
    pose[3] = std::cos(turn / 2);
    pose[4] = pose[5] = 0;
    pose[6] = std::sin(turn / 2);
  }
}

std::vector<std::string> BinScene::privileged_fields() const {
  std::vector<std::string> fields;
  for (size_t i = 0; i < items_.size(); ++i) {
    for (const char* field : {"x_m", "y_m", "top_z_m", "turn_rad", "height_m"}) {
      fields.push_back(concat(item_name(static_cast<int64_t>(i)), "_", field));
    }
  }
  return fields;
}

void BinScene::read_privileged(std::vector<float>& values) {
  const mjData* d = world_.data();
  for (const Item& item : items_) {
    const mjtNum* p = d->qpos + item.qpos;
    const double turn = std::atan2(2 * (p[3] * p[6] + p[4] * p[5]), 1 - 2 * (p[5] * p[5] + p[6] * p[6]));
    for (const double value : {p[0] - config_.bin_m[0], p[1] - config_.bin_m[1],
                               p[2] - config_.bin_m[2] + item.half_height_m, turn, 2 * item.half_height_m}) {
      values.push_back(static_cast<float>(value));
    }
  }
}

}  // namespace onramp::mujoco
