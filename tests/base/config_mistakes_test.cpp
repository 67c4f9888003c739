// Each kind of mistake in a config, and the one line that a user gets to read.
#include <random>

#include "config_fixture.h"

namespace onramp::config_test {
namespace {

struct Mistake {
  const char* yaml;
  const char* message;
};

class ConfigMistake : public testing::TestWithParam<Mistake> {};

TEST_P(ConfigMistake, IsNamedWithItsPlace) { EXPECT_EQ(agent_error(GetParam().yaml), GetParam().message); }

const char* const kUnknown =
    "(known: alpha, gamma, mu, critic, temperature, value, sources, weights, limits, data, backend, tau, steps, seed)";

INSTANTIATE_TEST_SUITE_P(
    Keys, ConfigMistake,
    testing::ValuesIn(std::vector<Mistake>{
        {"mu: policy\ncritic:\n  hiden: [1]\n",
         "a.yaml:3:3: critic.hiden: unknown key; did you mean 'hidden'? (known: hidden, layer_norm)"},
        {"critic: {layer-norm: true}",
         "a.yaml:1:10: critic.layer-norm: unknown key; did you mean 'layer_norm'? (known: hidden, layer_norm)"},
        {"sources:\n  - name: a\n  - nmae: b\n",
         "a.yaml:3:5: sources[1].nmae: unknown key; did you mean 'name'? (known: name, share)"},
        {"critic: {zzz: 1}", "a.yaml:1:10: critic.zzz: unknown key (known: hidden, layer_norm)"},
        {"alpha: 1\ncritic:\n  layer_norm: true\n  layer_norm: false\n",
         "a.yaml:4:3: critic.layer_norm: given twice; first at a.yaml:3:3"},
        {"alpha: 1\nmu: policy\nalpha: 2\n", "a.yaml:3:1: alpha: given twice; first at a.yaml:1:1"},
        {"[1, 2]: 3", "a.yaml:1:1: want a word as key, got a list"},
        {"<<: {alpha: 1}", "a.yaml:1:1: '<<' is not supported; inherit from a file with 'base: other.yaml'"},
        {"limits: [1, -1]", "a.yaml:1:1: limits: want the lower one first"},
    }));

INSTANTIATE_TEST_SUITE_P(
    Types, ConfigMistake,
    testing::ValuesIn(std::vector<Mistake>{
        {"alpha: high", "a.yaml:1:8: alpha: want a number, got 'high'"},
        {"alpha: 1.0.0", "a.yaml:1:8: alpha: want a number, got '1.0.0'"},
        {"alpha: '1'", "a.yaml:1:8: alpha: want a number, got the text '1'"},
        {"alpha: [1]", "a.yaml:1:1: alpha: want a number, got a list"},
        {"alpha:", "a.yaml:1:1: alpha: want a number, got nothing"},
        {"alpha: {a: 1}", "a.yaml:1:1: alpha: want a number, got keys and values"},
        {"steps: 1.5", "a.yaml:1:8: steps: want an integer, got '1.5'"},
        {"steps: many", "a.yaml:1:8: steps: want an integer, got 'many'"},
        {"critic: {layer_norm: yes}", "a.yaml:1:22: critic.layer_norm: want true or false, got 'yes'"},
        {"critic: 256", "a.yaml:1:9: critic: want keys and values, got '256'"},
        {"critic: {hidden: 256}", "a.yaml:1:18: critic.hidden: want a list (of integer), got '256'"},
        {"critic: {hidden: [256, wide]}", "a.yaml:1:24: critic.hidden[1]: want an integer, got 'wide'"},
        {"limits: [1, 2, 3]", "a.yaml:1:1: limits: want a list of 2 numbers, got one of 3"},
        {"limits: 3", "a.yaml:1:9: limits: want a list of 2 numbers, got '3'"},
        {"temperature: none", "a.yaml:1:14: temperature: got 'none', which is a word; write null where there is none"},
        {"value: none", "a.yaml:1:8: value: got 'none', which is a word; write null where there is none"},
        {"mu: polcy", "a.yaml:1:5: mu: want one of uniform, policy, got 'polcy'; did you mean 'policy'?"},
        {"backend: gpu", "a.yaml:1:10: backend: want one of auto, cpu, cuda, got 'gpu'; did you mean 'cpu'?"},
        {"backend: [cpu]", "a.yaml:1:1: backend: want text, got a list"},
        {"weights: [1]", "a.yaml:1:1: weights: want keys and values, got a list"},
        {"data: [a]", "a.yaml:1:1: data: want a path, got a list"},
        {"value: 3", "a.yaml:1:8: value: want keys and values, got '3'"},
        {"alpha: !!float 1", "a.yaml:1:8: alpha: the tag 'tag:yaml.org,2002:float' means nothing here; leave it out"},
    }));

INSTANTIATE_TEST_SUITE_P(
    Ranges, ConfigMistake,
    testing::ValuesIn(std::vector<Mistake>{
        {"alpha: -1", "a.yaml:1:8: alpha: want >= 0, got -1"},
        {"gamma: 1.0", "a.yaml:1:8: gamma: want in [0, 1), got 1.0"},
        {"tau: 2", "a.yaml:1:6: tau: want in [0, 1], got 2"},
        {"temperature: 0", "a.yaml:1:14: temperature: want > 0, got 0"},
        {"critic: {hidden: [8, 0]}", "a.yaml:1:22: critic.hidden[1]: want >= 1, got 0"},
        {"weights: {td: 1, reg: -0.5}", "a.yaml:1:23: weights.reg: want >= 0, got -0.5"},
        {"sources: [{name: ''}]", "a.yaml:1:18: sources[0].name: want text, got an empty one"},
        {"alpha: .nan", "a.yaml:1:8: alpha: want a finite number, got '.nan'"},
        {"alpha: -.inf", "a.yaml:1:8: alpha: want a finite number, got '-.inf'"},
        {"alpha: infinity", "a.yaml:1:8: alpha: want a number, got 'infinity'"},
        {"alpha: 1e999", "a.yaml:1:8: alpha: want a number that a double holds, got '1e999'"},
        {"tau: 1e39", "a.yaml:1:6: tau: want in [0, 1], got 1e39"},
        {"steps: 3000000000", "a.yaml:1:8: steps: want an integer from -2147483648 to 2147483647, got 3000000000"},
        {"steps: 1e300", "a.yaml:1:8: steps: want an integer from -2147483648 to 2147483647, got 1e300"},
        {"seed: -1", "a.yaml:1:7: seed: want an integer from 0 to 18446744073709551615, got -1"},
        {"seed: 18446744073709551616",
         "a.yaml:1:7: seed: want an integer from 0 to 18446744073709551615, got 18446744073709551616"},
    }));

INSTANTIATE_TEST_SUITE_P(
    Yaml, ConfigMistake,
    testing::ValuesIn(std::vector<Mistake>{
        {"", "a.yaml: is empty; want keys and values"},
        {"# nothing but a comment\n", "a.yaml: is empty; want keys and values"},
        {"- 1\n- 2\n", "a.yaml:1:1: want keys and values, got a list"},
        {"just words", "a.yaml:1:1: want keys and values, got 'just words'"},
        {"alpha: [1, 2\nmu: policy\n", "a.yaml:2:3: not valid YAML: end of sequence flow not found"},
        {"alpha: 1\n  mu: policy\n", "a.yaml:2:5: not valid YAML: illegal map value"},
        {"mu: policy\ncritic:\n\thidden: [1]\n", "a.yaml:3:1: a tab in the indentation; YAML wants spaces"},
        {"critic:\n  hidden: [1]\n \tlayer_norm: true\n", "a.yaml:3:2: a tab in the indentation; YAML wants spaces"},
        {"# \tfine\n\nalpha: [1, 2\n", "a.yaml:4:1: not valid YAML: end of sequence flow not found"},
        {"alpha: 1\n---\nalpha: 2\n", "a.yaml: holds more than one YAML document ('---'); want one"},
        {"alpha: *other", "a.yaml:1:8: not valid YAML: the referenced anchor is not defined"},
        {"critic: &c {hidden: *c}", "a.yaml:1:21: critic.hidden: an alias (*) that stands inside what it repeats"},
    }));

TEST(ConfigMistakes, AnUnknownKeyListsTheKnownOnes) {
  EXPECT_EQ(agent_error("alfa: 1"), std::string("a.yaml:1:1: alfa: unknown key; did you mean 'alpha'? ") + kUnknown);
}

TEST(ConfigMistakes, AreSaidInOneLineWhateverAKeyHolds) {
  const auto message = agent_error("\"al\\nfa\\e[2J\": 1\n");
  EXPECT_NE(message.find("al?fa?[2J: unknown key"), std::string::npos) << message;
  for (const char c : message) EXPECT_GE(static_cast<unsigned char>(c), 0x20) << message;
}

TEST(ConfigMistakes, BinaryDataIsNotYaml) {
  EXPECT_EQ(message_of([] { parse_config_text(std::string("\x89HDF\0\0", 6), "a.yaml"); }),
            "a.yaml: not YAML: holds binary data");
}

TEST(ConfigMistakes, AMissingKeyIsNamedAtTheMapThatLacksIt) {
  EXPECT_EQ(message_of([] { read_config<RunConfig>(parse_config_text("agent: {alpha: 1}", "a.yaml")); }),
            "a.yaml:1:1: path: required, but not given");
  EXPECT_EQ(message_of([] { read_config<Outer>(parse_config_text("{}", "a.yaml")); }),
            "a.yaml:1:1: run.path: required, but not given");
}

TEST(ConfigMistakes, AConfigFilledInByAProgramIsCheckedToo) {
  Agent agent;
  agent.alpha = -2;
  EXPECT_EQ(message_of([&] { check_config(agent); }), "alpha: want >= 0, got -2.0");
  agent.alpha = 2;
  EXPECT_NO_THROW(check_config(agent));
}

TEST(ConfigMistakes, AliasesThatStandForBillionsOfValuesAreRefused) {
  std::string text = "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n";
  for (int i = 1; i < 12; ++i) {
    text += concat("a", i, ": &a", i, " [");
    for (int k = 0; k < 10; ++k) text += concat(k > 0 ? ", *a" : "*a", i - 1);
    text += "]\n";
  }
  EXPECT_THAT(message_of([&] { parse_config_text(text, "a.yaml"); }),
              testing::HasSubstr("aliases (*) make this more than 100000 values"));
}

// A YAML reader takes 1024 characters before a colon and 500 levels: what was accepted must be readable when written.
TEST(ConfigMistakes, AKeyAndADepthThatCouldNotBeReadAgainAreRefused) {
  const auto parse = [](const std::string& text) { return parse_config_text(text, "a.yaml"); };
  const auto set = [](const std::string& text) { return apply_overrides(ConfigNode::map({}), {text}); };
  const auto lists = [](int levels) { return std::string(levels, '[') + "1" + std::string(levels, ']'); };
  const auto path = [](int keys) {
    std::string text = "a";
    for (int i = 1; i < keys; ++i) text += ".a";
    return text;
  };
  const std::string longest(200, '\x01');
  for (const auto& node :
       {set(longest + "=1"), set(path(200) + "=1"), set(path(10) + "=" + lists(190)), parse("k: " + lists(199)),
        parse("k: [&a " + lists(100) + "]\nl: " + std::string(99, '[') + "*a" + std::string(99, ']'))}) {
    EXPECT_EQ(config_difference(node, parse(to_yaml(node))), std::nullopt);
  }

  EXPECT_EQ(message_of([&] { parse(std::string(201, 'k') + ": 1"); }),
            "a.yaml:1:1: a key of 201 characters; want at most 200");
  EXPECT_EQ(message_of([&] { set(std::string(201, 'k') + "=1"); }), "--set: a key of 201 characters; want at most 200");
  EXPECT_THAT(message_of([&] { parse("k: " + lists(200)); }), testing::EndsWith(": more than 200 levels deep"));
  EXPECT_THAT(message_of([&] {
                parse("k: &a " + lists(100) + "\nl: " + std::string(100, '[') + "*a" + std::string(100, ']'));
              }),
              testing::EndsWith(": more than 200 levels deep"));
  EXPECT_EQ(message_of([&] { set(path(201) + "=1"); }), "--set: more than 200 levels deep");
  EXPECT_EQ(message_of([&] { set(path(10) + "=" + lists(191)); }), "--set: more than 200 levels deep");
}

// Whatever bytes come, the answer is a config or a ConfigError; run with a sanitizer this is a small fuzzer.
TEST(ConfigMistakes, DamagedTextNeverDoesAnythingElse) {
  const std::string sound =
      "alpha: 1.5\nmu: policy\ncritic: {hidden: [64, 64], layer_norm: true}\nsources:\n  - {name: a, share: 0.5}\n"
      "weights: &w {td: 1}\ndata: \"x y\"\nlimits: [-1, 1]\n";
  ASSERT_NO_THROW(read_agent(sound));
  std::mt19937 random(7);
  int refused = 0;
  for (int i = 0; i < 3000; ++i) {
    auto text = sound;
    for (int k = 0; k < 3; ++k) {
      const auto at = random() % text.size();
      switch (random() % 3) {
        case 0:
          text[at] = static_cast<char>(random() % 256);
          break;
        case 1:
          text.erase(at, 1 + random() % 5);
          break;
        default:
          text.insert(at, 1, ":[]{}&*!|>'\"\n\t -#%"[random() % 18]);
          break;
      }
    }
    try {
      const auto agent = read_agent(text);
      EXPECT_NO_THROW(read_agent(to_yaml(dump_config(agent)))) << text;
    } catch (const ConfigError& error) {
      ++refused;
      EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << error.what();
    }
  }
  EXPECT_GT(refused, 1000);
}

}  // namespace
}  // namespace onramp::config_test
