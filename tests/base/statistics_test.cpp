#include "onramp/base/statistics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>

#include "onramp/base/error.h"
#include "test_paths.h"

namespace onramp {
namespace {

TEST(Wilson, MatchesTheReferenceValues) {
  const auto golden = nlohmann::json::parse(std::ifstream(ONRAMP_TESTS_DIR "/golden/workflow.json"));
  int found = 0;
  for (const auto& test : golden["cases"]) {
    if (test["name"] != "wilson_95") continue;
    for (std::size_t i = 0; i < test["in"]["successes"].size(); ++i, ++found) {
      const auto interval = wilson(test["in"]["successes"][i], test["in"]["trials"][i]);
      EXPECT_NEAR(interval.low, test["out"]["low"][i].get<double>(), 1e-12);
      EXPECT_NEAR(interval.high, test["out"]["high"][i].get<double>(), 1e-12);
    }
  }
  EXPECT_EQ(found, 4);
}

TEST(Wilson, MatchesAnIntervalWorkedByHand) {
  // 1 of 2, z = 1: centre (0.5 + 0.25) / 1.5 = 0.5; half width sqrt(0.125 + 0.0625) / 1.5 = 0.4330127 / 1.5.
  const auto interval = wilson(1, 2, 1.0);
  EXPECT_NEAR(interval.low, 0.5 - 0.288675134594813, 1e-12);
  EXPECT_NEAR(interval.high, 0.5 + 0.288675134594813, 1e-12);
}

TEST(Wilson, WithoutTrialsNothingIsKnown) {
  EXPECT_EQ(wilson(0, 0).low, 0.0);
  EXPECT_EQ(wilson(0, 0).high, 1.0);
}

TEST(Wilson, RefusesCountsThatCannotBe) {
  EXPECT_THROW(wilson(3, 2), ValueError);
  EXPECT_THROW(wilson(-1, 2), ValueError);
  EXPECT_THROW(wilson(1, 2, 0.0), ValueError);
}

TEST(SignTest, MatchesValuesWorkedByHand) {
  EXPECT_NEAR(sign_test(0, 5), 2.0 / 32, 1e-12);
  EXPECT_NEAR(sign_test(8, 2), 2.0 * (1 + 10 + 45) / 1024, 1e-12);
  EXPECT_EQ(sign_test(8, 2), sign_test(2, 8));
  EXPECT_EQ(sign_test(3, 3), 1.0);  // both tails hold the middle
  EXPECT_EQ(sign_test(0, 0), 1.0);
  EXPECT_NEAR(sign_test(0, 200) / std::exp2(-199), 1.0, 1e-9);
}

TEST(SignTest, RefusesCountsThatCannotBe) { EXPECT_THROW(sign_test(-1, 2), ValueError); }

TEST(StudentT, MatchesPublishedTables) {
  const std::pair<int64_t, double> table[] = {{1, 12.706}, {2, 4.303},  {3, 3.182},  {4, 2.776},
                                              {9, 2.262},  {29, 2.045}, {30, 2.042}, {100, 1.984}};
  for (const auto& [degrees, t] : table) EXPECT_NEAR(student_t_95(degrees), t, 5e-4) << degrees;
  EXPECT_NEAR(student_t_95(1000000), 1.960, 5e-4);
  EXPECT_THROW(student_t_95(0), ValueError);
}

TEST(MeanInterval, MatchesValuesWorkedByHand) {
  // mean 0.7, s = 0.2, t of 2 degrees 4.30265: 0.7 -+ 4.30265 * 0.2 / sqrt(3)
  const double values[] = {0.5, 0.7, 0.9};
  const auto [low, high] = mean_interval(values);
  EXPECT_NEAR(low, 0.203173, 1e-5);
  EXPECT_NEAR(high, 1.196827, 1e-5);
  const double equal[] = {0.4, 0.4};
  EXPECT_EQ(mean_interval(equal).low, 0.4);
}

TEST(MeanInterval, WantsTwoValues) {
  const double one[] = {0.5};
  EXPECT_THROW(mean_interval(one), ValueError);
}

}  // namespace
}  // namespace onramp
