#include "onramp/models/image_encoders.h"

#include <torch/types.h>

#include <algorithm>

#include "onramp/base/error.h"
#include "onramp/core/generator.h"
#include "onramp/nn/state.h"

namespace onramp {
namespace {

std::string module_name(std::string entry) {
  std::replace(entry.begin(), entry.end(), '.', '_');  // a module's name may hold no dot
  return entry;
}

ObservationSpec image_entries(const ObservationSpec& observation) {
  ObservationSpec images;
  for (const auto& entry : observation.entries) {
    if (!entry.is_image()) continue;
    if (entry.privileged) {
      throw ConfigError(concat("observation '", entry.name, "' is privileged: no network may see it"));
    }
    images.entries.push_back(entry);
  }
  return images;
}

}  // namespace

ImageEncoders::ImageEncoders(const ObservationSpec& observation, const EncoderConfig& config, at::Generator& generator)
    : observation_(image_entries(observation)), config_(config) {
  for (const auto& entry : observation_.entries) {
    encoders_.push_back(
        register_module(module_name(entry.name),
                        make_image_encoder(config, entry.shape[0], entry.shape[1], entry.shape[2], generator)));
  }
}

bool ImageEncoders::has(const std::string& entry) const { return observation_.find(entry) != nullptr; }

const std::shared_ptr<ImageEncoder>& ImageEncoders::find(const std::string& entry) const {
  for (size_t i = 0; i < encoders_.size(); ++i) {
    if (observation_.entries[i].name == entry) return encoders_[i];
  }
  throw ValueError(concat("no encoder for the image '", entry, "'"));
}

at::Tensor ImageEncoders::encode(const std::string& entry, const at::Tensor& images) {
  return find(entry)->forward(images);
}

const ImageEncoder& ImageEncoders::encoder(const std::string& entry) const { return *find(entry); }

std::shared_ptr<ImageEncoders> ImageEncoders::copy() const {
  auto generator = RandomStream(0, "copy").next();
  auto torch_generator = make_generator(generator);
  auto copied = std::make_shared<ImageEncoders>(observation_, config_, torch_generator);
  if (!parameters().empty()) copied->to(parameters().front().device());
  copy_module(*copied, *this);
  return copied;
}

PartState save_encoder(const ImageEncoders& encoders) {
  PartState state;
  save_module(state, encoders);
  state.host["kind"] = "image_encoders";
  state.host["config"] = to_yaml(dump_config(encoders.config()));
  state.host["entries"] = nlohmann::json::array();
  for (const auto& entry : encoders.observation().entries) {
    state.host["entries"].push_back({{"name", entry.name}, {"shape", entry.shape}});
  }
  return state;
}

std::shared_ptr<ImageEncoders> load_encoder(const PartState& state) {
  try {
    ObservationSpec observation;
    for (const auto& entry : require_host<nlohmann::json>("encoder", state, "entries")) {
      auto shape = entry.at("shape").get<std::vector<int64_t>>();
      if (shape.size() != 3) throw CheckpointError("encoder: an image's shape is not [H, W, C]; the file is damaged");
      observation.entries.push_back({.name = entry.at("name").get<std::string>(),
                                     .dtype = DType::kUint8,
                                     .shape = std::move(shape),
                                     .low = 0,
                                     .high = 255});
    }
    const auto text = require_host<std::string>("encoder", state, "config");
    const auto config = read_config<EncoderConfig>(parse_config_text(text, "encoder"));
    auto random = RandomStream(0, "load").next();
    auto generator = make_generator(random);
    auto encoders = std::make_shared<ImageEncoders>(observation, config, generator);
    load_module(state, *encoders);
    return encoders;
  } catch (const nlohmann::json::exception& error) {
    throw CheckpointError(concat("encoder: its description is damaged (", error.what(), ")"));
  } catch (const ConfigError& error) {
    throw CheckpointError(concat("encoder: its config does not fit this version: ", error.what()));
  }
}

}  // namespace onramp
