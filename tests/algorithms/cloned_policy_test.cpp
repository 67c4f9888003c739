#include "onramp/algorithms/cloned_policy.h"

#include "agent_testing.h"
#include "onramp/base/error.h"
#include "onramp/policies/actor_policy.h"
#include "support/expect_throws.h"

namespace onramp {
namespace {

using namespace onramp::test;

const ObservationSpec kState{.entries = {{.name = "state", .shape = {2}, .fields = {"x_m", "y_m"}}}};
const ActionSpec kAction{2, {"left", "right"}};

Parts cloned(const ObservationSpec& sees, const ActionSpec& action) {
  auto generator = generator_of(1);
  auto encoder = std::make_shared<ObservationEncoder>(sees, Normalizer(), nullptr, false);
  const auto actor = make_actor(ActorType::kSquashedGaussian, encoder, action.dim, {}, generator);
  return {{kClonedPolicy, save_policy(ActorPolicy(actor, action))}};
}

/// Expects that a policy cloned from `sees` to `action` is refused in a task of kState and kAction, or of another observation.
void refuse(const ObservationSpec& sees, const ActionSpec& action, const std::string& message,
            const ObservationSpec& here = kState) {
  const auto given = cloned(sees, action);
  const LearnerContext context{.observation = here, .action = kAction, .given = &given};
  expect_throws<ConfigError>([&] { load_cloned_policy(context, "method"); }, message);
}

TEST(ClonedPolicy, IsTakenWhereItFits) {
  for (const auto& action : {kAction, ActionSpec{.dim = 2}}) {  // names that nobody gave are not compared
    const auto given = cloned(kState, action);
    const LearnerContext context{.observation = kState, .action = kAction, .given = &given};
    EXPECT_EQ(given.at(kClonedPolicy).host.at("hash"), load_cloned_policy(context, "method")->content_hash());
  }
}

TEST(ClonedPolicy, IsAskedForWhereNoneWasHandedOver) {
  const Parts none;
  for (const Parts* given : {static_cast<const Parts*>(nullptr), &none}) {
    const LearnerContext context{.observation = kState, .action = kAction, .given = given};
    expect_throws<ConfigError>([&] { load_cloned_policy(context, "method"); },
                               "method needs the part 'cloned_policy': let a bc learner learn first");
  }
}

TEST(ClonedPolicy, IsRefusedWhereActionsAreOthers) {
  refuse(kState, ActionSpec{.dim = 3}, "method: the cloned policy acts in 3 dimensions, this task in 2");
  refuse(kState, ActionSpec{2, {"right", "left"}},
         "method: action: value 0 is 'right' to the cloned policy, here it is 'left'");
}

TEST(ClonedPolicy, IsRefusedWhereObservationsAreOthers) {
  refuse(state_only(3), kAction, "method: the cloned policy looks at 'state' as float32 [3], here it is float32 [2]");
  refuse({.entries = {{.name = "arm", .shape = {2}}}}, kAction,
         "method: the cloned policy looks at 'arm', which this task does not show");
  refuse({.entries = {{.name = "state", .shape = {2}, .fields = {"x_m", "z_m"}}}}, kAction,
         "method: 'state': value 1 is 'z_m' to the cloned policy, here it is 'y_m'");
  refuse(kState, kAction, "which this task does not show",
         {.entries = {{.name = "state", .shape = {2}, .privileged = true}}});
}

// Of pictures there are features alone where the encoder is frozen.
TEST(ClonedPolicy, SeesThroughTheEncoderOfTheBatches) {
  auto generator = generator_of(1);
  const EncoderConfig small{.feature_dim = 8, .channels = {4, 4}};
  const auto spec = select_observations(picture_and_state(), {}, EncoderMode::kFrozen);
  const auto images = std::make_shared<ImageEncoders>(spec, small, generator);
  const auto others = std::make_shared<ImageEncoders>(spec, small, generator);
  const auto through = [&](const std::shared_ptr<ImageEncoders>& encoders, bool trainable) {
    auto inputs = std::make_shared<ObservationEncoder>(spec, Normalizer(), encoders, trainable);
    return ActorPolicy(make_actor(ActorType::kSquashedGaussian, inputs, 2, {}, generator), kAction);
  };
  const ObservationEncoder own(spec, Normalizer(), images, false), trained(spec, Normalizer(), others, true);
  check_sees_through(through(images, false), own, "method");
  check_sees_through(through(images->copy(), false), own, "method");
  check_sees_through(through(others, true), trained, "method");  // batches hold pixels
  const auto* message = "method: input.images: frozen puts the features of one encoder in place of pictures";
  expect_throws<ConfigError>([&] { check_sees_through(through(others, false), own, "method"); }, message);
  expect_throws<ConfigError>([&] { check_sees_through(through(images->copy(), true), own, "method"); }, message);
}

}  // namespace
}  // namespace onramp
