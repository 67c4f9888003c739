// How the networks of a policy lie in its part: tensors as "<network>/<tensor>", everything else as host state under its name.
#pragma once

#include <c10/core/Device.h>

#include <memory>
#include <string>

#include "onramp/core/checkpoint.h"
#include "onramp/models/observation_encoder.h"

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

}  // namespace onramp::detail
