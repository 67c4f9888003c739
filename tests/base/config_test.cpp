// What reads, how it is written back, and what the help says.
#include <cmath>
#include <limits>

#include "config_fixture.h"

namespace onramp::config_test {
namespace {

using testing::ElementsAre;

TEST(Config, EveryTypeOfFieldIsRead) {
  const auto agent = read_agent(
      "alpha: 2\ngamma: 9.5e-1\nmu: policy\ncritic:\n  hidden: [64, 32]\n  layer_norm: true\ntemperature: 0.5\n"
      "value: {hidden: [8]}\nsources:\n- {name: demos, share: 0.25}\n- name: online\nweights: {td: 1, reg: "
      ".5}\nlimits: [-2, 2]\n"
      "data: sets/door.hdf5\nbackend: cuda\ntau: 0.01\nsteps: 1e6\nseed: 18446744073709551615\n");
  EXPECT_EQ(agent.alpha, 2.0);
  EXPECT_EQ(agent.gamma, 0.95);
  EXPECT_EQ(agent.mu, Mu::kPolicy);
  EXPECT_THAT(agent.critic.hidden, ElementsAre(64, 32));
  EXPECT_TRUE(agent.critic.layer_norm);
  EXPECT_EQ(agent.temperature, 0.5);
  EXPECT_THAT(agent.value.value().hidden, ElementsAre(8));
  ASSERT_EQ(agent.sources.size(), 2u);
  EXPECT_EQ(agent.sources[0].share, 0.25);
  EXPECT_EQ(agent.sources[1].name, "online");
  EXPECT_EQ(agent.weights.at("reg"), 0.5);
  EXPECT_EQ(agent.limits[0], -2.0);
  EXPECT_EQ(agent.data, "/configs/sets/door.hdf5");
  EXPECT_EQ(agent.backend, "cuda");
  EXPECT_EQ(agent.tau, 0.01f);
  EXPECT_EQ(agent.steps, 1000000);
  EXPECT_EQ(agent.seed, std::numeric_limits<std::uint64_t>::max());
}

TEST(Config, KeysThatAreNotGivenKeepTheirDefaults) {
  const auto agent = read_agent("critic:\n");
  EXPECT_THAT(agent.critic.hidden, ElementsAre(256, 256));
  EXPECT_EQ(agent.alpha, 1.0);
  EXPECT_FALSE(agent.temperature.has_value());
}

TEST(Config, NullTakesAnOptionalAway) {
  Agent agent;
  agent.temperature = 1.0;
  read_config_into(parse_config_text("temperature: null", "a.yaml"), agent);
  EXPECT_FALSE(agent.temperature.has_value());
}

TEST(Config, IntegersNeverLoseDigits) {
  EXPECT_EQ(read_agent("seed: 9007199254740993").seed, 9007199254740993u);  // 2^53 + 1, which no double holds
  EXPECT_EQ(read_agent("steps: 3.0").steps, 3);
  EXPECT_EQ(read_agent("steps: +7").steps, 7);
  EXPECT_THAT(agent_error("seed: 1e17"), testing::HasSubstr("want an integer"));  // past 2^53 in floating point
}

TEST(Config, InfinityReadsWhereItIsAllowed) {
  const auto bounds = read_config<Bounds>(parse_config_text("high: [.inf, -.inf, 2]", "a.yaml"));
  EXPECT_THAT(bounds.high, ElementsAre(HUGE_VAL, -HUGE_VAL, 2.0));
  EXPECT_EQ(to_yaml(dump_config(bounds)), "high: [.inf, -.inf, 2.0]\n");
}

const char* const kDump =
    "alpha: 0.1\ngamma: 0.99\nmu: uniform\ncritic:\n  hidden: [256, 256]\n  layer_norm: false\ntemperature: "
    "null\nvalue: null\n"
    "sources:\n  - name: a b\n    share: 0.5\n  - name: \"yes\"\n    share: 1.0\nweights: {}\nlimits: [-1.0, "
    "1.0]\ndata: \"\"\nbackend: auto\n"
    "tau: 0.005\nsteps: 1000\nseed: 0\n";

TEST(Config, TheResolvedDumpHoldsEverythingAndReadsBack) {
  Agent agent;
  agent.alpha = 0.1;
  agent.sources = {{"a b", 0.5}, {"yes", 1.0}};
  const auto text = to_yaml(dump_config(agent));
  EXPECT_EQ(text, kDump);
  EXPECT_EQ(to_yaml(dump_config(read_agent(text))), text);
}

TEST(Config, TheDumpReadsBackFromAnyFolder) {
  const auto agent = read_config<Agent>(parse_config_text("data: ../x.hdf5", "a.yaml", "/runs/7"));
  EXPECT_EQ(agent.data, "/runs/x.hdf5");
  const auto again = read_config<Agent>(parse_config_text(to_yaml(dump_config(agent)), "b.yaml", "/elsewhere"));
  EXPECT_EQ(again.data, agent.data);
}

TEST(Config, AwkwardTextSurvivesTheDump) {
  Texts text;
  text.lines = {"",      " ",     "~",           "null",       "true",      "1",    "-",
                "--- x", "...",   "a: b",        "a #b",       "#",         "[x",   "x, y",
                "'q'",   "\"q\"", "back\\slash", "two\nlines", "tab\there", "\x01", "\xc3\xa9t\xc3\xa9",
                "*x",    "&x",    "!x",          "%x",         "@x",        "`x",   "|",
                ">",     "?",     "=",           "1e5",        "0x1",       "-.5",  ".5",
                "+1",    "- x"};
  for (const auto& line : text.lines) text.keys[line] = 1.0;
  const auto again = read_config<Texts>(parse_config_text(to_yaml(dump_config(text)), "a.yaml"));
  EXPECT_EQ(again.lines, text.lines);
  EXPECT_EQ(again.keys, text.keys);
}

TEST(Config, DoublesSurviveTheDumpBitForBit) {
  Agent agent;
  for (const double value : {0.1, 1.0 / 3.0, 1e-300, 5e-324, 1.7976931348623157e308, 123456789.123456789}) {
    agent.alpha = value;
    EXPECT_EQ(read_agent(to_yaml(dump_config(agent))).alpha, value);
  }
}

TEST(Config, TheHashDependsOnTheValuesAndNotOnHowTheyWereWritten) {
  const auto hash = [](const std::string& text) { return config_hash(dump_config(read_agent(text))); };
  EXPECT_EQ(hash("alpha: 2\nmu: policy"), hash("# comment\nmu:   'policy'\nalpha: 2.0\ngamma: 0.99"));
  EXPECT_NE(hash("alpha: 2"), hash("alpha: 3"));
  EXPECT_EQ(hash("alpha: 2").size(), 64u);
}

TEST(Config, HelpShowsKeyDefaultTypeRangeAndMeaning) {
  EXPECT_EQ(help_config<RunConfig>(),
            "path:                   # path, required: the file to learn from\n"
            "agent:                  # the learner\n"
            "  alpha: 1.0            # number, >= 0: weight of the penalty\n"
            "  gamma: 0.99           # number, in [0, 1): discount of one step\n"
            "  mu: uniform           # uniform | policy: where penalised actions come from\n"
            "  critic:               # critic network\n"
            "    hidden: [256, 256]  # list of integer, >= 1: units of each hidden layer\n"
            "    layer_norm: false   # true or false: LayerNorm after each hidden layer\n"
            "  temperature: null     # number or null, > 0: of the softmax; null: learnt\n"
            "  value: null           # keys and values or null: value network; null: none\n"
            "    hidden: [256, 256]  # list of integer, >= 1: units of each hidden layer\n"
            "    layer_norm: false   # true or false: LayerNorm after each hidden layer\n"
            "  sources: []           # list of keys and values: of batches\n"
            "    - name: demos       # text, not empty: source of episodes\n"
            "      share: 1.0        # number, in [0, 1]: part of each batch\n"
            "  weights: {}           # names, each with number, >= 0: of the terms\n"
            "  limits: [-1.0, 1.0]   # list of 2 numbers: of an action\n"
            "  data: \"\"              # path: HDF5 file\n"
            "  backend: auto         # text, one of auto, cpu, cuda: where to compute\n"
            "  tau: 0.005            # number, in [0, 1]: share of the online network in the target\n"
            "  steps: 1000           # integer, >= 0: updates\n"
            "  seed: 0               # integer: of all streams\n");
}

TEST(ConfigNode, IsReadByKeyAndIndex) {
  const auto node = parse_config_text("a: [1, {b: x}]", "a.yaml");
  EXPECT_EQ(node.at("a").element(1).at("b").text(), "x");
  EXPECT_EQ(node.at("a").element(1).at("b").path(), "a[1].b");
  EXPECT_EQ(node.at("a").element(1).at("b").origin().str(), "a.yaml:1:12");
  EXPECT_EQ(node.at("a").element(0).as<int>(), 1);
  EXPECT_EQ(node.get("none").is_null(), true);
  EXPECT_EQ(message_of([&] { node.at("aa"); }), "a.yaml:1:1: want a key 'aa'; did you mean 'a'?");
  EXPECT_EQ(message_of([&] { node.at("a").element(2); }), "a.yaml:1:1: a: want a list of more than 2 elements, got 2");
  EXPECT_EQ(message_of([&] { node.at("a").text(); }), "a.yaml:1:1: a: want a single value, got a list");
}

TEST(ConfigNode, SaysWhereTwoConfigsDiffer) {
  const auto difference = [](const std::string& a, const std::string& b) {
    return config_difference(parse_config_text(a, "a.yaml"), parse_config_text(b, "b.yaml"));
  };
  EXPECT_EQ(difference("a: {b: 1, c: [1, 2]}", "a: {b: '1', c: [1, 2]}"), std::nullopt);
  EXPECT_EQ(difference("a: {b: 1, c: [1, 2]}", "a: {b: 1, c: [1, 3]}"), "a.c[1]: '2' against '3'");
  EXPECT_EQ(difference("a: {b: 1}", "a: {b: 1, d: 2}"), "a.d: not there against '2'");
  EXPECT_EQ(difference("a: {b: 1}", "c: 1"), "a: keys and values against not there");
  EXPECT_EQ(difference("a: [1]", "a: [1, 2]"), "a: a list of 1 against a list of 2");
  EXPECT_EQ(config_difference(parse_config_text("a: {b: 1}", "a"), parse_config_text("a: {b: 2}", "b"), "in the folder",
                              "in the config"),
            "a.b: '1' in the folder against '2' in the config");
}

}  // namespace
}  // namespace onramp::config_test
