#include "onramp/algorithms/kept_state.h"

#include <torch/nn/module.h>

#include "onramp/nn/state.h"

namespace onramp {

KeptState& KeptState::add(const std::string& part, torch::nn::Module& module) {
  kept_.push_back({part, [&module](PartState& state) { save_module(state, module); },
                   [&module](const PartState& state) { load_module(state, module); }});
  return *this;
}

KeptState& KeptState::add(const std::string& part, Adam& optimizer) {
  kept_.push_back({part, [&optimizer](PartState& state) { optimizer.save(state); },
                   [&optimizer](const PartState& state) { optimizer.load(state); }});
  return *this;
}

template <class Stream>
KeptState& KeptState::add_counter(const std::string& part, Stream& stream) {
  kept_.push_back({part, [&stream](PartState& state) { state.host["counter"] = stream.counter(); },
                   [&stream, part](const PartState& state) {
                     stream.set_counter(require_host<uint64_t>(part, state, "counter"));
                   }});
  return *this;
}

KeptState& KeptState::add(const std::string& part, TorchStream& stream) { return add_counter(part, stream); }
KeptState& KeptState::add(const std::string& part, RandomStream& stream) { return add_counter(part, stream); }

void KeptState::save(Parts& parts) const {
  for (const auto& kept : kept_) kept.save(parts[kept.part]);
}

void KeptState::load(const Parts& parts) const {
  for (const auto& kept : kept_) kept.load(require_part(parts, kept.part));
}

}  // namespace onramp
