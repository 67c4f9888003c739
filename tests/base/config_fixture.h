// Config structs and files that the tests of typed config share.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <fstream>
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

struct RunConfig {
  std::filesystem::path path;
  Agent agent;
  template <class V>
  void fields(V& v) {
    v("path", path, "the file to learn from", required());
    v("agent", agent, "the learner");
  }
};

struct Bounds {
  std::vector<double> high{1.0};
  template <class V>
  void fields(V& v) {
    v("high", high, "highest values", allow_non_finite());
  }
};

struct Texts {
  std::vector<std::string> lines;
  std::map<std::string, double> keys;
  template <class V>
  void fields(V& v) {
    v("lines", lines, "some lines");
    v("keys", keys, "the lines as keys");
  }
};

/// A struct within which something is required.
struct Outer {
  RunConfig run;
  template <class V>
  void fields(V& v) {
    v("run", run, "a run");
  }
};

/// What `body` throws, which must be an E.
template <class E = ConfigError, class Body>
std::string message_of(Body&& body) {
  try {
    body();
  } catch (const E& error) {
    return error.what();
  }
  return "(nothing was thrown)";
}

inline Agent read_agent(const std::string& text) {
  return read_config<Agent>(parse_config_text(text, "a.yaml", "/configs"));
}
inline std::string agent_error(const std::string& text) {
  return message_of([&] { read_agent(text); });
}

/// A folder of its own for each test, gone afterwards.
class Folder : public testing::Test {
 protected:
  void SetUp() override {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = std::filesystem::temp_directory_path() /
              concat("onramp-", ::getpid(), "-", test->test_suite_name(), "-", test->name());
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path write(const std::string& name, const std::string& text) const {
    const auto file = folder_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
    return file;
  }
  /// The message with the folder's name taken out.
  template <class Body>
  std::string error(Body&& body) const {
    auto text = message_of(body);
    const auto prefix = folder_.string() + "/";
    for (auto at = text.find(prefix); at != std::string::npos; at = text.find(prefix)) text.erase(at, prefix.size());
    return text;
  }

  std::filesystem::path folder_;
};

}  // namespace onramp::config_test
