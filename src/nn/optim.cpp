#include "onramp/nn/optim.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/nn/module.h>

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <utility>

#include "onramp/nn/state.h"

namespace onramp {
namespace {

// Elements between the starts of neighbours in a flat buffer: whole cache lines, so that vector loads do not straddle them.
int64_t stride_of(const at::Tensor& tensor) {
  const int64_t line = 64 / tensor.element_size();
  return (tensor.numel() + line - 1) / line * line;
}

std::vector<at::Tensor> views_of(const at::Tensor& flat, const std::vector<at::Tensor>& like) {
  std::vector<at::Tensor> views;
  int64_t offset = 0;
  for (const auto& tensor : like) {
    views.push_back(flat.narrow(0, offset, tensor.numel()).view(tensor.sizes()));
    offset += stride_of(tensor);
  }
  return views;
}

int64_t flat_size(const std::vector<at::Tensor>& tensors) {
  int64_t size = 0;
  for (const auto& tensor : tensors) size += stride_of(tensor);
  return size;
}

std::vector<at::Tensor> zeros_flat_like(const std::vector<at::Tensor>& tensors) {
  if (tensors.empty()) return {};
  return views_of(at::zeros({flat_size(tensors)}, tensors.front().options().requires_grad(false)), tensors);
}

}  // namespace

void flatten_parameters(const std::vector<at::Tensor>& parameters) {
  if (parameters.empty() || flat_view(parameters).defined()) return;
  const at::NoGradGuard no_grad;
  const auto& first = parameters.front();
  for (const auto& parameter : parameters) {
    if (parameter.scalar_type() != first.scalar_type() || parameter.device() != first.device()) {
      throw std::logic_error("flatten_parameters: parameters differ in dtype or device");
    }
  }
  const auto views = views_of(at::zeros({flat_size(parameters)}, first.options().requires_grad(false)), parameters);
  for (size_t i = 0; i < parameters.size(); ++i) {
    views[i].copy_(parameters[i]);
    parameters[i].set_data(views[i]);
  }
}

void flatten_parameters(const torch::nn::Module& module) { flatten_parameters(module.parameters()); }

at::Tensor flat_view(const std::vector<at::Tensor>& parameters) {
  if (parameters.empty()) return {};
  const auto& first = parameters.front();
  int64_t offset = first.storage_offset();
  const int64_t begin = offset;
  for (const auto& parameter : parameters) {
    if (!parameter.is_alias_of(first) || !parameter.is_contiguous() || parameter.storage_offset() != offset) return {};
    offset += stride_of(parameter);
  }
  if (offset * first.element_size() > static_cast<int64_t>(first.storage().nbytes())) return {};
  return first.detach().as_strided({offset - begin}, {1}, begin);
}

Adam::Adam(std::vector<at::Tensor> parameters, const AdamConfig& config)
    : config_(config), parameters_(std::move(parameters)) {
  if (parameters_.empty()) throw std::logic_error("Adam: no parameters");
  flatten_parameters(parameters_);
  exp_avg_ = zeros_flat_like(parameters_);
  exp_avg_sq_ = zeros_flat_like(parameters_);
  all_steps_ = at::zeros({static_cast<int64_t>(parameters_.size())},
                         parameters_.front().options().dtype(at::kFloat).requires_grad(false));
  steps_ = all_steps_.unbind();
}

Adam::Adam(const torch::nn::Module& module, const AdamConfig& config) : Adam(module.parameters(), config) {}

void Adam::minimize(const at::Tensor& loss, bool retain_graph) {
  step(torch::autograd::grad({loss}, parameters_, /*grad_outputs=*/{}, retain_graph, /*create_graph=*/false,
                             /*allow_unused=*/true));
}

void Adam::step(const std::vector<at::Tensor>& gradients) {
  if (gradients.size() != parameters_.size()) throw std::logic_error("Adam::step: want one gradient a parameter");
  const at::NoGradGuard no_grad;
  Tensors reached;
  for (size_t i = 0; i < gradients.size(); ++i) {
    if (!gradients[i].defined()) continue;
    reached.parameter.push_back(parameters_[i]);
    reached.gradient.push_back(gradients[i].contiguous());
    reached.exp_avg.push_back(exp_avg_[i]);
    reached.exp_avg_sq.push_back(exp_avg_sq_[i]);
    reached.step.push_back(steps_[i]);
  }
  if (reached.parameter.empty()) throw std::logic_error("Adam::step: the loss reaches none of the parameters");
  if (reached.parameter.size() == parameters_.size()) {
    all_steps_.add_(1);
  } else {
    at::_foreach_add_(reached.step, 1);
  }
  std::optional<at::Tensor> divisor;  // of gradients
  if (config_.max_grad_norm > 0.0) {
    grad_norm_ = at::linalg_vector_norm(at::stack(at::_foreach_norm(reached.gradient)));
    divisor = (grad_norm_ / config_.max_grad_norm).clamp_min(1.0).to(at::kFloat);
  }
  if (config_.fused) {
    const auto fused = [&](auto adam) {
      adam(reached.parameter, reached.gradient, reached.exp_avg, reached.exp_avg_sq, at::TensorList{}, reached.step,
           config_.learning_rate, config_.beta1, config_.beta2, config_.weight_decay, config_.eps, /*amsgrad=*/false,
           /*maximize=*/false, divisor, std::nullopt);
    };
    if (config_.weight_decay > 0.0) {
      fused([](auto&&... arguments) { at::_fused_adamw_(arguments...); });
    } else {
      fused([](auto&&... arguments) { at::_fused_adam_(arguments...); });
    }
  } else {
    if (divisor) reached.gradient = at::_foreach_div(reached.gradient, *divisor);
    plain_step(reached);
  }
}

// The same step, a line of the paper's algorithm 1 at a time.
void Adam::plain_step(const Tensors& t) {
  for (size_t i = 0; i < t.parameter.size(); ++i) {
    const auto dtype = t.parameter[i].scalar_type();
    const auto correction1 = (1.0 - at::pow(config_.beta1, t.step[i].to(at::kDouble))).to(dtype);  // []
    const auto correction2 = (1.0 - at::pow(config_.beta2, t.step[i].to(at::kDouble))).to(dtype);  // []
    t.parameter[i].mul_(1.0 - config_.learning_rate * config_.weight_decay);
    t.exp_avg[i].lerp_(t.gradient[i], 1.0 - config_.beta1);
    t.exp_avg_sq[i].mul_(config_.beta2).addcmul_(t.gradient[i], t.gradient[i], 1.0 - config_.beta2);
    const auto direction = (t.exp_avg[i] / correction1) / ((t.exp_avg_sq[i] / correction2).sqrt() + config_.eps);
    t.parameter[i].sub_(direction, config_.learning_rate);
  }
}

void Adam::save(PartState& state, const std::string& prefix) const {
  const auto put = [&](const std::string& name, const at::Tensor& tensor) {
    state.tensors[prefix + name] = tensor.to(at::kCPU, tensor.scalar_type(), /*non_blocking=*/false, /*copy=*/true);
  };
  put("steps", all_steps_);
  for (size_t i = 0; i < parameters_.size(); ++i) {
    put(fmt::format("exp_avg.{}", i), exp_avg_[i]);
    put(fmt::format("exp_avg_sq.{}", i), exp_avg_sq_[i]);
  }
}

void Adam::load(const PartState& state, const std::string& prefix) {
  std::vector<std::pair<std::string, at::Tensor>> wanted = {{prefix + "steps", all_steps_}};
  for (size_t i = 0; i < parameters_.size(); ++i) {
    wanted.emplace_back(fmt::format("{}exp_avg.{}", prefix, i), exp_avg_[i]);
    wanted.emplace_back(fmt::format("{}exp_avg_sq.{}", prefix, i), exp_avg_sq_[i]);
  }
  load_tensors(state, wanted);
}

void polyak_update(torch::nn::Module& target, const torch::nn::Module& online, double tau) {
  const at::NoGradGuard no_grad;
  const auto to = target.parameters(), from = online.parameters();
  const auto same_shape = [](const at::Tensor& a, const at::Tensor& b) { return a.sizes() == b.sizes(); };
  if (!std::equal(to.begin(), to.end(), from.begin(), from.end(), same_shape)) {
    throw std::logic_error("polyak_update: the modules differ in their parameters");
  }
  const auto flat_to = flat_view(to), flat_from = flat_view(from);
  if (flat_to.defined() && flat_from.defined()) {
    flat_to.lerp_(flat_from, tau);
  } else {
    at::_foreach_lerp_(to, from, tau);
  }
}

}  // namespace onramp
