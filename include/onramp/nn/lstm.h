// Long short-term memory over time (Hochreiter and Schmidhuber, 1997), as torch.nn.LSTM computes it. The operation is LibTorch's,
// the weights are our own: torch::nn::LSTM would draw its first ones from the global generator.
#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <vector>

namespace onramp {

/// What an LSTM remembers of B sequences side by side.
struct LstmState {
  at::Tensor h, c;  // float [L, B, F]
};

/// Layers on top of each other, one direction. Per layer l and step, with the sigmoid s and the layer's input x:
///   i, f, g, o = chunks of W_ih x + b_ih + W_hh h + b_hh;   c' = s(f) c + s(i) tanh(g);   h' = s(o) tanh(c')
/// Parameters: weight_ih_l<l> [4 F, in], weight_hh_l<l> [4 F, F], bias_ih_l<l>, bias_hh_l<l> [4 F], as in PyTorch. Float32 on the
/// CPU after construction.
class Lstm : public torch::nn::Module {
 public:
  /// What came out, and what it remembers then.
  struct Output {
    at::Tensor out;  // h of the last layer at each step, float [B, T, F]
    LstmState state;
  };
  /// @param in, units, layers >= 1. @param generator draws the initial weights, uniform in +-1 / sqrt(F)
  Lstm(int64_t in, int64_t units, int64_t layers, at::Generator& generator);

  /// Zeros: nothing was seen. On the device of the weights, in their dtype.
  LstmState initial_state(int64_t batch) const;
  /// @param x float [B, T, in]. @param state before the first step. @throws ShapeError
  Output forward(const at::Tensor& x, const LstmState& state);

  int64_t in_dim() const { return in_; }
  int64_t units() const { return units_; }    ///< F
  int64_t layers() const { return layers_; }  ///< L

 private:
  int64_t in_, units_, layers_;
  std::vector<at::Tensor> weights_;  // layer by layer in the order above
};

}  // namespace onramp
