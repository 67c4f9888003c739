#include "onramp/data/episode_builder.h"

#include <utility>

#include "onramp/base/error.h"
#include "onramp/core/tensor_io.h"

namespace onramp {
namespace {

void append_floats(const at::Tensor& tensor, std::vector<float>& out) {
  const auto flat = tensor.to(at::kCPU, at::kFloat).contiguous();
  const float* values = flat.const_data_ptr<float>();
  out.insert(out.end(), values, values + flat.numel());
}

}  // namespace

EpisodeBuilder::EpisodeBuilder(ObservationSpec observation, ActionSpec action) {
  episode_.observation_spec = std::move(observation);
  episode_.action_spec = std::move(action);
}

void EpisodeBuilder::start(const Observation& first) {
  Episode fresh;
  fresh.observation_spec = std::move(episode_.observation_spec);
  fresh.action_spec = std::move(episode_.action_spec);
  episode_ = std::move(fresh);
  append(first);
}

void EpisodeBuilder::append(const Observation& observation) {
  for (const auto& entry : episode_.observation_spec.entries) {
    const auto& value = observation.at(entry.name);
    ONRAMP_CHECK(value.numel() == entry.numel(), "observation '", entry.name, "' was not checked: ", value.numel(),
                 " values in place of ", entry.numel());
    if (entry.dtype == DType::kUint8) {
      const auto flat = value.to(at::kCPU, at::kByte).contiguous();
      const uint8_t* bytes = flat.const_data_ptr<uint8_t>();
      auto& out = episode_.images[entry.name];
      out.insert(out.end(), bytes, bytes + flat.numel());
    } else {
      append_floats(value, episode_.vectors[entry.name]);
    }
  }
}

void EpisodeBuilder::add(const at::Tensor& action, const at::Tensor& executed, double reward, bool success,
                         const Observation& next, const std::map<std::string, at::Tensor>& extra) {
  append_floats(action, episode_.action);
  append_floats(executed.defined() ? executed : action, episode_.executed_action);
  episode_.reward.push_back(static_cast<float>(reward));
  episode_.success.push_back(success ? 1 : 0);
  for (const auto& [name, value] : extra) {
    auto& column = episode_.extra[name];
    column.width = value.numel();
    append_floats(value, column.values);
  }
  append(next);
}

Episode EpisodeBuilder::finish(EndReason end, bool safety_stop_is_terminal, std::map<std::string, std::string> meta) {
  for (const auto& [name, column] : episode_.extra) {
    ONRAMP_CHECK(static_cast<int64_t>(column.values.size()) == column.width * episode_.length(),
                 "extra column missing in some steps: " + name);
  }
  episode_.end = end;
  episode_.safety_stop_is_terminal = safety_stop_is_terminal;
  episode_.meta = std::move(meta);
  Episode result = std::move(episode_);
  episode_ = Episode{};
  episode_.observation_spec = result.observation_spec;
  episode_.action_spec = result.action_spec;
  return result;
}

Observation observation_at(const Episode& episode, int64_t t) {
  Observation observation;
  for (const auto& entry : episode.observation_spec.entries) {
    const int64_t n = entry.numel();
    if (entry.dtype == DType::kUint8) {
      const auto& bytes = episode.images.at(entry.name);
      observation.set(entry.name, copy_to_tensor(std::span<const uint8_t>(bytes).subspan(t * n, n), entry.shape));
    } else {
      const auto& values = episode.vectors.at(entry.name);
      observation.set(entry.name, copy_to_tensor(std::span<const float>(values).subspan(t * n, n), entry.shape));
    }
  }
  return observation;
}

}  // namespace onramp
