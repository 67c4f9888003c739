#include "onramp/base/process_setup.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <cstring>
#include <memory>

namespace onramp {
namespace {

// Without the set-up glibc maps a block of this size and gives it back at once; the heap then does not grow.
TEST(ProcessSetup, FreedMemoryStaysWithTheProcess) {
  constexpr size_t kBytes = 100 << 20;
  process_setup();
  {
    const auto block = std::make_unique_for_overwrite<char[]>(kBytes);
    std::memset(block.get(), 1, kBytes);
  }
  const struct mallinfo2 after = mallinfo2();
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers have allocators of their own";
#endif
  EXPECT_GE(after.fordblks, kBytes);
  EXPECT_EQ(after.hblks, 0u);
}

TEST(Version, IsThreeNumbers) {
  int numbers = 1;
  for (const char c : onramp_version()) {
    EXPECT_TRUE(c == '.' || (c >= '0' && c <= '9')) << onramp_version();
    numbers += c == '.';
  }
  EXPECT_EQ(numbers, 3) << onramp_version();
}

TEST(MklDispatch, SaysWhatIsMissingInAProgramWithoutTheObjectFile) {
  EXPECT_EQ(mkl_dispatch(), MklDispatch::kProgramNotLinked);
  EXPECT_NE(mkl_dispatch_text().find("onramp::mkl_avx512"), std::string::npos);
}

}  // namespace
}  // namespace onramp
