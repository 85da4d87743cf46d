// What the window shows when it is first opened: five lines about what can be seen and done.
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
