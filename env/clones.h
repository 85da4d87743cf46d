// REVERIE_CLONES before a function: compiled for several instruction sets, of which the processor's is taken at run
// time. Plain arithmetic has the same bits in all of them where contraction is off.
#pragma once

// Sanitizers instrument the resolvers before they are ready: no clones there.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define REVERIE_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define REVERIE_CLONES
#endif
// For what such a function calls: part of it, in each of its versions.
#define REVERIE_INLINE inline __attribute__((always_inline))
