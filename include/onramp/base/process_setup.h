// What a program does once, first thing in main(), so that numerical code runs as fast as the machine allows.
#pragma once

#include <string>

namespace onramp {

/// Tells the allocator to keep freed memory. glibc returns each large tensor to the kernel and faults it in again, page by
/// page, at the next allocation; keeping it makes an update step up to a third faster, for a process that stays at its peak size.
/// Call it first in main(), before threads are started.
void process_setup();

/// "0.1.0".
std::string onramp_version();

/// How Intel MKL (a part of LibTorch) picks its code for matrix products.
enum class MklDispatch {
  kForcedAvx512,  ///< the program exports the answer that lets MKL use AVX-512 on any vendor's processor
  kOwnChoice,     ///< switched off with ONRAMP_MKL_AVX512=0, or the processor has no AVX-512: MKL decides as it likes
  kProgramNotLinked,  ///< the program was not linked to onramp::mkl_avx512: slow on processors that are not Intel's
};

/// Looks at the running program, not at how it should have been built. Results of matrix products differ in their last bits
/// between kForcedAvx512 and kOwnChoice.
MklDispatch mkl_dispatch();

/// One line for the log: what mkl_dispatch() found and what can be done about it.
std::string mkl_dispatch_text();

}  // namespace onramp
