// What a part holds, as one hash.
#pragma once

#include <string>

#include "onramp/core/checkpoint.h"

namespace onramp {

/// SHA-256 over names, types, shapes and values of all tensors and over the host state, in order of names.
std::string content_hash(const PartState& state);

}  // namespace onramp
