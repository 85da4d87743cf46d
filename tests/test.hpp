// The one header of every test. LibTorch first: after Catch2, glog's CHECK (which Debian's LibTorch brings) would
// silently replace Catch2's.
#pragma once

#ifdef REVERIE_TEST_WITH_TORCH
#include <torch/torch.h>
#undef CHECK
#endif

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
using Catch::Approx;  // version 2 does so itself
#else
#include <catch2/catch.hpp>
#endif
