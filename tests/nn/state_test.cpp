#include "onramp/nn/state.h"

#include <stdexcept>

#include "nn_test_support.h"
#include "onramp/base/error.h"
#include "onramp/nn/encoders.h"
#include "onramp/nn/ensemble_mlp.h"
#include "onramp/nn/optim.h"
#include "support/expect_throws.h"

namespace onramp {
namespace {

using test::expect_equal_bits;
using test::seeded;

void expect_same_parameters(const torch::nn::Module& a, const torch::nn::Module& b) {
  const auto of_a = a.named_parameters(), of_b = b.named_parameters();
  ASSERT_EQ(of_a.size(), of_b.size());
  for (const auto& item : of_a) expect_equal_bits(item.value(), of_b[item.key()]);
}

TEST(ModuleState, LoadsBitForBitWhatWasSaved) {
  auto g = seeded(1);
  EnsembleMlp a(2, 3, 1, {.hidden = {4}, .layer_norm = true}, g), b(2, 3, 1, {.hidden = {4}, .layer_norm = true}, g);
  Adam adam(b, {});  // parameters in a flat buffer are filled in place
  const auto* buffer = flat_view(b.parameters()).data_ptr();
  PartState state;
  save_module(state, a, "critic.");
  load_module(state, b, "critic.");
  expect_same_parameters(a, b);
  EXPECT_EQ(flat_view(b.parameters()).data_ptr(), buffer);

  const auto encoder = make_image_encoder({}, 64, 64, 3, g), other = make_image_encoder({}, 64, 64, 3, g);
  save_module(state, *encoder, "encoder.");
  load_module(state, *other, "encoder.");
  expect_same_parameters(*encoder, *other);
}

TEST(ModuleState, ASavedStateDoesNotFollowTheModule) {
  auto g = seeded(2);
  Mlp mlp(2, 1, {.hidden = {3}}, g);
  PartState state;
  save_module(state, mlp);
  const auto before = state.tensors.at("weight_0").clone();
  const at::NoGradGuard no_grad;
  mlp.parameters()[0].fill_(7.0);
  expect_equal_bits(state.tensors.at("weight_0"), before);
}

TEST(ModuleState, NamesWhatDoesNotFitAndThenChangesNothing) {
  auto g = seeded(3);
  Mlp small(2, 1, {.hidden = {3}}, g), large(2, 1, {.hidden = {4}}, g), deep(2, 1, {.hidden = {3, 3}}, g);
  PartState state;
  save_module(state, small, "actor.");
  const auto before = large.parameters()[3].detach().clone();
  test::expect_throws<CheckpointError>(
      [&] { load_module(state, large, "actor."); },
      "tensor 'actor.weight_0': this network has float [4, 2], the checkpoint float [3, 2]");
  expect_equal_bits(large.parameters()[3], before);
  test::expect_throws<CheckpointError>([&] { load_module(state, deep, "actor."); },
                                       "the checkpoint has no tensor 'actor.weight_1'");
  state.tensors["actor.weight_0"] = state.tensors["actor.weight_0"].to(at::kDouble);
  test::expect_throws<CheckpointError>([&] { load_module(state, small, "actor."); }, "the checkpoint double [3, 2]");
}

TEST(CopyModule, MakesAnEqualNetworkInItsOwnMemory) {
  auto g = seeded(4);
  Mlp target(2, 1, {.hidden = {3}}, g), online(2, 1, {.hidden = {3}}, g), other(2, 1, {.hidden = {4}}, g);
  copy_module(target, online);
  expect_same_parameters(target, online);
  const at::NoGradGuard no_grad;
  online.parameters()[0].add_(1.0);
  EXPECT_FALSE(at::equal(target.parameters()[0], online.parameters()[0]));
  EXPECT_THROW(copy_module(target, other), std::logic_error);
}

TEST(SetTrainable, SwitchesGradientsOfAllParameters) {
  auto g = seeded(5);
  Mlp mlp(2, 1, {.hidden = {3}}, g);
  set_trainable(mlp, false);
  EXPECT_FALSE(mlp.forward(at::ones({1, 2})).requires_grad());
  set_trainable(mlp, true);
  EXPECT_TRUE(mlp.forward(at::ones({1, 2})).requires_grad());
}

}  // namespace
}  // namespace onramp
