#include "onramp/losses/simplified_q.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include "onramp/core/shapes.h"

namespace onramp::losses {

at::Tensor distance_penalty(const at::Tensor& action, const at::Tensor& sampled, const at::Tensor& q_sampled) {
  check_float("action", action, {kAny, kAny});
  const auto B = action.size(0), A = action.size(1);
  check_float("sampled", sampled, {B, kAny, A});
  check_float("q_sampled", q_sampled, {kAny, B, sampled.size(1)});
  const auto distance = (action.detach().unsqueeze(1) - sampled.detach()).square().sum(-1).sqrt();  // [B, N]
  const auto weight = 1 - (-distance).exp();                                                        // [B, N]
  return (weight * q_sampled).mean();                                                               // []
}

at::Tensor uniform_penalty(const at::Tensor& q_sampled) {
  check_float("q_sampled", q_sampled, {kAny, kAny, kAny});
  return q_sampled.mean();  // []
}

at::Tensor latent_regularizer(const at::Tensor& phi_u, const at::Tensor& phi_pi) {
  check_float("phi_u", phi_u, {kAny, kAny, kAny});
  check_float("phi_pi", phi_pi, {phi_u.size(0), phi_u.size(1), phi_u.size(2)});
  return (phi_u * phi_pi).sum(-1).square().mean();  // [E, B] -> []
}

SimplifiedQLoss simplified_q_critic(const at::Tensor& td, const at::Tensor& penalty, const at::Tensor& regularizer,
                                    double alpha, double beta) {
  check_float("td", td, {});
  check_float("penalty", penalty, {});
  check_float("regularizer", regularizer, {});
  check_non_negative("alpha", alpha);
  check_non_negative("beta", beta);
  return {.total = td + alpha * penalty + beta * regularizer, .td = td, .penalty = penalty, .regularizer = regularizer};
}

}  // namespace onramp::losses
