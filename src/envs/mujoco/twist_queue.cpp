#include "onramp/envs/mujoco/twist_queue.h"

namespace onramp::mujoco {

void TwistQueue::push(const Twist& twist, double now_s, double valid_for_s, const MujocoArmConfig& config) {
  Twist clipped = twist;
  const double v = twist.linear_m_s.norm(), w = twist.angular_rad_s.norm();
  if (v > config.max_linear_m_s) clipped.linear_m_s *= config.max_linear_m_s / v;
  if (w > config.max_angular_rad_s) clipped.angular_rad_s *= config.max_angular_rad_s / w;
  pending_.push_back({now_s + config.latency_s, clipped, valid_for_s});
}

void TwistQueue::clear() {
  pending_.clear();
  twist_ = {};
}

const Twist& TwistQueue::at(double now_s) {
  while (!pending_.empty() && pending_.front().due_s <= now_s) {
    twist_ = pending_.front().twist;
    valid_until_s_ = pending_.front().due_s + pending_.front().valid_for_s;
    pending_.erase(pending_.begin());
  }
  if (now_s > valid_until_s_) twist_ = {};
  return twist_;
}

}  // namespace onramp::mujoco
