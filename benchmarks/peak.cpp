// What the machine can do: matrix products and copies, with the libraries, threads and settings of a run.
#include <ATen/Functions.h>

#include <cstring>
#include <memory>
#include <vector>

#include "benchmarks/rows.h"
#include "onramp/core/parallel.h"

namespace onramp::bench {

void add_peak_rows() {
  for (const auto dtype : {at::kFloat, at::kBFloat16}) {
    add_row(dtype == at::kFloat ? "peak/gemm/fp32" : "peak/gemm/bf16", "products", [dtype] {
      constexpr int64_t kSize = 2048;
      const auto a = at::rand({kSize, kSize}).to(dtype), b = at::rand({kSize, kSize}).to(dtype);
      auto c = at::empty({kSize, kSize}, dtype);
      return Work{.once = [=]() mutable { at::mm_out(c, a, b); }, .flops = 2.0 * kSize * kSize * kSize};
    });
  }
  // As many bytes as a batch of 256 transitions holds in pictures, from memory that no cache holds.
  add_row("peak/memcpy", "copies", [] {
    constexpr size_t kBytes = size_t{2} * 256 * 64 * 64 * 3, kBlocks = 64;
    auto from = std::make_shared<std::vector<char>>(kBytes * kBlocks, 1);
    auto to = std::make_shared<std::vector<char>>(kBytes);
    return Work{.once =
                    [=, block = size_t{0}]() mutable {
                      at::parallel_for(0, kBytes, 1 << 18, [&](int64_t begin, int64_t end) {
                        std::memcpy(to->data() + begin, from->data() + block * kBytes + begin,
                                    static_cast<size_t>(end - begin));
                      });
                      block = (block + 1) % kBlocks;
                    },
                .bytes = double(kBytes)};
  });
}

}  // namespace onramp::bench
