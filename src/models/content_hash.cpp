#include "onramp/models/content_hash.h"

#include <ATen/Functions.h>

#include <span>

#include "onramp/base/hash.h"
#include "onramp/base/text.h"

namespace onramp {

std::string content_hash(const PartState& state) {
  Sha256 hash;
  for (const auto& [name, tensor] : state.tensors) {
    const auto host = tensor.detach().cpu().contiguous();
    hash.update(concat(name, " ", c10::toString(host.scalar_type()), " ", host.sizes(), "\n"));
    hash.update({static_cast<const std::byte*>(host.const_data_ptr()), host.nbytes()});
  }
  hash.update(state.host.dump());
  return hash.hex();
}

}  // namespace onramp
