// A folder for the whole runs of one test, which are quiet in it.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "onramp/base/interrupt.h"
#include "onramp/base/log.h"
#include "onramp/core/checkpoint.h"
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
  std::vector<std::filesystem::path> checkpoints_of_whole() const {
    return list_checkpoints(folder_ / "whole" / "checkpoints");
  }
  /// The run in "whole" goes on as `text` from each of these of its checkpoints, with all that it wrote later (rows of metrics,
  /// episodes, policies, results) still there: it ends with the same bits.
  void expect_goes_on_bit_for_bit(const std::vector<std::filesystem::path>& checkpoints, const std::string& text) {
    namespace fs = std::filesystem;
    const auto want = lasting_contents(folder_ / "whole");
    const auto run = folder_ / "again";
    for (const auto& checkpoint : checkpoints) {
      SCOPED_TRACE(checkpoint.filename());
      fs::remove_all(run);
      fs::create_directories(run / "checkpoints");
      for (const auto& entry : fs::directory_iterator(folder_ / "whole")) {
        if (entry.path().filename() == "checkpoints") continue;
        fs::copy(entry.path(), run / entry.path().filename(), fs::copy_options::recursive);
      }
      fs::copy(checkpoint, run / "checkpoints" / checkpoint.filename());
      execute(run, text);
      EXPECT_EQ(difference(want, lasting_contents(run)), "");
      if (HasFailure()) break;
    }
  }
  const TemporaryFolder folder_;
};

}  // namespace onramp::test
