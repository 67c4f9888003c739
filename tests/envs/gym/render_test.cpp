// Pictures for films of an environment in Python.
#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include <vector>

#include "gym_testing.h"
#include "onramp/base/error.h"
#include "onramp/core/tensor_io.h"
#include "onramp/envs/wrappers.h"
#include "support/expect_throws.h"

namespace onramp::test {
namespace {

gym::GymConfig drawn(const std::string& kwargs = "{}") {
  auto config = tiny("Drawn", kwargs);
  config.render = true;
  return config;
}

std::vector<uint8_t> pixel(const at::Tensor& picture, int64_t y, int64_t x) {
  return copy_to_vector<uint8_t>(picture[y][x].contiguous());
}

// tiny.py draws 40 x 20 pixels: 30 x 15 in the middle of 30 x 40.
TEST(GymRender, IsTheEnvironmentsPictureInItsOwnProportions) {
  const auto environment = gym::make_gym_environment(drawn());
  auto* scene = find_renderable(*environment);
  ASSERT_NE(scene, nullptr);
  environment->reset(1);
  environment->step(at::zeros({2}));
  const auto picture = scene->render(40, 30);
  EXPECT_EQ(picture.sizes(), (std::vector<int64_t>{30, 40, 3}));
  EXPECT_EQ(pixel(picture, 4, 20), (std::vector<uint8_t>{200, 10, 0}));
  EXPECT_EQ(pixel(picture, 26, 20), (std::vector<uint8_t>{0, 10, 200}));
  EXPECT_EQ(pixel(picture, 15, 5), (std::vector<uint8_t>{0, 0, 0})) << "beside it";
  environment->step(at::zeros({2}));
  EXPECT_EQ(pixel(scene->render(40, 30), 4, 20), (std::vector<uint8_t>{200, 20, 0})) << "as it stands now";
  EXPECT_EQ(scene->render(200, 100).sizes(), (std::vector<int64_t>{100, 200, 3})) << "larger than it is drawn";
}

TEST(GymRender, IsThereOnlyWhereItWasAskedFor) {
  const auto environment = gym::make_gym_environment(tiny("Drawn"));
  EXPECT_EQ(find_renderable(*environment), nullptr);
}

TEST(GymRender, SaysWhatIsNoPicture) {
  const auto nothing = gym::make_gym_environment(drawn("{draws: nothing}"));
  nothing->reset(1);
  expect_throws<EnvironmentError>([&] { find_renderable(*nothing)->render(40, 30); },
                                  "render() must return an array uint8 [height, width, 3], got NoneType");
  auto config = tiny("Point");
  config.render = true;
  const auto none = gym::make_gym_environment(config);
  none->reset(1);
  expect_throws<EnvironmentError>([&] { find_renderable(*none)->render(40, 30); }, "render() failed in Python");
}

}  // namespace
}  // namespace onramp::test
