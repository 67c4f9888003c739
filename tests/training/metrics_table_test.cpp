#include "onramp/training/metrics_table.h"

#include <gtest/gtest.h>

#include <cmath>

#include "onramp/base/atomic_file.h"
#include "support/temporary_folder.h"

namespace onramp {
namespace {

struct MetricsTableTest : ::testing::Test {
  MetricsTable read(std::string_view text) {
    write_file_atomic(folder / "metrics.csv", text);
    return read_metrics(folder / "metrics.csv");
  }
  test::TemporaryFolder folder;
};

TEST_F(MetricsTableTest, KeepsSeriesByPhaseAndMetricInOrder) {
  const auto table = read(
      "phase,step,metric,value\noffline,100,loss,0.5\nonline,1,success,1\noffline,200,loss,0.25\noffline,200,q,nan\n");
  ASSERT_EQ(table.series.size(), 3u);
  const auto* loss = table.find("offline", "loss");
  ASSERT_NE(loss, nullptr);
  EXPECT_EQ(loss->step, (std::vector<double>{100, 200}));
  EXPECT_EQ(loss->value, (std::vector<double>{0.5, 0.25}));
  EXPECT_TRUE(std::isnan(table.find("offline", "q")->value[0]));
  EXPECT_EQ(table.find("online", "loss"), nullptr);
  EXPECT_EQ(table.damaged, 0);
}

TEST_F(MetricsTableTest, CountsDamagedLinesAndReadsOn) {
  const auto table = read("phase,step,metric,value\na,1,loss,0.5\na,2,lo\na,x,loss,1\n,3,loss,1\na,4,loss,2\n");
  EXPECT_EQ(table.damaged, 3);
  EXPECT_EQ(table.first_damaged, 3);
  EXPECT_EQ(table.find("a", "loss")->step, (std::vector<double>{1, 4}));
}

TEST_F(MetricsTableTest, LeavesOutALineThatIsBeingWritten) {
  const auto table = read("phase,step,metric,value\na,1,loss,0.5\na,2,loss,0.1");
  EXPECT_EQ(table.damaged, 0);
  EXPECT_EQ(table.find("a", "loss")->step.size(), 1u);
}

TEST(TrailingMean, IsOverStepsAndNotOverRows) {
  // The last 2 steps at 1, 2, 3, 6 are {1}, {1, 2}, {2, 3}, {6}.
  const auto mean = trailing_mean({1, 2, 3, 6}, {4, 2, 0, 10}, 2);
  EXPECT_EQ(mean, (std::vector<double>{4, 3, 1, 10}));
}

}  // namespace
}  // namespace onramp
