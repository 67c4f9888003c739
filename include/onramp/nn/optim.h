// Adam and Polyak averaging as single fused steps over all parameters.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "onramp/base/config.h"
#include "onramp/core/checkpoint.h"

namespace torch::nn {
class Module;
}

namespace onramp {

/// Settings of Adam; the defaults are those of its paper, but for the step size.
struct AdamConfig {
  double learning_rate = 3e-4;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 0.0;
  double max_grad_norm = 0.0;
  bool fused = true;
  template <class V>
  void fields(V& v) {
    v("learning_rate", learning_rate, "step size", at_least(0.0));
    v("beta1", beta1, "decay of the mean of gradients", at_least(0.0), less_than(1.0));
    v("beta2", beta2, "decay of the mean of squared gradients", at_least(0.0), less_than(1.0));
    v("eps", eps, "added to the root of the mean square", greater_than(0.0));
    v("weight_decay", weight_decay, "decoupled (AdamW): each step scales weights by 1 - learning_rate * this",
      at_least(0.0));
    v("max_grad_norm", max_grad_norm, "gradients are scaled down to this norm over all parameters; 0: off",
      at_least(0.0));
    v("fused", fused, "one operation for all parameters; same numbers up to rounding, faster");
  }
};

/// Adam (arXiv:1412.6980) over a fixed list of parameters.
///
/// Invariants: construction moves the parameters into one buffer, in order, and points each tensor into it (values, shapes
/// and handles stay), so that Polyak averaging and hashing see one tensor. Make the optimiser after the last
/// module.to(device). Not thread-safe.
class Adam {
 public:
  Adam(std::vector<at::Tensor> parameters, const AdamConfig& config);
  /// Over all parameters of a module.
  Adam(const torch::nn::Module& module, const AdamConfig& config);

  /// One step down the gradient of `loss` (float []) with respect to these parameters alone: nothing is accumulated
  /// anywhere, and parameters of other networks that the loss runs through get no gradient, nor is one computed. A parameter
  /// that the loss does not reach stays as it is.
  /// @param retain_graph whether another backward through the same graph follows.
  void minimize(const at::Tensor& loss, bool retain_graph = false);

  /// One step with given gradients, one a parameter, undefined: left as it is.
  void step(const std::vector<at::Tensor>& gradients);

  double learning_rate() const { return config_.learning_rate; }
  void set_learning_rate(double value) { config_.learning_rate = value; }
  /// Norm of the last gradient over all parameters before scaling, float [] without sync; undefined unless max_grad_norm > 0.
  const at::Tensor& last_grad_norm() const { return grad_norm_; }
  const std::vector<at::Tensor>& parameters() const { return parameters_; }

  /// Step count and moments, under `prefix`. The learning rate is the config's business.
  void save(PartState& state, const std::string& prefix = "") const;
  /// @throws CheckpointError naming the tensor that is missing or has another shape.
  void load(const PartState& state, const std::string& prefix = "");

 private:
  struct Tensors {  // of the parameters that a loss reaches, side by side
    std::vector<at::Tensor> parameter, gradient, exp_avg, exp_avg_sq, step;
  };
  void plain_step(const Tensors& tensors);

  AdamConfig config_;
  std::vector<at::Tensor> parameters_;
  std::vector<at::Tensor> exp_avg_, exp_avg_sq_;  // views of two flat buffers, laid out as the parameters
  at::Tensor all_steps_;                          // float32 [parameters]: steps that each has taken
  std::vector<at::Tensor> steps_;                 // its elements
  at::Tensor grad_norm_;
};

/// theta' <- (1 - tau) theta' + tau theta, over all parameters. One operation when both modules
/// lie in one buffer each (see flatten_parameters), else one a tensor.
/// @throws std::logic_error when the modules differ in shape.
void polyak_update(torch::nn::Module& target, const torch::nn::Module& online, double tau);

/// Moves tensors of one dtype and device into one contiguous buffer, each at a multiple of 64 bytes, and points them into
/// it. Adam does this to its own; call it on a target network. Idempotent: tensors that lie so already are left alone.
void flatten_parameters(const std::vector<at::Tensor>& parameters);
void flatten_parameters(const torch::nn::Module& module);

/// The one buffer behind tensors laid out by flatten_parameters (gaps hold zeros), or undefined.
at::Tensor flat_view(const std::vector<at::Tensor>& parameters);

}  // namespace onramp
