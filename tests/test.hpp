// The one header of every test. LibTorch first: after Catch2, glog's CHECK (which Debian's LibTorch brings) would
// silently replace Catch2's.
#pragma once

#ifdef REVERIE_TEST_WITH_TORCH
#include <torch/torch.h>
#undef CHECK
#endif

// Version 3 or 2; in tests both have version 3's names.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
using Catch::Approx;
using Catch::Matchers::ContainsSubstring;
#else
#include <catch2/catch.hpp>
inline auto ContainsSubstring(const std::string& text) {
  return Catch::Matchers::Contains(text);
}
#endif
