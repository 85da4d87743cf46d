// A function marked REVERIE_CLONES is compiled for several instruction sets, and the version for this processor is
// chosen at run time. Plain arithmetic gives the same bits in all versions where floating-point contraction is off.
#pragma once

// Not with sanitizers: they instrument the functions that choose the version, which run before the sanitizer is ready.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define REVERIE_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define REVERIE_CLONES
#endif
// For functions that a REVERIE_CLONES function calls: they are inlined into each of its versions.
#define REVERIE_INLINE inline __attribute__((always_inline))
