// Files, `base:` inheritance and --set.
#include "config_fixture.h"

namespace onramp::config_test {
namespace {

class ConfigFile : public Folder {
 protected:
  Agent load(const std::filesystem::path& file, const std::vector<std::string>& overrides = {}) const {
    return read_config<Agent>(load_config(file, overrides));
  }
  std::string load_error(const std::string& file, const std::vector<std::string>& overrides = {}) const {
    return error([&] { load(folder_ / file, overrides); });
  }
};

TEST_F(ConfigFile, ThatCannotBeReadIsOneClearLine) {
  write("quickstart.yaml", "alpha: 1\n");
  write("empty.yaml", "");
  write("picture.yaml", std::string("\x89PNG\r\n\x1a\n\0\0", 10));
  EXPECT_EQ(load_error("quikstart.yaml"), "quikstart.yaml: no such file; did you mean 'quickstart.yaml'?");
  EXPECT_EQ(load_error("."), ".: is a folder; want a YAML file");
  EXPECT_EQ(load_error("empty.yaml"), "empty.yaml: is empty; want keys and values");
  EXPECT_EQ(load_error("picture.yaml"), "picture.yaml: not YAML: holds binary data");
  if (::geteuid() != 0) {
    std::filesystem::permissions(folder_ / "quickstart.yaml", std::filesystem::perms::none);
    EXPECT_EQ(load_error("quickstart.yaml"), "quickstart.yaml: cannot be read: Permission denied");
  }
}

TEST_F(ConfigFile, InheritsThroughAChainOfFiles) {
  write("a.yaml", "alpha: 3\ngamma: 0.5\ndata: a.hdf5\ncritic: {hidden: [8, 8], layer_norm: true}\n");
  write("sub/b.yaml", "base: ../a.yaml\ngamma: 0.6\ncritic: {hidden: [4]}\n");
  write("c.yaml", "steps: 7\nbase: sub/b.yaml\n");
  const auto agent = load(folder_ / "c.yaml");
  EXPECT_EQ(agent.alpha, 3.0);
  EXPECT_EQ(agent.gamma, 0.6);
  EXPECT_EQ(agent.steps, 7);
  EXPECT_THAT(agent.critic.hidden, testing::ElementsAre(4)) << "lists replace";
  EXPECT_TRUE(agent.critic.layer_norm) << "maps merge";
  EXPECT_EQ(agent.data, folder_ / "a.hdf5") << "relative to the file that names it";
}

TEST_F(ConfigFile, OfSeveralBasesLaterOnesWin) {
  write("a.yaml", "alpha: 1\ngamma: 0.1\n");
  write("b.yaml", "alpha: 2\n");
  write("c.yaml", "base: [a.yaml, b.yaml]\n");
  const auto agent = load(folder_ / "c.yaml");
  EXPECT_EQ(agent.alpha, 2.0);
  EXPECT_EQ(agent.gamma, 0.1);
}

TEST_F(ConfigFile, AMistakeInABaseIsNamedThere) {
  write("a.yaml", "gamma: 0.5\nalpha: -1\n");
  write("b.yaml", "base: a.yaml\ngamma: 0.4\n");
  write("c.yaml", "base: b.yaml\nalpha: low\n");
  EXPECT_EQ(load_error("b.yaml"), "a.yaml:2:8: alpha: want >= 0, got -1");
  EXPECT_EQ(load_error("c.yaml"), "c.yaml:2:8: alpha: want a number, got 'low'");
}

TEST_F(ConfigFile, WrongBasesAreRefused) {
  write("self.yaml", "base: self.yaml\n");
  write("a.yaml", "base: sub/b.yaml\n");
  write("sub/b.yaml", "base: ../c.yaml\n");
  write("c.yaml", "base: a.yaml\n");
  write("missing.yaml", "alpha: 1\nbase: selff.yaml\n");
  write("folder.yaml", "base: sub\n");
  write("list.yaml", "base: {a: b}\n");
  EXPECT_EQ(load_error("self.yaml"), "self.yaml:1:7: base: inherits from itself: self.yaml -> self.yaml");
  EXPECT_EQ(load_error("a.yaml"), "c.yaml:1:7: base: inherits from itself: a.yaml -> b.yaml -> c.yaml -> a.yaml");
  EXPECT_EQ(load_error("missing.yaml"), "missing.yaml:2:7: base: selff.yaml: no such file; did you mean 'self.yaml'?");
  EXPECT_EQ(load_error("folder.yaml"), "folder.yaml:1:7: base: sub: is a folder; want a YAML file");
  EXPECT_EQ(load_error("list.yaml"), "list.yaml:1:1: base: want the name of a YAML file, got keys and values");
}

TEST_F(ConfigFile, SetKnowsTheWordsForNothingThatAFileKnows) {
  const auto file = write("a.yaml", "temperature: 3\n");
  for (const auto* word : {"null", "Null", "NULL", "~"}) {
    const auto node = load_config(file, {concat("temperature=", word)});
    EXPECT_TRUE(node.at("temperature").is_null()) << word;
    EXPECT_EQ(config_difference(node, parse_config_text(to_yaml(node), "again.yaml", "/")), std::nullopt) << word;
  }
}

TEST_F(ConfigFile, SetOverridesValues) {
  const auto file =
      write("a.yaml", "alpha: 3\ncritic: {hidden: [8, 8]}\nsources: [{name: a}, {name: b, share: 0.5}]\n");
  const auto agent = load(file, {"alpha=0.5", "critic.hidden=[1, 2, 3]", "critic.layer_norm=true",
                                 "sources.1.share=0.25", "sources[0].name=x: y #1", "weights={td: 2}", "weights.reg=1",
                                 "data=some/file.hdf5", "temperature=null", "mu=policy", "steps=1", "steps=2"});
  EXPECT_EQ(agent.alpha, 0.5);
  EXPECT_THAT(agent.critic.hidden, testing::ElementsAre(1, 2, 3));
  EXPECT_TRUE(agent.critic.layer_norm);
  EXPECT_EQ(agent.sources[1].share, 0.25);
  EXPECT_EQ(agent.sources[1].name, "b");
  EXPECT_EQ(agent.sources[0].name, "x: y #1") << "taken as it stands";
  EXPECT_EQ(agent.weights.at("td"), 2.0);
  EXPECT_EQ(agent.weights.at("reg"), 1.0);
  EXPECT_EQ(agent.data, std::filesystem::current_path() / "some/file.hdf5") << "relative to where the program runs";
  EXPECT_EQ(agent.mu, Mu::kPolicy);
  EXPECT_EQ(agent.steps, 2) << "the last one counts";
}

TEST_F(ConfigFile, AMistakeInSetIsNamedAsSuch) {
  write("a.yaml", "alpha: 3\nsources: [{name: a}]\n");
  const auto set_error = [&](const std::string& text) { return load_error("a.yaml", {text}); };
  EXPECT_EQ(set_error("critic.hiden=[1]"),
            "--set critic.hiden=[1]: critic.hiden: unknown key; did you mean 'hidden'? (known: hidden, layer_norm)");
  EXPECT_EQ(set_error("critc.hidden=[1]").substr(0, 68),
            "--set critc.hidden=[1]: critc: unknown key; did you mean 'critic'? (");
  EXPECT_EQ(set_error("alpha.x=1"), "--set alpha.x=1: alpha: want a number, got keys and values");
  EXPECT_EQ(set_error("alpha=-1"), "--set alpha=-1: alpha: want >= 0, got -1");
  EXPECT_EQ(set_error("alpha="), "--set alpha=: alpha: want a number, got ''");
  EXPECT_EQ(set_error("alpha"), "--set alpha: want --set key.key=value");
  EXPECT_EQ(set_error("=1"), "--set =1: want --set key.key=value");
  EXPECT_EQ(set_error("a..b=1"), "--set a..b=1: want --set key.key=value");
  EXPECT_EQ(error([] { apply_overrides(ConfigNode::map({}), {"alpha"}, "--policy-set"); }),
            "--policy-set alpha: want --policy-set key.key=value");
  EXPECT_EQ(set_error("critic.hidden=[1,"), "--set critic.hidden=[1,: not valid YAML: end of sequence flow not found");
  EXPECT_EQ(set_error("sources.1.name=x"),
            "--set sources.1.name=x: sources: a list of 1; want an index from 0 to 0 or a name (a), got '1'");
  EXPECT_EQ(set_error("sources.name=x"),
            "--set sources.name=x: sources: a list of 1; want an index from 0 to 0 or a name (a), got 'name'");
  EXPECT_EQ(set_error("base=b.yaml"), "--set base=b.yaml: 'base' can only be said in a file");
}

// A shell does so only where the ~ begins a word.
TEST_F(ConfigFile, ATildeStandsForTheHomeFolder) {
  const auto file = write("a.yaml", "data: ~/sets/x.hdf5\n");
  const std::string home = std::getenv("HOME") ? std::getenv("HOME") : "";
  ::setenv("HOME", "/home/ada", 1);
  EXPECT_EQ(load(file).data, "/home/ada/sets/x.hdf5");
  EXPECT_EQ(load(file, {"data=~/y"}).data, "/home/ada/y");
  EXPECT_EQ(load(file, {"data=~backup"}).data, std::filesystem::current_path() / "~backup");
  ::unsetenv("HOME");
  EXPECT_THAT(load_error("a.yaml"),
              testing::HasSubstr("a.yaml:1:7: data: '~' stands for the home folder, and HOME is"));
  if (!home.empty()) ::setenv("HOME", home.c_str(), 1);
}

TEST_F(ConfigFile, ChangesElementsOfAListByNameOrIndex) {
  write("a.yaml",
        "phases: [{name: first, count: 1}, {name: second, count: 2}, {type: last, count: 3}]\nhidden: [4, 5]\n");
  const auto child = write("b.yaml", "base: a.yaml\nphases: {second: {count: 20}, 2: {count: 30}, first: {m: 10}}\n");
  EXPECT_EQ(to_yaml(load_config(child).at("phases")),
            "- name: first\n  count: 1\n  m: 10\n- name: second\n  count: 20\n- type: last\n  count: 30\n");
  EXPECT_EQ(to_yaml(load_config(folder_ / "a.yaml", {"phases.second.count=7", "hidden.1=6"})),
            "phases:\n  - name: first\n    count: 1\n  - name: second\n    count: 7\n  - type: last\n    count: "
            "3\nhidden: [4, 6]\n");
}

TEST_F(ConfigFile, NullTakesAnElementOfAListAway) {
  write("a.yaml", "phases: [{name: first, count: 1}, {name: second, count: 2}, {name: third, count: 3}]\n");
  const auto child = write("b.yaml", "base: a.yaml\nphases: {first: null, third: {count: 4}}\n");
  EXPECT_EQ(to_yaml(load_config(child).at("phases")), "- name: second\n  count: 2\n- name: third\n  count: 4\n");
  EXPECT_EQ(to_yaml(load_config(folder_ / "a.yaml", {"phases.second=null", "phases.2.count=9"}).at("phases")),
            "- name: first\n  count: 1\n- name: third\n  count: 9\n");
}

TEST_F(ConfigFile, AKeyThatMeansNoElementOfAListIsNamed) {
  write("a.yaml", "sources: [{name: first}, {name: second}]\nweights: {}\n");
  write("b.yaml", "base: a.yaml\nsources: {secnd: {share: 0.5}}\n");
  EXPECT_EQ(
      load_error("b.yaml"),
      "b.yaml:2:11: sources: a list of 2; want an index from 0 to 1 or a name (first, second), got 'secnd'; did you "
      "mean 'second'?");
}

TEST_F(ConfigFile, AnotherTypeDropsTheKeysOfTheOldOne) {
  write("a.yaml", "agent: {type: crr, beta: 1}\nseed: 1\n");
  const auto child = write("b.yaml", "base: a.yaml\nagent: {type: bc, steps: 5}\n");
  EXPECT_EQ(to_yaml(load_config(child)), "agent:\n  type: bc\n  steps: 5\nseed: 1\n");
  EXPECT_EQ(to_yaml(load_config(folder_ / "a.yaml", {"agent.x=1", "agent.type=bc"})),
            "agent:\n  x: 1\n  type: bc\nseed: 1\n");
  EXPECT_EQ(to_yaml(load_config(folder_ / "a.yaml", {"agent.type=crr"})), "agent:\n  type: crr\n  beta: 1\nseed: 1\n");
}

TEST_F(ConfigFile, TheResolvedDumpRunsFromItsOwnPlace) {
  const auto file = write("configs/a.yaml", "data: ../sets/x.hdf5\nalpha: 0.3\n");
  const auto agent = load(file, {"steps=9"});
  const auto dump = write("runs/1/config.yaml", to_yaml(dump_config(agent)));
  EXPECT_EQ(to_yaml(dump_config(load(dump))), to_yaml(dump_config(agent)));
  EXPECT_EQ(load(dump).data, folder_ / "sets/x.hdf5");
}

}  // namespace
}  // namespace onramp::config_test
