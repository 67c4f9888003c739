#include "onramp/data/batch.h"

namespace onramp {

namespace {
template <class F, class G>
Batch map_batch(const Batch& batch, F&& tensor, G&& observation) {
  const auto maybe = [&](const at::Tensor& t) { return t.defined() ? tensor(t) : t; };
  Batch out;
  out.obs = observation(batch.obs);
  out.action = maybe(batch.action);
  out.reward = maybe(batch.reward);
  out.discount = maybe(batch.discount);
  out.next_obs = observation(batch.next_obs);
  out.goal = observation(batch.goal);
  for (const auto& [name, column] : batch.columns) out.columns[name] = maybe(column);
  return out;
}
}  // namespace

Batch Batch::to(at::Device device) const {
  return map_batch(
      *this, [&](const at::Tensor& t) { return t.to(device, /*non_blocking=*/true); },
      [&](const Observation& o) { return o.to(device); });
}

Batch Batch::slice(int64_t begin, int64_t end) const {
  return map_batch(
      *this, [&](const at::Tensor& t) { return t.slice(0, begin, end); },
      [&](const Observation& o) { return o.slice(begin, end); });
}

}  // namespace onramp
