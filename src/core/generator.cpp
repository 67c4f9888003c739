#include "onramp/core/generator.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>

#include <optional>

namespace onramp {
namespace {

at::Generator new_generator(at::Device device) {
  if (device.is_cpu()) return at::detail::createCPUGenerator();
  return at::globalContext().getAcceleratorHooksInterface(device.type()).getNewGenerator(device.index());
}

}  // namespace

void seed_generator(at::Generator& generator, Rng& rng) {
  if (!generator.device().is_cpu()) {
    generator.set_current_seed(rng());
    return;
  }
  // set_current_seed() would keep 32 of the seed's bits, and draws of a long run would meet. So the whole state of the
  // Mersenne twister is filled.
  at::mt19937_data_pod state{};
  state.seed_ = rng();
  for (size_t i = 0; i < state.state_.size(); i += 2) {
    const uint64_t bits = rng();
    state.state_[i] = static_cast<uint32_t>(bits);
    state.state_[i + 1] = static_cast<uint32_t>(bits >> 32);
  }
  state.seeded_ = true;
  state.left_ = 1;  // the first number asked for makes it step
  state.next_ = 0;
  at::mt19937 engine;
  engine.set_data(state);
  auto* cpu = generator.get<at::CPUGeneratorImpl>();
  cpu->set_engine(engine);
  cpu->set_next_float_normal_sample(std::nullopt);
  cpu->set_next_double_normal_sample(std::nullopt);
}

at::Generator make_generator(Rng& rng, at::Device device) {
  auto generator = new_generator(device);
  seed_generator(generator, rng);
  return generator;
}

TorchStream::TorchStream(uint64_t seed, std::string_view name, at::Device device)
    : stream_(seed, name), generator_(new_generator(device)) {}

at::Generator& TorchStream::next() {
  auto& generator = at(counter());
  set_counter(counter() + 1);
  return generator;
}

at::Generator& TorchStream::at(uint64_t k) {
  Rng rng = stream_.at(k);
  seed_generator(generator_, rng);
  return generator_;
}

}  // namespace onramp
