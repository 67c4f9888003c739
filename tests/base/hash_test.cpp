#include "onramp/base/hash.h"

#include <gtest/gtest.h>

namespace onramp {
namespace {

TEST(Sha256, MatchesThePublishedVectors) {  // FIPS 180-4 examples, NIST
  EXPECT_EQ(sha256_hex(std::string_view("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex(std::string_view("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex(std::string_view("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256_hex(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, DoesNotDependOnHowTheBytesArrive) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += static_cast<char>(i * 7);
  for (const std::size_t size : {1, 3, 55, 56, 63, 64, 65, 127, 128, 200}) {
    const auto whole = std::string_view(text).substr(0, size * 5);
    Sha256 hash;
    for (std::size_t at = 0; at < whole.size(); at += size) hash.update(whole.substr(at, size));
    EXPECT_EQ(hash.hex(), sha256_hex(whole)) << size;
  }
}

}  // namespace
}  // namespace onramp
