#include "onramp/models/augmentation.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include "onramp/core/generator.h"

namespace onramp {
namespace {

Observation seen() {
  Observation obs;
  obs.set("state", at::arange(6, at::kFloat).reshape({2, 3}));
  obs.set("wrist", at::arange(2 * 8 * 8 * 3).reshape({2, 8, 8, 3}).to(at::kByte));
  return obs;
}

TEST(ShiftPictures, ShiftsPicturesAlone) {
  TorchStream noise(3, "test");
  const auto obs = seen(), shifted = shift_pictures(obs, 2, noise.next());
  EXPECT_TRUE(at::equal(shifted.at("state"), obs.at("state")));
  EXPECT_FALSE(at::equal(shifted.at("wrist"), obs.at("wrist")));
  EXPECT_EQ(shifted.at("wrist").sizes(), obs.at("wrist").sizes());
  EXPECT_TRUE(at::equal(obs.at("wrist"), seen().at("wrist"))) << "what was given stays as it is";
}

TEST(ShiftPictures, WithoutAPadNothingIsDrawn) {
  TorchStream noise(3, "test");
  auto& rng = noise.next();
  const auto state = rng.get_state();
  EXPECT_TRUE(at::equal(shift_pictures(seen(), 0, rng).at("wrist"), seen().at("wrist")));
  EXPECT_TRUE(at::equal(rng.get_state(), state));
}

}  // namespace
}  // namespace onramp
