// How the networks of a policy lie in its part: tensors as "<network>/<tensor>", everything else as host state under its name.
#pragma once

#include <c10/core/Device.h>

#include <memory>
#include <string>

#include "onramp/base/config.h"
#include "onramp/core/checkpoint.h"
#include "onramp/models/observation_encoder.h"
#include "onramp/nn/state.h"

namespace onramp::detail {

/// Adds `part` under a name.
void put(PartState& state, const std::string& name, const PartState& part);
/// @throws CheckpointError when there is none of that name
PartState take(const PartState& state, const std::string& name);

/// What a network does with an observation first: its entries, the normaliser, the image encoder. Of a trainable encoder the
/// weights are among the network's own.
void put_inputs(PartState& state, const ObservationEncoder& encoder);
/// @param weights  of the network that `state` was made for
std::shared_ptr<ObservationEncoder> take_inputs(const PartState& state, const PartState& weights, at::Device device);

/// A network that is one of several in a policy: its weights, its config, and what it sees through.
template <class Network>
void put_network(PartState& state, const std::string& name, const Network& network) {
  PartState part, weights;
  save_module(weights, network);
  weights.host = {{"config", to_yaml(dump_config(network.config()))}};
  put(part, "network", weights);
  put_inputs(part, network.encoder());
  put(state, name, part);
}

/// The same back. @param make  (inputs, config) -> a network of that config, whatever its weights
template <class Config, class Make>
auto take_network(const PartState& state, const std::string& name, at::Device device, const Make& make) {
  const auto part = take(state, name), weights = take(part, "network");
  const auto config =
      read_config<Config>(parse_config_text(weights.host.at("config").template get<std::string>(), "policy"));
  auto network = make(take_inputs(part, weights, device), config);
  load_module(weights, *network);
  network->to(device);
  return network;
}

/// Settings of a policy that lie in its part as YAML.
template <class Config>
Config take_config(const PartState& state, const std::string& name) {
  return read_config<Config>(parse_config_text(require_host<std::string>("policy", state, name), "policy"));
}

/// Entries of two policies, each once. Where one does not say what it looks at, neither does the whole.
ObservationSpec entries_of_both(const ObservationSpec& a, const ObservationSpec& b);

/// @throws CheckpointError unless `hash` is that of the part
void check_stored_hash(const PartState& state, const std::string& hash);

}  // namespace onramp::detail
