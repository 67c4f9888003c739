#include "onramp/base/printable.h"

#include <gtest/gtest.h>

namespace onramp {
namespace {

TEST(Printable, KeepsTextInAnyLanguage) {
  EXPECT_EQ(printable("agent/critic 7"), "agent/critic 7");
  EXPECT_EQ(printable("Gr\xc3\xbc\xc3\x9f"
                      "e \xe6\x9c\xba\xe5\x99\xa8 \xf0\x9f\xa4\x96"),
            "Gr\xc3\xbc\xc3\x9f"
            "e \xe6\x9c\xba\xe5\x99\xa8 \xf0\x9f\xa4\x96");
  EXPECT_EQ(printable(""), "");
}

TEST(Printable, LeavesNothingThatMovesTheCursorOrEndsTheLine) {
  EXPECT_EQ(printable("a\nb\r\tc\x1b[2J\x7f"), "a?b??c?[2J?");
  EXPECT_EQ(printable("\xc2\x9b"), "??");       // C1 control
  EXPECT_EQ(printable("\xe2\x80\xa8"), "???");  // line separator
  EXPECT_EQ(printable(std::string("\0x", 2)), "?x");
}

TEST(Printable, ReplacesWhatIsNoUtf8) {
  EXPECT_EQ(printable("\xff\xfe"), "??");
  EXPECT_EQ(printable("a\xc3"), "a?");               // cut short
  EXPECT_EQ(printable("\xc0\xaf"), "??");            // a slash in two bytes
  EXPECT_EQ(printable("\xed\xa0\x80"), "???");       // half of a pair
  EXPECT_EQ(printable("\xf4\x90\x80\x80"), "????");  // beyond the last character
}

TEST(Printable, CutsBetweenCharacters) {
  EXPECT_EQ(printable("abcdef", 3), "abc...");
  EXPECT_EQ(printable("abc", 3), "abc");
  EXPECT_EQ(printable("ab\xc3\xbc", 3), "ab...");
}

}  // namespace
}  // namespace onramp
