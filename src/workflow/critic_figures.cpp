#include "onramp/workflow/critic_figures.h"

#include <ATen/Functions.h>
#include <ATen/core/grad_mode.h>

#include <cmath>

#include "onramp/core/tensor_io.h"

namespace onramp {
namespace {

std::vector<double> doubles(const at::Tensor& tensor) { return copy_to_vector<double>(tensor.to(at::kDouble)); }

}  // namespace

CriticLook look_at(CriticView& critic, const Pairs& pairs) {
  const at::NoGradGuard no_gradient;
  const auto [q, latent] = critic.evaluate(pairs.obs, pairs.action);                   // [E, K], [E, K, F]
  const auto similarity = at::matmul(latent, latent.transpose(1, 2)).mean(/*dim=*/0);  // [K, K]
  const auto K = similarity.size(0);
  const auto others = similarity.abs().sum() - similarity.diagonal().abs().sum();  // []
  return {.q = doubles(q.amin(0)),
          .similarity = doubles(similarity),
          .mean_similarity = K > 1 ? others.item<double>() / double(K * (K - 1)) : 0.0};
}

ValueField value_field(CriticFile& file, const Observation& observation, const PlaneFields& velocity, int64_t points) {
  const at::NoGradGuard no_gradient;
  const auto policy = file.agent->policy();
  const auto state = policy->begin(1);
  Rng random = RandomStream(0, "report/field").next();
  const auto acted = policy->act(observation, *state, ActMode::kMode, random).action;  // [1, A]
  const auto axis = at::linspace(-1, 1, points);                                       // [P]
  auto actions = acted.unsqueeze(1).repeat({1, points * points, 1});                   // [1, P * P, A]
  actions.select(2, velocity.x).copy_(axis.repeat({points}).unsqueeze(0));             // x runs fastest
  actions.select(2, velocity.y).copy_(axis.repeat_interleave(points).unsqueeze(0));
  const auto q = file.critic->evaluate(observation, actions).q.amin(0).squeeze(0);  // [E, 1, P * P] -> [P * P]
  return {.axis = doubles(axis),
          .q = doubles(q),
          .policy_x = acted[0][velocity.x].item<double>(),
          .policy_y = acted[0][velocity.y].item<double>()};
}

ValueBounds value_bounds(double gamma, double reward, int64_t max_steps) {
  ValueBounds bounds{.endless = reward / (1.0 - gamma)};
  if (max_steps > 0) {
    bounds.undiscounted = reward * double(max_steps);
    bounds.discounted = bounds.endless * (1.0 - std::pow(gamma, double(max_steps)));
  }
  return bounds;
}

std::vector<std::filesystem::path> critic_folders(const RunRecord& run) {
  std::vector<std::filesystem::path> folders;
  for (const auto& phase : run.phases) {
    const auto folder = run.folder / "critics" / phase.name;
    if (std::filesystem::exists(folder / "manifest.json")) folders.push_back(folder);
  }
  return folders;
}

}  // namespace onramp
