// The card that the window shows at its first start: five lines about what can be seen and done.
#pragma once

#include "experiments/viewer/overlay.h"

namespace reverie {

struct Card {
  OverlayPage page;
  Box never_again;  // the button
};

constexpr char kNeverAgainKey = 'x';  // does what the button does

// width, height: of the window, in pixels.
Card lay_out_card(int width, int height);

}  // namespace reverie
