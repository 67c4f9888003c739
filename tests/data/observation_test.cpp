#include "onramp/data/observation.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include "onramp/base/error.h"
#include "onramp/data/batch.h"
#include "support/expect_throws.h"

namespace onramp {
namespace {

using test::expect_throws;

const ObservationSpec kSpec{{{.name = "state", .shape = {3}, .low = -1.0, .high = 1.0, .fields = {"x_m", "y_m", "z_m"}},
                             {.name = "wrist", .dtype = DType::kUint8, .shape = {4, 5, 3}, .low = 0, .high = 255}}};

Observation good() { return {{"state", at::zeros({3})}, {"wrist", at::zeros({4, 5, 3}, at::kByte)}}; }

TEST(Observation, KeepsItsOrderAndReplacesByName) {
  auto observation = good();
  observation.set("state", at::ones({3}));
  EXPECT_EQ(observation.begin()->first, "state");
  EXPECT_EQ(observation.at("state").sum().item<int>(), 3);
  expect_throws<ValueError>([&] { (void)observation.at("sttae"); }, "has no entry 'sttae' (has: state, wrist)");
}

TEST(Observation, StacksAndSlicesRows) {
  auto second = good();
  second.set("state", at::ones({3}));
  const auto both = stack({good(), second});
  EXPECT_EQ(both.batch_size(), 2);
  EXPECT_EQ(both.slice(1, 2).at("state").sum().item<int>(), 3);
  EXPECT_EQ(both.index_select(at::tensor({1, 1, 0}, at::kLong)).at("wrist").size(0), 3);
  EXPECT_EQ(good().unsqueeze().at("wrist").dim(), 4);
}

TEST(CheckObservation, TakesSingleAndBatched) {
  check_observation(good(), kSpec);
  check_observation(good().unsqueeze(), kSpec);
}

TEST(CheckObservation, NamesTheEntryAndWhatIsWrong) {
  const auto refuses = [](const std::string& name, const at::Tensor& value, const std::string& text) {
    auto observation = good();
    observation.set(name, value);
    expect_throws<Error>([&] { check_observation(observation, kSpec); }, text);
  };
  refuses("state", at::zeros({4}), "'state': want float [3], got float [4]");
  refuses("wrist", at::zeros({4, 5, 3}), "'wrist': want uint8 [4, 5, 3], got float [4, 5, 3]");
  refuses("state", at::tensor({0.F, NAN, 0.F}), "'state'[1] (y_m) = nan, not finite: want a value in [-1, 1]");
  refuses("state", at::tensor({0.F, 0.F, 2.F}), "'state'[2] (z_m) = 2: want a value in [-1, 1]");
  refuses("extra", at::zeros({1}), "'extra' is not in the spec");
  expect_throws<ValueError>(
      [] {
        check_observation({{"state", at::zeros({3})}}, kSpec);
      },
      "'wrist' is missing: want uint8 [4, 5, 3]");
}

TEST(BatchTest, SlicesEverythingAndLeavesUndefinedAlone) {
  Batch batch;
  batch.obs = {{"state", at::arange(12).reshape({4, 3})}};
  batch.action = at::zeros({4, 2});
  batch.columns["step"] = at::arange(4);
  const auto half = batch.slice(2, 4);
  EXPECT_EQ(half.size(), 2);
  EXPECT_EQ(half.obs.at("state")[0][0].item<int>(), 6);
  EXPECT_EQ(half.columns.at("step")[1].item<int>(), 3);
  EXPECT_FALSE(half.reward.defined());
}

}  // namespace
}  // namespace onramp
