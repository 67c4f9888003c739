// Config files and more structs that the tests of typed config share.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "onramp/base/config.h"
#include "support/config_structs.h"

namespace onramp::config_test {

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
