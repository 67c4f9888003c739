#include "data/store/array_message.h"

#include <gtest/gtest.h>

#include "onramp/base/error.h"
#include "support/expect_throws.h"

namespace onramp {
namespace {

using test::expect_throws;

/// Numbers as they are sent; text in between is sent as it is.
std::vector<std::byte> message(const std::vector<int64_t>& numbers, const std::string& text = "",
                               const std::vector<int64_t>& more = {}) {
  std::vector<std::byte> out;
  const auto append = [&](auto bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); };
  append(std::as_bytes(std::span(numbers)));
  append(std::as_bytes(std::span(text)));
  append(std::as_bytes(std::span(more)));
  return out;
}

TEST(ArrayMessage, GivesBackWhatWasPacked) {
  const std::map<std::string, HostArray> arrays{{"a", {{2, 1}, {1.5F, -2.0F}, {}, {}}},
                                                {"b", {{3}, {}, {0, 1, 1}, {}}},
                                                {"c", {{2}, {}, {}, {"", "two\nlines"}}}};
  const auto got = unpack_arrays("f.h5", pack_arrays(arrays));
  ASSERT_EQ(got.size(), 3u);
  EXPECT_EQ(got.at("a").shape, (std::vector<int64_t>{2, 1}));
  EXPECT_EQ(got.at("a").floats, (std::vector<float>{1.5F, -2.0F}));
  EXPECT_EQ(got.at("b").bytes, (std::vector<uint8_t>{0, 1, 1}));
  EXPECT_EQ(got.at("c").texts, (std::vector<std::string>{"", "two\nlines"}));
}

TEST(ArrayMessage, GivesBackAListing) {
  const Hdf5Listing listing{{{"a/b", {Hdf5Listing::Kind::kByte, 1, {2, 0}}}}, {{"", {{"name", "value"}, {"n", "3"}}}}};
  EXPECT_EQ(unpack_listing("f.h5", pack_listing(listing)), listing);
}

// One array "a" is: 1, 1, "a", the shape, the floats, the bytes, the texts.
TEST(ArrayMessage, IsBelievedOnlyWhereItFits) {
  const auto refuses = [](const std::vector<std::byte>& bytes, const std::string& text) {
    expect_throws<DataError>([&] { unpack_arrays("f.h5", bytes); }, "f.h5: " + text);
  };
  const std::string nonsense = "the reader's answer makes no sense";
  refuses({}, nonsense);
  refuses(std::vector<std::byte>(9, std::byte{0xFF}), nonsense);
  refuses(message({int64_t{1} << 60}), nonsense);
  refuses(message({1, 1}, "a", {1, 3, 0, 1}), nonsense);                       // bytes that are not there
  refuses(message({1, 1}, "a", {2, -1, -1, 0, 0, 0}), nonsense);               // negative sizes
  refuses(message({1, 1}, "a", {2, int64_t{1} << 62, 4, 0, 0, 0}), nonsense);  // beyond all bounds
  refuses(message({1, 1}, "a", {1, 3, 0, 0, 0}), "an array's shape and size differ");
}

TEST(ArrayMessage, BelievesNoListingThatCannotBe) {
  const auto refuses = [](const std::vector<std::byte>& bytes) {
    expect_throws<DataError>([&] { unpack_listing("f.h5", bytes); }, "f.h5: the reader's answer makes no sense");
  };
  refuses({});
  refuses(message({1, 1}, "a", {99, 4, 0, 0}));      // no such kind
  refuses(message({1, 1}, "a", {0, 4, 1, -2, 0}));   // a negative size
  refuses(message({0, 1, 1}, "a", {1, 100, 0, 0}));  // a name that is not there
}

}  // namespace
}  // namespace onramp
