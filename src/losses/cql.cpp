#include "onramp/losses/cql.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <cmath>

#include "onramp/core/shapes.h"

namespace onramp::losses {
namespace {

void check(const CqlValues& q) {
  check_float("data", q.data, {kE, kB});
  const auto E = q.data.size(0), B = q.data.size(1);
  check_float("random", q.random, {E, B, kN});
  check_float("current", q.current, {E, B, kN});
  check_float("next", q.next, {E, B, kN});
}

}  // namespace

at::Tensor cql_importance(const CqlValues& q, const at::Tensor& log_prob_current, const at::Tensor& log_prob_next,
                          int64_t action_dim) {
  check(q);
  check_float("log_prob_current", log_prob_current, {q.current.size(1), q.current.size(2)});
  check_float("log_prob_next", log_prob_next, {q.next.size(1), q.next.size(2)});
  check_at_least("action_dim", static_cast<double>(action_dim), 1.0);
  const auto random = q.random + static_cast<double>(action_dim) * std::log(2.0);         // [E, B, N]
  const auto current = q.current - log_prob_current.detach();                             // [E, B, N]
  const auto next = q.next - log_prob_next.detach();                                      // [E, B, N]
  return (at::cat({random, current, next}, -1).logsumexp(-1) - q.data).mean(/*dim=*/-1);  // [E]
}

at::Tensor cql_plain(const CqlValues& q) {
  check(q);
  const auto all = at::cat({q.random, q.current, q.next, q.data.unsqueeze(-1)}, -1);  // [E, B, 3 N + 1]
  const double log_count = std::log(static_cast<double>(all.size(-1)));
  return (all.logsumexp(-1) - log_count - q.data).mean(/*dim=*/-1);  // [E]
}

CqlValues calibrated(const CqlValues& q, const at::Tensor& mc_return) {
  check(q);
  check_float("mc_return", mc_return, {q.data.size(1)});
  const auto bound = mc_return.detach().unsqueeze(-1);  // [B, 1]
  return {.data = q.data,
          .random = q.random,
          .current = at::maximum(q.current, bound),  // [E, B, N]
          .next = at::maximum(q.next, bound)};       // [E, B, N]
}

}  // namespace onramp::losses
