// The table of tooltips: one sentence about each thing in the window.
#pragma once

#include <span>
#include <string_view>

namespace reverie {

struct Explanation {
  std::string_view name;  // as the window shows it; for a button with a sign only, what it does
  std::string_view sentence;
};

std::span<const Explanation> explanations();

// Empty where there is none. Numbers in a name are N in the table ("First 5 of z"), and " - you play" is no part
// of it ("Game - you play").
std::string_view explanation_of(std::string_view name);

}  // namespace reverie
