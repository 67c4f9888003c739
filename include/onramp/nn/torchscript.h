// Networks as TorchScript: what is exported runs in Python, or anywhere that loads TorchScript, without onramp.
#pragma once

#include <torch/csrc/jit/api/module.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <string>

#include "onramp/nn/encoders.h"
#include "onramp/nn/lstm.h"
#include "onramp/nn/mlp.h"

namespace onramp {

/// An empty TorchScript class "onramp.<name>"; register tensors and modules first, then define() the methods that use them.
torch::jit::Module make_script(const std::string& name);

/// Every parameter and buffer of `module` itself, under its own name, copied to the CPU.
void add_tensors(torch::jit::Module& script, const torch::nn::Module& module);

/// The same numbers as Mlp::forward up to rounding, as a method forward(x: float [..., in]) -> float [..., out].
/// @param config the one that `mlp` was made with
torch::jit::Module script_mlp(const Mlp& mlp, const MlpConfig& config);

/// The same numbers as Lstm::forward up to rounding, as a method
/// forward(x: float [B, T, in], h: float [L, B, F], c: float [L, B, F]) -> (out [B, T, F], h, c)
torch::jit::Module script_lstm(const Lstm& lstm);

/// The same numbers as ImageEncoder::forward up to rounding, as a method forward(images: uint8 [B, H, W, C]) -> float [B, F];
/// it refuses pictures of another dtype or size.
/// @param config, height, width, channels those that `encoder` was made with
torch::jit::Module script_image_encoder(const ImageEncoder& encoder, const EncoderConfig& config, int64_t height,
                                        int64_t width, int64_t channels);

}  // namespace onramp
