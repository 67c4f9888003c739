#include "onramp/envs/manipulation_environment.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "onramp/base/error.h"
#include "onramp/base/log.h"
#include "onramp/core/tensor_io.h"

namespace onramp {
namespace {

constexpr int64_t kActions = 7, kArmActions = 6;  // the last is the gripper's
constexpr int64_t kProprio = 13;

Eigen::Vector3d vector(const std::array<double, 3>& a) { return {a[0], a[1], a[2]}; }

Eigen::Vector3d rotation_vector(const Eigen::Matrix3d& R) {
  const Eigen::AngleAxisd rotation(R);
  return rotation.angle() * rotation.axis();
}

Eigen::Matrix3d rotation_by(const Eigen::Vector3d& vector) {
  const double angle = vector.norm();
  return angle > 0 ? Eigen::AngleAxisd(angle, vector / angle).matrix() : Eigen::Matrix3d::Identity();
}

/// Rotation of the tool away from straight down, as a rotation vector in the base frame.
Eigen::Vector3d tilt(const Eigen::Isometry3d& X_BaseTcp) {
  static const Eigen::Matrix3d down = tool_down_at(Eigen::Vector3d::Zero()).linear();
  return rotation_vector(X_BaseTcp.linear() * down.transpose());
}

uint64_t fingerprint(const Image& image) {
  return std::hash<std::string_view>{}({reinterpret_cast<const char*>(image.rgb.data()), image.rgb.size()});
}

EnvSpec make_spec(const ManipulationConfig& config, const ManipulationDevices& devices) {
  EnvSpec spec;
  spec.name = devices.task.name();
  for (Camera* camera : devices.cameras) {
    spec.observation.entries.push_back({.name = camera->name(),
                                        .dtype = DType::kUint8,
                                        .shape = {camera->height(), camera->width(), 3},
                                        .low = 0,
                                        .high = 255});
  }
  const bool fingers = config.gripper_signal == GripperSignal::kWidth;
  spec.observation.entries.push_back(
      {.name = "proprio",
       .dtype = DType::kFloat32,
       .shape = {kProprio},
       .low = -10,
       .high = 10,
       .fields = {"x", "y", "z", "rx", "ry", "rz", "vx", "vy", "vz", "wx", "wy", "wz", fingers ? "width" : "vacuum"}});
  if (auto objects = devices.task.object_fields(); !objects.empty()) {
    const auto size = static_cast<int64_t>(objects.size());
    spec.observation.entries.push_back({.name = "object",
                                        .dtype = DType::kFloat32,
                                        .shape = {size},
                                        .low = -10,
                                        .high = 10,
                                        .fields = std::move(objects)});
  }
  auto fields = devices.task.privileged_fields();
  if (!fields.empty()) {
    const auto tool = {"tool_x_m",
                       "tool_y_m",
                       "tool_z_m",
                       "tool_rx_rad",
                       "tool_ry_rad",
                       "tool_rz_rad",
                       fingers ? "width_m" : "vacuum_Pa",
                       "force_N"};
    fields.insert(fields.begin(), tool.begin(), tool.end());
    const auto size = static_cast<int64_t>(fields.size());
    spec.observation.entries.push_back({.name = "privileged",
                                        .dtype = DType::kFloat32,
                                        .shape = {size},
                                        .low = -1e6,
                                        .high = 1e6,
                                        .privileged = true,
                                        .fields = std::move(fields)});
  }
  const std::string v = concat(" [", config.limits.linear_speed_m_s, " m/s]");
  const std::string w = concat(" [", config.limits.angular_speed_rad_s, " rad/s]");
  spec.action = {kArmActions, {"vx" + v, "vy" + v, "vz" + v, "wx" + w, "wy" + w, "wz" + w}};
  if (!config.gripper_stays_closed) {
    spec.action.dim = kActions;
    spec.action.fields.emplace_back("gripper [> 0: on]");
  }
  spec.control_period_s = config.control_period_s;
  spec.max_steps = config.max_steps;
  spec.safety_stop_is_terminal = devices.task.safety_stop_is_terminal();
  spec.sparse_reward = devices.task.sparse_reward();
  if (spec.sparse_reward && config.ends_at_success) spec.sparse_reward->success_ends = true;
  return spec;
}

bool is_sound(const ArmState& state) {
  return state.X_BaseTcp.matrix().allFinite() && (!state.X_BaseTarget || state.X_BaseTarget->matrix().allFinite()) &&
         state.velocity.linear_m_s.allFinite() && state.velocity.angular_rad_s.allFinite() &&
         state.f_Tcp_Base_N.allFinite() && std::isfinite(state.stamp_s);
}

bool is_sound(const GripperState& state) {
  return std::isfinite(state.vacuum_Pa) && std::isfinite(state.width_m) && std::isfinite(state.stamp_s);
}

/// Older than the limit, from the future, or no number.
bool is_stale(double age_s, double limit_s) { return !(age_s <= limit_s && age_s >= -1e-3); }

}  // namespace

ManipulationEnvironment::ManipulationEnvironment(ManipulationConfig config, ManipulationDevices devices)
    : config_(config),
      devices_(std::move(devices)),
      spec_(make_spec(config_, devices_)),
      images_(devices_.cameras.size()),
      image_hashes_(devices_.cameras.size()),
      same_images_(devices_.cameras.size()) {
  check_config(config_);
}

ManipulationEnvironment::~ManipulationEnvironment() { stop_arm(); }

void ManipulationEnvironment::stop_arm() noexcept {
  try {
    devices_.arm.stop();
  } catch (const std::exception& error) {  // what threw first is the news; the command runs out by itself
    log_error(spec_.name, ": the arm did not take the stop: ", error.what());
  }
}

double ManipulationEnvironment::command_valid_s() const { return 1.5 * config_.control_period_s; }

Observation ManipulationEnvironment::reset(uint64_t seed) {
  running_ = false;
  devices_.arm.stop();
  devices_.gripper.command(closing_at(0.0f));
  RandomStream stream(seed, "episode");
  Rng random = stream.next();
  devices_.arm.move_to(devices_.task.reset(random));
  std::fill(image_hashes_.begin(), image_hashes_.end(), 0);
  std::fill(same_images_.begin(), same_images_.end(), 0);
  if (const auto end = sense()) {
    throw ResetFailed(concat(spec_.name, ": the devices are not ready after the reset (", to_string(*end),
                             "); clear the fault and run the same command again"));
  }
  steps_ = 0;
  next_tick_s_ = devices_.clock.now();
  running_ = true;
  return observe();
}

// A command may not carry the tool out of the workspace while it is valid; from outside it may only lead back.
void ManipulationEnvironment::limit_to(const Eigen::Isometry3d& X_BaseTool, Twist& twist) const {
  const auto& limits = config_.limits;
  const double dt = command_valid_s();
  const Eigen::Vector3d p = X_BaseTool.translation() - vector(config_.task_origin_m);
  const Eigen::Vector3d r = tilt(X_BaseTool);
  Eigen::Vector3d &v = twist.linear_m_s, &w = twist.angular_rad_s;
  for (int i = 0; i < 3; ++i) {
    const double low = std::min(0.0, (limits.workspace_min_m[i] - p[i]) / dt);
    const double high = std::max(0.0, (limits.workspace_max_m[i] - p[i]) / dt);
    v[i] = std::clamp(v[i], low, high);
    w[i] = std::clamp(w[i], std::min(0.0, (-limits.max_rotation_rad[i] - r[i]) / dt),
                      std::max(0.0, (limits.max_rotation_rad[i] - r[i]) / dt));
  }
  // Turning about one axis moves the other components of a rotation vector with it: what would leave that way is taken back.
  const Eigen::Vector3d next = rotation_vector(rotation_by(w * dt) * rotation_by(r));
  const Eigen::Vector3d farthest = vector(limits.max_rotation_rad).cwiseMax(r.cwiseAbs());
  const Eigen::Vector3d inside = next.cwiseMax(-farthest).cwiseMin(farthest);
  if ((next - inside).cwiseAbs().maxCoeff() > 1e-9) {
    w = rotation_vector(rotation_by(inside) * rotation_by(r).transpose()) / dt;
    w = w.cwiseMax(-limits.angular_speed_rad_s).cwiseMin(limits.angular_speed_rad_s);
  }
}

double ManipulationEnvironment::closing_at(float action) const {
  return config_.gripper_stays_closed || action > 0.0f ? 1.0 : 0.0;
}

ManipulationEnvironment::Command ManipulationEnvironment::limit(const std::array<float, 7>& action) const {
  const auto& limits = config_.limits;
  Command command{.twist = {Eigen::Vector3d(action[0], action[1], action[2]) * limits.linear_speed_m_s,
                            Eigen::Vector3d(action[3], action[4], action[5]) * limits.angular_speed_rad_s},
                  .closing = closing_at(action[6])};
  limit_to(signals_.arm.X_BaseTcp, command.twist);
  if (signals_.arm.X_BaseTarget) limit_to(*signals_.arm.X_BaseTarget, command.twist);
  for (int i = 0; i < 3; ++i) {
    command.executed[i] = static_cast<float>(command.twist.linear_m_s[i] / limits.linear_speed_m_s);
    command.executed[3 + i] = static_cast<float>(command.twist.angular_rad_s[i] / limits.angular_speed_rad_s);
  }
  command.executed[6] = action[6];
  return command;
}

std::optional<EndReason> ManipulationEnvironment::sense() {
  const auto& limits = config_.limits;
  const Signals read = {devices_.arm.read(), devices_.gripper.read()};
  bool lost = read.arm.status == DeviceStatus::kLinkLost || read.gripper.status == DeviceStatus::kLinkLost;
  if (is_sound(read.arm) && is_sound(read.gripper)) {
    signals_ = read;
  } else {  // garbage is no state: the last sound one stands
    lost = true;
    signals_.arm.status = read.arm.status;
    signals_.gripper.status = read.gripper.status;
  }
  double image_stamp = devices_.clock.now();
  for (size_t i = 0; i < devices_.cameras.size(); ++i) {
    images_[i] = &devices_.cameras[i]->capture();
    const Image& image = *images_[i];
    const auto& camera = *devices_.cameras[i];
    if (image.width != camera.width() || image.height != camera.height() ||
        static_cast<int64_t>(image.rgb.size()) != 3 * image.width * image.height) {
      throw EnvironmentError(concat(spec_.name, ": camera '", camera.name(), "' gave a picture of ", image.width, " x ",
                                    image.height, " in ", image.rgb.size(), " bytes, want ", camera.width(), " x ",
                                    camera.height(), " RGB; check the camera's settings"));
    }
    const double age = devices_.clock.now() - image.stamp_s;
    lost |= image.status == DeviceStatus::kLinkLost || is_stale(age, limits.max_image_age_s);
    image_stamp = std::min(image_stamp, image.stamp_s);
    if (limits.frozen_images > 0) {
      const uint64_t hash = fingerprint(image);
      same_images_[i] = hash == image_hashes_[i] ? same_images_[i] + 1 : 0;
      image_hashes_[i] = hash;
      lost |= same_images_[i] >= limits.frozen_images;
    }
  }
  const double now = devices_.clock.now();
  state_age_s_ = now - std::min(signals_.arm.stamp_s, signals_.gripper.stamp_s);
  image_age_s_ = now - image_stamp;
  lost |= is_stale(now - signals_.arm.stamp_s, limits.max_state_age_s) ||
          is_stale(now - signals_.gripper.stamp_s, limits.max_state_age_s);
  // A stop is the graver news: it may be terminal, a lost link never is.
  if (signals_.arm.status == DeviceStatus::kProtectiveStop ||
      signals_.gripper.status == DeviceStatus::kProtectiveStop ||
      !(signals_.arm.f_Tcp_Base_N.norm() <= limits.max_force_N)) {
    return EndReason::kSafetyStop;
  }
  if (lost) return EndReason::kCommsLoss;
  return std::nullopt;
}

Step ManipulationEnvironment::step(const at::Tensor& action) {
  ONRAMP_CHECK(running_, spec_.name, ": step() needs a reset() first, at the start and after each end");
  // Whatever is thrown from here on, the arm does not go on with its last command.
  struct StopUnlessDone {
    ManipulationEnvironment& environment;
    bool done = false;
    ~StopUnlessDone() {
      if (!done) environment.stop_arm();
    }
  } guard{*this};
  const int64_t dim = spec_.action.dim;
  check_action(action, dim);
  const double start = devices_.clock.now();
  std::array<float, kActions> asked{};
  std::memcpy(asked.data(), action.const_data_ptr<float>(), static_cast<size_t>(dim) * sizeof(float));
  for (float& a : asked) a = std::clamp(a, -1.0f, 1.0f);

  running_ = false;                               // until this step is through: after an exception only a reset helps
  const bool late = start > next_tick_s_ + 1e-9;  // the tool has moved on since the last step looked
  if (late) {
    const ArmState state = devices_.arm.read();
    if (is_sound(state)) signals_.arm = state;
  }
  const Command command = limit(asked);
  devices_.arm.command(command.twist, command_valid_s());
  devices_.gripper.command(command.closing);
  // Ticks are kept relative to the start of the episode, unless a step was missed: then the next is a whole period away.
  next_tick_s_ += config_.control_period_s;
  const double late_s = std::max(0.0, start - (next_tick_s_ - config_.control_period_s));
  if (next_tick_s_ <= start) next_tick_s_ = start + config_.control_period_s;
  devices_.clock.wait_until(next_tick_s_);

  const auto fault = sense();
  // Without news of the robot there is nothing to judge.
  const Evaluation judged = fault == EndReason::kCommsLoss ? Evaluation{} : devices_.task.evaluate(signals_);
  ++steps_;
  Step step;
  step.reward = judged.reward;
  step.success = judged.success;
  if (fault) {
    step.end = fault;
  } else if (judged.end) {
    step.end = judged.end;
  } else if (config_.ends_at_success && judged.success) {
    step.end = EndReason::kSuccess;
  } else if (config_.max_steps > 0 && steps_ >= config_.max_steps) {
    step.end = EndReason::kTimeLimit;
  }
  if (step.end) devices_.arm.stop();
  step.obs = observe();
  step.executed_action = copy_to_tensor<float>(std::span(command.executed).first(static_cast<size_t>(dim)), {dim});
  const auto us = [](double seconds) { return std::round(seconds * 1e6); };
  step.timing_us = {{"state_age", us(state_age_s_)}, {"image_age", us(image_age_s_)}, {"late", us(late_s)}};
  running_ = !step.end;
  guard.done = true;
  return step;
}

void ManipulationEnvironment::standby() { devices_.arm.stop(); }

void ManipulationEnvironment::proprioception(std::vector<float>& values) const {
  const auto& limits = config_.limits;
  const Eigen::Vector3d middle = 0.5 * (vector(limits.workspace_min_m) + vector(limits.workspace_max_m));
  const Eigen::Vector3d p =
      (signals_.arm.X_BaseTcp.translation() - vector(config_.task_origin_m) - middle) / config_.position_scale_m;
  const Eigen::Vector3d r = tilt(signals_.arm.X_BaseTcp).cwiseQuotient(vector(limits.max_rotation_rad));
  const Eigen::Vector3d v = signals_.arm.velocity.linear_m_s / limits.linear_speed_m_s;
  const Eigen::Vector3d w = signals_.arm.velocity.angular_rad_s / limits.angular_speed_rad_s;
  for (const auto& part : {p, r, v, w}) {
    for (int i = 0; i < 3; ++i) values.push_back(static_cast<float>(std::clamp(part[i], -10.0, 10.0)));
  }
  const bool fingers = config_.gripper_signal == GripperSignal::kWidth;
  const double scale = fingers ? config_.width_scale_m : config_.vacuum_scale_Pa;
  values.push_back(static_cast<float>(std::clamp(gripper_value() / scale, -10.0, 10.0)));
}

double ManipulationEnvironment::gripper_value() const {
  return config_.gripper_signal == GripperSignal::kWidth ? signals_.gripper.width_m : signals_.gripper.vacuum_Pa;
}

Observation ManipulationEnvironment::observe() {
  Observation obs;
  for (size_t i = 0; i < devices_.cameras.size(); ++i) {
    const Image& image = *images_[i];
    obs.set(devices_.cameras[i]->name(), copy_to_tensor<uint8_t>(image.rgb, {image.height, image.width, 3}));
  }
  std::vector<float> values;
  proprioception(values);
  obs.set("proprio", copy_to_tensor<float>(values, {kProprio}));
  if (const EntrySpec* object = spec_.observation.find("object")) {
    values.clear();
    devices_.task.read_objects(signals_, values);
    for (float& value : values) value = std::clamp(value, -10.0f, 10.0f);  // what has fallen off the table falls on
    obs.set("object", copy_to_tensor<float>(values, object->shape));
  }
  if (const EntrySpec* privileged = spec_.observation.find("privileged")) {
    const Eigen::Vector3d p = signals_.arm.X_BaseTcp.translation() - vector(config_.task_origin_m);
    const Eigen::Vector3d r = tilt(signals_.arm.X_BaseTcp);
    values.clear();
    for (const double value : {p[0], p[1], p[2], r[0], r[1], r[2], gripper_value(), signals_.arm.f_Tcp_Base_N.norm()}) {
      values.push_back(static_cast<float>(value));
    }
    devices_.task.read_privileged(values);
    obs.set("privileged", copy_to_tensor<float>(values, privileged->shape));
  }
  return obs;
}

}  // namespace onramp
