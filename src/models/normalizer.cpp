#include "onramp/models/normalizer.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include "onramp/base/error.h"
#include "onramp/core/shapes.h"

namespace onramp {
namespace {
constexpr double kSmallestStd = 1e-6;
}  // namespace

Normalizer::Normalizer(std::map<std::string, Statistics> entries) : entries_(std::move(entries)) {
  for (auto& [name, s] : entries_) {
    check_float(name + " mean", s.mean, {kAny});
    check_float(name + " std", s.std, {s.mean.size(0)});
    scales_[name] = {s.mean, s.std.reciprocal()};
  }
}

at::Tensor Normalizer::apply(const std::string& entry, const at::Tensor& x) const {
  const auto found = scales_.find(entry);
  if (found == scales_.end()) return x;
  check_float(entry, x, {kB, found->second.mean.size(0)});
  return ((x - found->second.mean) * found->second.inverse_std).clamp_(-kClip, kClip);
}

Normalizer Normalizer::to(at::Device device) const {
  auto entries = entries_;
  for (auto& [name, s] : entries) s = {s.mean.to(device), s.std.to(device)};
  return Normalizer(std::move(entries));
}

Normalizer fit_normalizer(const std::map<std::string, at::Tensor>& data) {
  std::map<std::string, Normalizer::Statistics> entries;
  for (const auto& [name, x] : data) {
    check_float(name, x, {kAny, kAny});
    if (x.size(0) == 0) throw DataError(concat("normaliser: '", name, "' has no rows to fit to"));
    if (!x.isfinite().all().item<bool>()) {
      throw DataError(concat("normaliser: '", name, "' holds values that are not finite; check the data set"));
    }
    const auto wide = x.to(at::kDouble);
    const auto std = wide.std(/*dim=*/0, /*unbiased=*/false);
    entries[name] = {wide.mean(0).to(at::kFloat), std.masked_fill(std < kSmallestStd, 1.0).to(at::kFloat)};
  }
  return Normalizer(std::move(entries));
}

Normalizer fit_normalizer(const Replay& replay, const std::string& source) {
  const auto rows = replay.source(source).state_rows();
  if (rows.empty()) throw DataError(concat("normaliser: replay source '", source, "' holds no episode to fit to"));
  std::map<std::string, at::Tensor> vectors;
  for (const auto& entry : replay.dataset().observation_spec().entries) {
    if (entry.is_image() || entry.privileged) continue;
    vectors[entry.name] = replay.dataset().observations(rows, {entry.name}).at(entry.name);
  }
  return fit_normalizer(vectors);
}

PartState save_normalizer(const Normalizer& normalizer) {
  PartState state;
  state.host["kind"] = "normalizer";
  state.host["entries"] = nlohmann::json::array();
  for (const auto& [name, s] : normalizer.entries()) {
    state.host["entries"].push_back(name);
    state.tensors[name + ".mean"] = s.mean.cpu();
    state.tensors[name + ".std"] = s.std.cpu();
  }
  return state;
}

Normalizer load_normalizer(const PartState& state) {
  std::map<std::string, Normalizer::Statistics> entries;
  for (const auto& name : require_host<std::vector<std::string>>("normalizer", state, "entries")) {
    const auto& mean = require_tensor("normalizer", state, name + ".mean");
    const auto& std = require_tensor("normalizer", state, name + ".std");
    if (mean.dim() != 1 || mean.sizes() != std.sizes() || mean.scalar_type() != at::kFloat ||
        std.scalar_type() != at::kFloat || !(std > 0).all().item<bool>() || !mean.isfinite().all().item<bool>()) {
      throw CheckpointError(concat("normalizer: statistics of '", name, "' are damaged"));
    }
    entries[name] = {mean.clone(), std.clone()};
  }
  return Normalizer(std::move(entries));
}

}  // namespace onramp
