// A folder for the whole runs of one test, which are quiet in it.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "onramp/base/interrupt.h"
#include "onramp/base/log.h"
#include "support/expect_throws.h"
#include "support/run_contents.h"
#include "support/temporary_folder.h"
#include "training/training_testing.h"

namespace onramp::test {

class Runs : public ::testing::Test {
 protected:
  void SetUp() override { set_log_level(LogLevel::kWarning); }
  void TearDown() override {
    clear_interrupt();
    set_log_level(LogLevel::kInfo);
  }
  static void execute(const std::filesystem::path& folder, const std::string& text = kTinyRun,
                      const std::shared_ptr<World>& world = std::make_shared<World>()) {
    onramp::Run run(read_run(text, point_catalog(world)), folder);
    run.execute();
  }
  const TemporaryFolder folder_;
};

}  // namespace onramp::test
