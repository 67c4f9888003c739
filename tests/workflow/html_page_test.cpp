#include "onramp/workflow/html_page.h"

#include <gtest/gtest.h>

#include "onramp/base/atomic_file.h"
#include "support/temporary_folder.h"

namespace onramp {
namespace {

TEST(Base64, MatchesTheVectorsOfRfc4648) {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, coded] : vectors) EXPECT_EQ(base64(plain), coded);
  EXPECT_EQ(base64(std::string_view("\xff\x00\xfe", 3)), "/wD+");
}

TEST(HtmlPage, EscapesWhatItIsGiven) {
  HtmlPage page("a < b & \"c\"", "<script>");
  page.section("<b>");
  page.paragraph("1 < 2");
  page.missing("'quoted'");
  page.note("<em>");
  page.table({{"<i>"}}, {{"<u>"}});
  const auto html = page.html();
  EXPECT_NE(html.find("<title>a &lt; b &amp; &quot;c&quot;</title>"), std::string::npos);
  for (const char* raw : {"<script>", "<b>", "<i>", "<u>", "<em>", "1 < 2", "'quoted'"}) {
    EXPECT_EQ(html.find(raw), std::string::npos) << raw;
  }
  EXPECT_NE(html.find("<a href=\"#s1\">&lt;b&gt;</a>"), std::string::npos) << "each section is linked at the top";
}

TEST(HtmlPage, InlinesPicturesForBothThemes) {
  const test::TemporaryFolder folder;
  write_file_atomic(folder / "a.png", std::string_view("foo"));
  write_file_atomic(folder / "a.dark.png", std::string_view("foobar"));
  HtmlPage page("t", "l");
  page.picture(folder / "a.png", folder / "a.dark.png", "title", "caption");
  const auto html = page.html();
  EXPECT_NE(html.find("src=\"data:image/png;base64,Zm9v\""), std::string::npos);
  EXPECT_NE(html.find("media=\"(prefers-color-scheme: dark)\" srcset=\"data:image/png;base64,Zm9vYmFy\""),
            std::string::npos);
}

TEST(HtmlPage, LinksLargeVideosByARelativePath) {
  const test::TemporaryFolder folder;
  std::filesystem::create_directories(folder / "my videos");
  std::filesystem::create_directories(folder / "report");
  write_file_atomic(folder / "my videos" / "a.mp4", std::string_view("foobar"));
  HtmlPage page("t", "l");
  page.video(folder / "my videos" / "a.mp4", folder / "report", 6, "small");
  page.video(folder / "my videos" / "a.mp4", folder / "report", 5, "large");
  const auto html = page.html();
  EXPECT_NE(html.find("src=\"data:video/mp4;base64,Zm9vYmFy\""), std::string::npos);
  EXPECT_NE(html.find("src=\"../my%20videos/a.mp4\""), std::string::npos) << html;
}

}  // namespace
}  // namespace onramp
