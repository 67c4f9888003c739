// at::parallel_for on all threads of the process.
//
// Where a file is compiled without OpenMP, at::parallel_for is a plain loop on one thread, and nothing says so. Whatever links to
// onramp::torch is compiled with it.
#pragma once

#if !defined(_OPENMP) && !defined(__clang_analyzer__)  // clang-tidy has no omp.h
#error "at::parallel_for is a plain loop without OpenMP: compile this file with -fopenmp"
#endif

#include <ATen/Parallel.h>
