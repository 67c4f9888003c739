#include "stored_network.h"

#include <string_view>

#include "onramp/base/error.h"
#include "onramp/policies/actor_policy.h"
#include "onramp/policies/spec_json.h"

namespace onramp::detail {
namespace {

std::shared_ptr<ImageEncoders> load_images(const PartState& encoder, const PartState& weights, bool trainable) {
  if (!trainable) return load_encoder(encoder);
  PartState own{.tensors = {}, .host = encoder.host};
  constexpr std::string_view kPrefix = "encoder.images.";
  for (const auto& [name, tensor] : weights.tensors) {
    if (name.starts_with(kPrefix)) own.tensors[name.substr(kPrefix.size())] = tensor;
  }
  return load_encoder(own);
}

}  // namespace

void put(PartState& state, const std::string& name, const PartState& part) {
  for (const auto& [key, tensor] : part.tensors) state.tensors[name + "/" + key] = tensor;
  state.host[name] = part.host;
}

PartState take(const PartState& state, const std::string& name) {
  PartState part;
  part.host = require_host<nlohmann::json>("policy", state, name);
  const auto prefix = name + "/";
  for (auto it = state.tensors.lower_bound(prefix); it != state.tensors.end() && it->first.starts_with(prefix); ++it) {
    part.tensors[it->first.substr(prefix.size())] = it->second;
  }
  return part;
}

void put_inputs(PartState& state, const ObservationEncoder& encoder) {
  state.host["observation"] = to_json_value(encoder.observation());
  put(state, "normalizer", save_normalizer(encoder.normalizer()));
  if (!encoder.images()) return;
  auto images = save_encoder(*encoder.images());
  images.host["trainable"] = encoder.trainable();
  if (encoder.trainable()) images.tensors.clear();  // among the network's own weights
  put(state, "encoder", images);
}

std::shared_ptr<ObservationEncoder> take_inputs(const PartState& state, const PartState& weights, at::Device device) {
  const auto observation = observation_spec_from_json(require_host<nlohmann::json>("policy", state, "observation"));
  std::shared_ptr<ImageEncoders> images;
  bool trainable = false;
  if (state.host.contains("encoder")) {
    const auto encoder = take(state, "encoder");
    trainable = encoder.host.at("trainable");
    images = load_images(encoder, weights, trainable);
    if (!trainable) images->to(device);
  }
  return std::make_shared<ObservationEncoder>(observation, load_normalizer(take(state, "normalizer")).to(device),
                                              images, trainable);
}

ObservationSpec entries_of_both(const ObservationSpec& a, const ObservationSpec& b) {
  if (a.entries.empty()) return {};
  ObservationSpec all = a;
  for (const auto& entry : b.entries) {
    if (!all.find(entry.name)) all.entries.push_back(entry);
  }
  return all;
}

void check_stored_hash(const PartState& state, const std::string& hash) {
  if (hash == saved_policy_hash(state)) return;
  throw CheckpointError("policy: its content does not match its hash; the file was changed or is damaged");
}

}  // namespace onramp::detail
