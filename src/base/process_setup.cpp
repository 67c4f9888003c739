#include "onramp/base/process_setup.h"

#include <dlfcn.h>
#include <malloc.h>

#include <cstdlib>
#include <cstring>
#include <string>

namespace onramp {

void process_setup() {
  mallopt(M_MMAP_THRESHOLD, 1 << 30);  // below this size blocks come from the heap, which is kept
  mallopt(M_TRIM_THRESHOLD, -1);       // never shrink the heap
  mallopt(M_TOP_PAD, 64 << 20);        // and grow it in few large steps
  mallopt(M_ARENA_MAX, 1);             // one heap: each of its own for a thread keeps what the thread once held
}

std::string onramp_version() { return ONRAMP_VERSION; }

MklDispatch mkl_dispatch() {
  // The first definition in the order of loading is the one that MKL calls.
  void* const answer = dlsym(RTLD_DEFAULT, "mkl_serv_intel_cpu_true");
  Dl_info where{};
  Dl_info self{};
  const bool ours = answer != nullptr && dladdr(answer, &where) != 0 &&
                    dladdr(dlsym(RTLD_DEFAULT, "mkl_serv_intel_cpu"), &self) != 0 && where.dli_fbase != self.dli_fbase;
  if (!ours) return MklDispatch::kProgramNotLinked;
  const char* const choice = std::getenv("ONRAMP_MKL_AVX512");
  const bool switched_off = choice != nullptr && std::strcmp(choice, "0") == 0;
  if (switched_off || !__builtin_cpu_supports("avx512f")) return MklDispatch::kOwnChoice;
  return MklDispatch::kForcedAvx512;
}

std::string mkl_dispatch_text() {
  switch (mkl_dispatch()) {
    case MklDispatch::kForcedAvx512:
      return "matrix products: AVX-512";
    case MklDispatch::kOwnChoice:
      return __builtin_cpu_supports("avx512f") ? "matrix products: MKL's own choice (ONRAMP_MKL_AVX512=0)"
                                               : "matrix products: MKL's own choice (this processor has no AVX-512)";
    case MklDispatch::kProgramNotLinked:
      break;
  }
  return "matrix products: MKL's own choice, as slow as half speed on processors not by Intel; "
         "link the program to onramp::mkl_avx512";
}

}  // namespace onramp
