#include "onramp/policies/torchscript_policy.h"

#include <cmath>

#include "models/model_testing.h"
#include "onramp/base/error.h"
#include "onramp/base/hash.h"
#include "onramp/policies/actor_policy.h"
#include "onramp/policies/torchscript_export.h"
#include "support/expect_throws.h"
#include "support/torchscript_files.h"

namespace onramp {
namespace {

using namespace onramp::test;

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  const auto at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return text.replace(at, what.size(), with);
}

TorchScriptPolicy policy_of(const ScriptParts& parts) { return TorchScriptPolicy(script_file(parts), "dir/mine.pt"); }

/// Expects that it is refused with a line that begins with the file's name, says `why`, and where help is.
void refuse(const ScriptParts& parts, const std::string& why) {
  SCOPED_TRACE(why);
  const auto file = script_file(parts);
  expect_throws<ConfigError>([&] { TorchScriptPolicy(file, "dir/mine.pt"); }, "dir/mine.pt: " + why);
  expect_throws<ConfigError>([&] { TorchScriptPolicy(file, "dir/mine.pt"); }, "docs/bring_your_own_policy.md");
}

Observation states(const std::vector<float>& first) {
  const auto x = at::tensor(first).unsqueeze(1);
  return {{"state", at::cat({x, at::zeros_like(x)}, 1)}};
}

Rng draw(uint64_t number) { return RandomStream(3, "act").at(number); }

at::Tensor column(const Action& action, const std::string& name) {
  for (const auto& info : action.info) {
    if (info.name == name) return info.value;
  }
  return {};
}

TEST(TorchScriptPolicy, SaysWhatItsSpecSays) {
  const auto policy = policy_of({});
  ASSERT_EQ(policy.observation_spec().entries.size(), 1U);
  EXPECT_EQ(type_text(*policy.observation_spec().find("state")), "float32 [2]");
  EXPECT_EQ(policy.action_spec().dim, 1);
  EXPECT_TRUE(policy.can_evaluate());
  EXPECT_FALSE(policy.has_memory());
  EXPECT_EQ(policy.usual_mode(), ActMode::kMode);
  EXPECT_EQ(policy.content_hash(), sha256_hex(script_file({})));
  EXPECT_NE(policy.describe().find("sees state float32 [2]; actions of 1; density 'gaussian'; no memory"),
            std::string::npos)
      << policy.describe();
  ScriptParts mixture;
  mixture.spec = replaced(mixture.spec, "gaussian", "mixture");
  EXPECT_EQ(policy_of(mixture).usual_mode(), ActMode::kSample);
}

// mean = tanh(x), and noise of 0.2.
TEST(TorchScriptPolicy, ActsByItsMeanAndByDrawsThatTheStreamDetermines) {
  auto policy = policy_of({});
  const auto obs = states({0.0F, 0.5F});
  auto random = draw(0), same = draw(0), other = draw(1);
  const auto state = policy.begin(2);
  const auto mode = policy.act(obs, *state, ActMode::kMode, random).action;
  EXPECT_TRUE(at::allclose(mode, rows({{0}, {std::tanh(0.5F)}})));
  auto again = draw(0);
  const auto sample = policy.act(obs, *state, ActMode::kSample, same).action;
  expect_equal(policy.act(obs, *state, ActMode::kSample, again).action, sample);
  EXPECT_FALSE(at::equal(policy.act(obs, *state, ActMode::kSample, other).action, sample));
}

// log N(tanh(0.5) + 0.2; tanh(0.5), 0.2) = 1.6094379 - 0.9189385 - 0.5 = 0.1904994; H = 1.4189385 - 1.6094379 = -0.1904994
TEST(TorchScriptPolicy, RatesActionsByItsOwnDensity) {
  auto policy = policy_of({});
  const auto rated = policy.evaluate(states({0.5F}), rows({{std::tanh(0.5F) + 0.2F}}));
  EXPECT_TRUE(at::allclose(rated.log_prob, at::tensor({0.1904994F}), 1e-4, 1e-5));
  EXPECT_TRUE(at::allclose(rated.entropy, at::tensor({-0.1904994F}), 1e-4, 1e-5));
  auto random = draw(0);
  EXPECT_TRUE(policy.act(states({0.5F}), *policy.begin(1), ActMode::kSample, random).info.empty());
}

// What an interpreter learns of its first calls must not show in later ones: a run that goes on has fewer behind it.
TEST(TorchScriptPolicy, GivesTheSameBitsTheThousandthTime) {
  auto policy = policy_of(with_memory());
  const Observation obs{{"state", normals({64, 2}, 1)}};
  const auto once = [&] {
    auto random = draw(2);
    return policy.act_rated(obs, *policy.begin(64), ActMode::kSample, random);
  };
  const auto first = once();
  for (int i = 0; i < 50; ++i) {
    const auto later = once();
    expect_equal(later.action, first.action);
    expect_equal(later.density.log_prob, first.density.log_prob);
  }
}

// mean = 0.4 tanh(x) + 0.1 steps
TEST(TorchScriptPolicy, CarriesItsStateAlongAnEpisodeAndForgetsItAtTheNext) {
  auto policy = policy_of(with_memory());
  EXPECT_TRUE(policy.has_memory());
  const auto state = policy.begin(2);
  const auto obs = states({0, 0});
  for (int step = 0; step < 3; ++step) {
    auto random = draw(0);
    const auto action = policy.act(obs, *state, ActMode::kMode, random).action;
    EXPECT_TRUE(at::allclose(action, at::full({2, 1}, 0.1 * step), 1e-5, 1e-6)) << step << "\n" << action;
  }
  state->reset(1);
  auto random = draw(0);
  EXPECT_TRUE(at::allclose(policy.act(obs, *state, ActMode::kMode, random).action, rows({{0.3F}, {0.0F}}), 1e-5, 1e-6));
}

// At its mode log pi = 1.6094379 - 0.9189385 whatever the step; of the state after the step it would be 0.125 less.
TEST(TorchScriptPolicy, WithAMemoryReportsHowLikelyItsActionWasFromTheStateBeforeIt) {
  auto policy = policy_of(with_memory());
  const auto state = policy.begin(1);
  for (int step = 0; step < 2; ++step) {
    auto random = draw(0);
    const auto acted = policy.act(states({0.3F}), *state, ActMode::kMode, random);
    ASSERT_TRUE(column(acted, kActedLogProb).defined());
    EXPECT_TRUE(at::allclose(column(acted, kActedLogProb), rows({{0.6904994F}}), 1e-4, 1e-5));
    EXPECT_TRUE(at::allclose(column(acted, kActedEntropy), rows({{-0.1904994F}}), 1e-4, 1e-5));
  }
  expect_throws<Error>([&] { policy.evaluate(states({0.3F}), rows({{0}})); }, "remembers what came before");
}

TEST(TorchScriptPolicy, AKindOfDensityThatNobodyKnowsIsWarnedOf) {
  ScriptParts parts;
  parts.spec = replaced(parts.spec, "gaussian", "gausian");
  testing::internal::CaptureStderr();
  auto policy = policy_of(parts);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("density 'gausian'; did you mean 'gaussian'?"),
            std::string::npos);
  EXPECT_EQ(policy.usual_mode(), ActMode::kSample);
  testing::internal::CaptureStderr();
  policy_of(ScriptParts{});
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(TorchScriptPolicy, WithoutDensityActsAndIsNotRated) {
  ScriptParts parts;
  parts.log_prob_entropy = "";
  refuse(parts, "spec() says density 'gaussian', and there is no log_prob_entropy()");
  parts.spec = replaced(parts.spec, R"(, "density": "gaussian")", "");
  auto policy = policy_of(parts);
  EXPECT_FALSE(policy.can_evaluate());
  EXPECT_EQ(policy.usual_mode(), ActMode::kSample);
  expect_throws<Error>([&] { policy.evaluate(states({0}), rows({{0}})); }, "offers no density");
  auto none = ScriptParts{};
  none.spec = replaced(none.spec, "gaussian", "none");
  EXPECT_FALSE(policy_of(none).can_evaluate());
}

TEST(TorchScriptPolicy, IsStoredWholeAndComesBack) {
  const auto policy = policy_of(with_memory());
  auto part = save_policy(policy);
  EXPECT_EQ(part.host.at("name"), "mine.pt");
  const auto loaded = load_policy(part);
  EXPECT_EQ(loaded->content_hash(), policy.content_hash());
  EXPECT_NE(dynamic_cast<const TorchScriptPolicy*>(loaded.get()), nullptr);
  part.tensors["file"][100] += 1;
  expect_throws<CheckpointError>([&] { load_policy(part); }, "its content does not match its hash");
}

TEST(TorchScriptPolicy, IsExportedAsTheFileThatItIs) {
  const auto policy = policy_of({});
  EXPECT_EQ(export_torchscript(policy), policy.file());
  EXPECT_EQ(torchscript_difference(policy.file()), 0.0);
}

TEST(TorchScriptPolicy, RefusesWhatIsNoPolicy) {
  const auto refuse_bytes = [](const std::string& bytes, const std::string& why) {
    expect_throws<ConfigError>([&] { TorchScriptPolicy(bytes, "mine.pt"); }, "mine.pt: " + why);
  };
  refuse_bytes("", "is no TorchScript (");
  refuse_bytes("hello", "is no TorchScript (");
  const auto file = script_file({});
  refuse_bytes(file.substr(0, file.size() / 2), "is no TorchScript (");
  torch::jit::Module other("__torch__.elsewhere.Network");
  other.define("def forward(self, x: Tensor) -> Tensor:\n    return x\n");
  std::ostringstream bytes;
  other.save(bytes);
  refuse_bytes(bytes.str(),
               "is no policy: it offers no spec() -> str, no initial_state(B: int) -> Tensor, no act(obs: Dict[str, "
               "Tensor], state: Tensor, noise: Tensor) -> Tuple[Tensor, Tensor]; docs/");
}

TEST(TorchScriptPolicy, RefusesAMethodThatIsMissingOrAnother) {
  ScriptParts parts;
  parts.initial_state = "";
  refuse(parts, "is no policy: it offers no initial_state(B: int) -> Tensor; docs/");
  parts = {};
  parts.act =
      "def act(self, obs: Tensor, state: Tensor) -> Tensor:\n"
      "    return obs\n";
  refuse(parts,
         "its act is (Tensor, Tensor) -> Tensor, want act(obs: Dict[str, Tensor], state: Tensor, noise: Tensor)");
  parts = {};
  parts.log_prob_entropy =
      "def log_prob_entropy(self, obs: Dict[str, Tensor], action: Tensor, state: Tensor) -> Tuple[Tensor, Tensor]:\n"
      "    return (action, state)\n";
  refuse(parts, "its log_prob_entropy is (Dict[str, Tensor], Tensor, Tensor) -> Tuple[Tensor, Tensor], want ");
}

TEST(TorchScriptPolicy, RefusesASpecThatSaysTooLittleOrTooMuch) {
  const std::string good = ScriptParts{}.spec;
  const auto refuse_spec = [](const std::string& spec, const std::string& why) {
    ScriptParts parts;
    parts.spec = spec;
    refuse(parts, why);
  };
  refuse_spec("a policy", "spec() gives no JSON: a policy");
  refuse_spec("[1]", "spec() gives no JSON object: [1]");
  refuse_spec("{}", "spec() does not say observation, want [{\"name\"");
  refuse_spec(replaced(good, "\"name\": \"state\", ", ""), "spec() does not say observation[0].name, text");
  refuse_spec(replaced(good, "[2]", "\"two\""), "spec(): observation[0].shape: want a list of sizes without that of");
  refuse_spec(replaced(good, "float32", "float64"),
              "spec(): 'state': want float32 [D] or uint8 [H, W, C], got float64 [2]");
  refuse_spec(replaced(good, "[2]", "[2, 2]"),
              "spec(): 'state': want float32 [D] or uint8 [H, W, C], got float32 [2,2]");
  refuse_spec(replaced(good, "[2]", "[0]"), "spec(): 'state': want float32 [D] or uint8 [H, W, C], got float32 [0]");
  refuse_spec(replaced(good, R"("action": {"dim": 1}, )", ""), "spec() does not say action, want {\"dim\": ...}");
  refuse_spec(replaced(good, R"("action": {"dim": 1})", R"("action": {"dim": 1.5})"),
              "spec(): action.dim: want an integer of at least 1, got 1.5");
  refuse_spec(replaced(good, R"("noise": {"dim": 1})", R"("noise": {"dim": -1})"),
              "spec(): noise.dim: want an integer of at least 0, got -1");
  refuse_spec(replaced(good, "}], \"action\"", R"(}, {"name": "state", "dtype": "float32", "shape": [1]}], "action")"),
              "spec(): two entries are called 'state'");
}

TEST(TorchScriptPolicy, RefusesWhatItsMethodsGive) {
  const auto changed = [](std::string ScriptParts::*method, const std::string& what, const std::string& with) {
    ScriptParts parts;
    parts.*method = replaced(parts.*method, what, with);
    return parts;
  };
  refuse(changed(&ScriptParts::initial_state, "[B, 0]", "[B]"), "its initial_state(1) is float [1], want float [1, S]");
  refuse(changed(&ScriptParts::initial_state, "[B, 0]", "[1, B]"), "its initial_state(3) is float [1, 3], want float");
  refuse(changed(&ScriptParts::spec, R"("action": {"dim": 1})", R"("action": {"dim": 2})"),
         "its act() gives an action of float [3, 1], want float [3, 2]");
  refuse(changed(&ScriptParts::act, "1), state)", "1), noise)"),
         "its act() gives a state of float [3, 1] after one of");
  refuse(changed(&ScriptParts::act, "0.2 * noise, -1, 1)", "9.0 * noise, -3, 3)"), "its act() gives 3: actions are");
  refuse(changed(&ScriptParts::act, "0.2 * noise", "torch.log(-torch.abs(noise))"),
         "its act() gives an action or a state that is not finite");
  refuse(changed(&ScriptParts::act, "0.2 * noise", "torch.randn([noise.size(0), 1])"),
         "its act() does something else the second time: what it draws must come from noise");
  refuse(changed(&ScriptParts::act, "0.2 * noise", "torch.mean(noise)"),
         "its act() does something else with a row that stands alone: rows must not depend on each other");
  refuse(changed(&ScriptParts::act, "0.2 * noise", "obs[\"other\"]"), "its act() failed: ");
  refuse(changed(&ScriptParts::log_prob_entropy, ", [-1])", ")"),
         "its log_prob_entropy() gives a log-density of float [], want float [3]");
  refuse(changed(&ScriptParts::log_prob_entropy, "0.5 * z * z", "torch.log(-torch.abs(z) - 1)"),
         "its log_prob_entropy() gives what is not finite");
  auto in_place = with_memory();
  in_place.act =
      "def act(self, obs: Dict[str, Tensor], state: Tensor, noise: Tensor) -> Tuple[Tensor, Tensor]:\n"
      "    action = torch.clamp(self.mean(obs, state) + 0.2 * noise, -1, 1)\n"
      "    state.add_(1)\n"
      "    return (action, state)\n";
  refuse(in_place, "its act() changes the state that it is given");
}

// Good for the observation that it was tried on, and NaN for this one: said with its name, before any environment sees it.
TEST(TorchScriptPolicy, SaysSoWhenItGoesWrongLater) {
  ScriptParts parts;
  parts.mean = replaced(parts.mean, "torch.tanh(torch.narrow(obs[\"state\"], 1, 0, 1))",
                        "0.1 * torch.sqrt(torch.narrow(obs[\"state\"], 1, 0, 1) + 2)");
  auto policy = policy_of(parts);
  auto random = draw(0);
  expect_throws<Error>([&] { policy.act(states({-5}), *policy.begin(1), ActMode::kMode, random); },
                       "dir/mine.pt: its act() gives an action or a state that is not finite");
}

}  // namespace
}  // namespace onramp
