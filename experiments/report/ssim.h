// Structural similarity of two pictures (Wang, Bovik, Sheikh and Simoncelli, 2004).
#pragma once

#include <span>

namespace reverie {

// a, b: [height, width], luminance in 0..1, both sides at least 8. The mean over windows of 8 x 8 pixels, four pixels
// apart, of
//   (2 m_a m_b + c1) (2 s_ab + c2) / ((m_a^2 + m_b^2 + c1) (s_a^2 + s_b^2 + c2)),  c1 = 0.01^2, c2 = 0.03^2,
// with means m, variances s^2 and covariance s_ab over the window's 64 pixels. 1 for equal pictures.
double ssim(int height, int width, std::span<const float> a, std::span<const float> b);

}  // namespace reverie
