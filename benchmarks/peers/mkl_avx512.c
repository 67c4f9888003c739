/* Preloaded into a Python process, it tells PyTorch's MKL to take its AVX-512 code on processors of every vendor, as
   src/base/mkl_avx512.cpp does for the programs. */
int mkl_serv_intel_cpu_true(void) { return 1; }
