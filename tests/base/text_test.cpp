#include "onramp/base/text.h"

#include <gtest/gtest.h>

#include <limits>

namespace onramp {
namespace {

TEST(EditDistance, CountsSlipsOfTheFingers) {
  EXPECT_EQ(edit_distance("alpha", "alpha"), 0);
  EXPECT_EQ(edit_distance("alpha", "alfa"), 2);
  EXPECT_EQ(edit_distance("gamma", "gmama"), 1) << "a swap is one slip";
  EXPECT_EQ(edit_distance("", "abc"), 3);
  EXPECT_EQ(edit_distance("Layer-Norm", "layer_norm"), 0);
}

TEST(NearestWord, SuggestsWhatWasMeantAndNothingElse) {
  const std::vector<std::string> words{"alpha", "gamma", "hidden", "learning_rate", "lr", "mu"};
  EXPECT_EQ(nearest_word("alfa", words), "alpha");
  EXPECT_EQ(nearest_word("hidden_sizes", words), "hidden");
  EXPECT_EQ(nearest_word("learning_rat", words), "learning_rate");
  EXPECT_EQ(nearest_word("m", words), "mu");
  EXPECT_EQ(nearest_word("ab", words), std::nullopt);
  EXPECT_EQ(nearest_word("optimizer", words), std::nullopt);
  EXPECT_EQ(did_you_mean("gama", words), "; did you mean 'gamma'?");
}

TEST(Words, GoWithTheirNouns) {
  EXPECT_EQ(with_article("environment"), "an environment");
  EXPECT_EQ(with_article("policy"), "a policy");
  EXPECT_EQ(counted(1, "episode"), "1 episode");
  EXPECT_EQ(counted(0, "episode"), "0 episodes");
  EXPECT_EQ(counted(21, "held-out seed"), "21 held-out seeds");
}

TEST(Format, Durations) {
  EXPECT_EQ(format_duration(0.35), "350 ms");
  EXPECT_EQ(format_duration(4.25), "4.2 s");
  EXPECT_EQ(format_duration(12.3), "12 s");
  EXPECT_EQ(format_duration(59.7), "1 min 00 s");
  EXPECT_EQ(format_duration(185), "3 min 05 s");
  EXPECT_EQ(format_duration(7625), "2 h 07 min");
  EXPECT_EQ(format_duration(273600), "3 d 04 h");
  EXPECT_EQ(format_duration(-12), "-12 s");
  EXPECT_EQ(format_duration(std::numeric_limits<double>::infinity()), "?");
}

TEST(Format, BytesAndNumbers) {
  EXPECT_EQ(format_bytes(512), "512 B");
  EXPECT_EQ(format_bytes(1.5e6), "1.5 MB");
  EXPECT_EQ(format_bytes(999'999), "1.0 MB");
  EXPECT_EQ(format_number(1.0), "1.0");
  EXPECT_EQ(format_number(0.1), "0.1");
  EXPECT_EQ(format_number(1e-5), "1e-05");
  EXPECT_EQ(format_number(0.005f), "0.005");
  EXPECT_EQ(join(std::vector<std::string>{"a", "b"}), "a, b");
  EXPECT_EQ(join(std::vector<std::string>{}), "");
}

}  // namespace
}  // namespace onramp
