#include "onramp/core/divergence.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "onramp/base/error.h"
#include "support/expect_throws.h"

namespace onramp {
namespace {

using Values = std::vector<std::pair<std::string, double>>;
using test::expect_throws;

TEST(DivergenceWatch, NamesTheFirstTermThatBlewUp) {
  DivergenceWatch watch;
  EXPECT_NO_THROW(watch.check("offline", 100, Values{{"q", -4.0}, {"critic_loss", 320.5}, {"actor_loss", 1.0}}));
  const Values bad{{"q", 7.0}, {"critic_loss", std::nan("")}, {"actor_loss", -std::nan("")}, {"alpha", 1.0 / 0.0}};
  expect_throws<DivergenceError>(
      [&] { watch.check("offline", 200, bad); },
      "offline step 200: critic_loss is nan (it was 320.5 at step 100); with it went actor_loss, "
      "alpha; look at the data");
}

TEST(DivergenceWatch, HasALimit) {
  DivergenceWatch watch({.limit = 1000.0});
  EXPECT_NO_THROW(watch.check("online", 1, Values{{"q", -1000.0}}));
  expect_throws<DivergenceError>(
      [&] {
        watch.check("online", 2, Values{{"q", -1001.0}});
      },
      "online step 2: q is -1001, beyond 1000 (it was -1000 at step 1);");
  expect_throws<DivergenceError>(
      [&] {
        watch.check("online", 3, Values{{"v", std::numeric_limits<double>::infinity()}});
      },
      "online step 3: v is inf; look at the data");
}

}  // namespace
}  // namespace onramp
