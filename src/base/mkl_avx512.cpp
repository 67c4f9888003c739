// Lets MKL use AVX-512 on processors of every vendor.
//
// The MKL inside libtorch_cpu.so asks mkl_serv_intel_cpu_true() before it takes its AVX-512 code, and falls back to AVX2 on
// other vendors' processors. float32 products of 2048 on two cores: 480 instead of 225 GFLOP/s where the units are 512 bits
// wide (Zen 5), 215 instead of 190 where they take such an instruction in two halves (Zen 4).
// A symbol that the program itself exports wins over the library's own.
// MKL goes on to ask the processor what it can do, so "true" is safe on one without AVX-512.
//
// This file is linked into each program as an object file: from a static archive it would be dropped, as nothing calls it.
// ONRAMP_MKL_AVX512=0 in the environment gives the answer that MKL's own function would have given.

#include <cpuid.h>

#include <cstdlib>
#include <cstring>

namespace {

bool is_intel() {
  unsigned eax = 0, vendor[3] = {};
  // The vendor's name comes in the order ebx, edx, ecx.
  return __get_cpuid(0, &eax, &vendor[0], &vendor[2], &vendor[1]) != 0 && std::memcmp(vendor, "GenuineIntel", 12) == 0;
}

}  // namespace

extern "C" __attribute__((visibility("default"))) int mkl_serv_intel_cpu_true() {
  const char* choice = std::getenv("ONRAMP_MKL_AVX512");
  if (choice != nullptr && std::strcmp(choice, "0") == 0) return is_intel() ? 1 : 0;
  return 1;
}
