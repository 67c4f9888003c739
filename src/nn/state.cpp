#include "onramp/nn/state.h"

#include <ATen/Functions.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <stdexcept>

#include "onramp/base/error.h"
#include "onramp/core/shapes.h"

namespace onramp {
namespace {

// Calls visit(name, tensor) for every parameter, then every buffer.
template <class Visit>
void for_each_tensor(const torch::nn::Module& module, Visit visit) {
  for (const auto& item : module.named_parameters()) visit(item.key(), item.value());
  for (const auto& item : module.named_buffers()) visit(item.key(), item.value());
}

}  // namespace

void save_module(PartState& state, const torch::nn::Module& module, const std::string& prefix) {
  for_each_tensor(module, [&](const std::string& name, const at::Tensor& tensor) {
    state.tensors[prefix + name] =
        tensor.detach().to(at::kCPU, tensor.scalar_type(), /*non_blocking=*/false, /*copy=*/true);
  });
}

void load_tensors(const PartState& state, const std::vector<std::pair<std::string, at::Tensor>>& wanted) {
  for (const auto& [name, tensor] : wanted) {
    const auto found = state.tensors.find(name);
    if (found == state.tensors.end()) {
      throw CheckpointError(
          fmt::format("the checkpoint has no tensor '{}', which this network needs; "
                      "use the config that the checkpoint was written with",
                      name));
    }
    if (found->second.sizes() != tensor.sizes() || found->second.scalar_type() != tensor.scalar_type()) {
      throw CheckpointError(
          fmt::format("tensor '{}': this network has {}, the checkpoint {}; use the config that the "
                      "checkpoint was written with",
                      name, describe(tensor), describe(found->second)));
    }
  }
  const at::NoGradGuard no_grad;
  for (const auto& [name, tensor] : wanted) tensor.copy_(state.tensors.at(name));
}

void load_module(const PartState& state, torch::nn::Module& module, const std::string& prefix) {
  std::vector<std::pair<std::string, at::Tensor>> wanted;
  for_each_tensor(module, [&](const std::string& name, const at::Tensor& t) { wanted.emplace_back(prefix + name, t); });
  load_tensors(state, wanted);
}

void copy_module(torch::nn::Module& target, const torch::nn::Module& source) {
  const at::NoGradGuard no_grad;
  const auto from_parameters = source.named_parameters();
  const auto from_buffers = source.named_buffers();
  if (target.named_parameters().size() != from_parameters.size() ||
      target.named_buffers().size() != from_buffers.size()) {
    throw std::logic_error("copy_module: the modules differ in their parameters");
  }
  for_each_tensor(target, [&](const std::string& name, const at::Tensor& tensor) {
    const auto* from = from_parameters.find(name);
    if (from == nullptr) from = from_buffers.find(name);
    if (from == nullptr || from->sizes() != tensor.sizes()) {
      throw std::logic_error(fmt::format("copy_module: '{}' is missing in the source or differs in shape", name));
    }
    tensor.copy_(*from);
  });
}

void set_trainable(torch::nn::Module& module, bool trainable) {
  for (auto& parameter : module.parameters()) parameter.set_requires_grad(trainable);
}

int64_t count_parameters(const torch::nn::Module& module) {
  int64_t count = 0;
  for (const auto& parameter : module.parameters()) count += parameter.numel();
  return count;
}

}  // namespace onramp
