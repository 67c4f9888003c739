// Structs with a field of every kind, for tests of typed config and the fuzz target of it. So nothing of GoogleTest here.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "onramp/base/config.h"

namespace onramp::config_test {

enum class Mu { kUniform, kPolicy };
constexpr auto enum_names(Mu*) {
  return std::array{std::pair{Mu::kUniform, "uniform"}, std::pair{Mu::kPolicy, "policy"}};
}

struct Network {
  std::vector<std::int64_t> hidden{256, 256};
  bool layer_norm = false;
  template <class V>
  void fields(V& v) {
    v("hidden", hidden, "units of each hidden layer", at_least(1));
    v("layer_norm", layer_norm, "LayerNorm after each hidden layer");
  }
};

struct Source {
  std::string name = "demos";
  double share = 1.0;
  template <class V>
  void fields(V& v) {
    v("name", name, "source of episodes", not_empty());
    v("share", share, "part of each batch", in_range(0.0, 1.0));
  }
};

struct Agent {
  double alpha = 1.0;
  double gamma = 0.99;
  Mu mu = Mu::kUniform;
  Network critic;
  std::optional<double> temperature;
  std::optional<Network> value;
  std::vector<Source> sources;
  std::map<std::string, double> weights;
  std::array<double, 2> limits{-1.0, 1.0};
  std::filesystem::path data;
  std::string backend = "auto";
  float tau = 0.005f;
  std::int32_t steps = 1000;
  std::uint64_t seed = 0;
  template <class V>
  void fields(V& v) {
    v("alpha", alpha, "weight of the penalty", at_least(0.0));
    v("gamma", gamma, "discount of one step", at_least(0.0), less_than(1.0));
    v("mu", mu, "where penalised actions come from");
    v("critic", critic, "critic network");
    v("temperature", temperature, "of the softmax; null: learnt", greater_than(0.0));
    v("value", value, "value network; null: none");
    v("sources", sources, "of batches");
    v("weights", weights, "of the terms", at_least(0.0));
    v("limits", limits, "of an action");
    v("data", data, "HDF5 file");
    v("backend", backend, "where to compute", one_of({"auto", "cpu", "cuda"}));
    v("tau", tau, "share of the online network in the target", in_range(0.0, 1.0));
    v("steps", steps, "updates", at_least(0));
    v("seed", seed, "of all streams");
  }
  void validate() const {
    if (limits[0] >= limits[1]) throw ValueError("limits: want the lower one first");
  }
};

}  // namespace onramp::config_test
