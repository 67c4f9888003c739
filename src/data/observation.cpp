#include "onramp/data/observation.h"

#include <ATen/Functions.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "onramp/base/error.h"
#include "onramp/core/shapes.h"

namespace onramp {

namespace {

std::string describe(const EntrySpec& entry) {
  return concat(entry.dtype == DType::kUint8 ? "uint8" : "float", " ", at::IntArrayRef(entry.shape));
}

void check_values(const EntrySpec& entry, const at::Tensor& tensor) {
  if (tensor.numel() == 0) return;
  const auto contiguous = tensor.contiguous();
  const float* values = contiguous.const_data_ptr<float>();
  for (int64_t i = 0; i < contiguous.numel(); ++i) {
    if (values[i] >= entry.low && values[i] <= entry.high) continue;  // false for NaN
    const int64_t d = i % std::max<int64_t>(entry.numel(), 1);
    const bool has_field = entry.fields.size() > static_cast<size_t>(d);
    throw ValueError(concat("observation '", entry.name, "'[", d, "]",
                            has_field ? concat(" (", entry.fields[d], ")") : "", " = ", values[i],
                            std::isfinite(values[i]) ? "" : ", not finite", ": want a value in [", entry.low, ", ",
                            entry.high, "]"));
  }
}

}  // namespace

const at::Tensor& Observation::at(const std::string& name) const {
  std::string known;
  for (const auto& [key, value] : entries_) {
    if (key == name) return value;
    known += (known.empty() ? "" : ", ") + key;
  }
  throw ValueError(concat("observation has no entry '", name, "' (has: ", known.empty() ? "none" : known, ")"));
}

bool Observation::contains(const std::string& name) const {
  return std::any_of(entries_.begin(), entries_.end(), [&](const auto& entry) { return entry.first == name; });
}

void Observation::set(const std::string& name, at::Tensor value) {
  for (auto& [key, old] : entries_) {
    if (key == name) {
      old = std::move(value);
      return;
    }
  }
  entries_.emplace_back(name, std::move(value));
}

int64_t Observation::batch_size() const { return entries_.empty() ? 0 : entries_.front().second.size(0); }

namespace {
template <class F>
Observation map_entries(const Observation& observation, F&& f) {
  Observation out;
  for (const auto& [name, value] : observation) out.set(name, f(value));
  return out;
}
}  // namespace

Observation Observation::to(at::Device device) const {
  return map_entries(*this, [&](const at::Tensor& v) { return v.to(device, /*non_blocking=*/true); });
}

Observation Observation::slice(int64_t begin, int64_t end) const {
  return map_entries(*this, [&](const at::Tensor& v) { return v.slice(0, begin, end); });
}

Observation Observation::index_select(const at::Tensor& rows) const {
  return map_entries(*this, [&](const at::Tensor& v) { return v.index_select(0, rows); });
}

Observation Observation::unsqueeze() const {
  return map_entries(*this, [](const at::Tensor& v) { return v.unsqueeze(0); });
}

Observation stack(const std::vector<Observation>& observations) {
  ONRAMP_CHECK(!observations.empty(), "nothing to stack");
  Observation out;
  for (const auto& entry : observations.front()) {
    std::vector<at::Tensor> rows;
    rows.reserve(observations.size());
    for (const auto& observation : observations) rows.push_back(observation.at(entry.first));
    out.set(entry.first, at::stack(rows));
  }
  return out;
}

void check_observation(const Observation& observation, const ObservationSpec& spec) {
  for (const auto& entry : spec.entries) {
    if (!observation.contains(entry.name)) {
      throw ValueError(concat("observation '", entry.name, "' is missing: want ", describe(entry)));
    }
    const auto& tensor = observation.at(entry.name);
    const auto dtype = entry.dtype == DType::kUint8 ? at::kByte : at::kFloat;
    const auto rank = static_cast<int64_t>(entry.shape.size());
    const bool fits = tensor.defined() && tensor.scalar_type() == dtype &&
                      (tensor.dim() == rank || tensor.dim() == rank + 1) &&
                      tensor.sizes().slice(static_cast<size_t>(tensor.dim() - rank)) == at::IntArrayRef(entry.shape);
    if (!fits) {
      throw ShapeError(concat("observation '", entry.name, "': want ", describe(entry), ", got ", describe(tensor)));
    }
    if (dtype == at::kFloat) check_values(entry, tensor);
  }
  for (const auto& entry : observation) {
    if (!spec.find(entry.first)) throw ValueError(concat("observation '", entry.first, "' is not in the spec"));
  }
}

}  // namespace onramp
