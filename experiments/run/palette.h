// The colours of the window, the reports and the README's pictures. Each thing that is shown has one colour, and
// colour- blind people can tell them apart (after Okabe and Ito).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace reverie::palette {

struct Rgb {
  std::uint8_t red = 0, green = 0, blue = 0;
};

// One hue, brighter on dark ground. The window is dark; reports follow their reader's setting.
struct Colour {
  Rgb on_dark, on_light;
};

inline constexpr Colour kGame{{86, 180, 233}, {0, 114, 178}};            // blue: what is real
inline constexpr Colour kDream{{240, 160, 40}, {202, 100, 0}};           // orange: what is dreamed
inline constexpr Colour kReconstruction{{50, 190, 150}, {0, 140, 102}};  // green: V, the model's view of the game
inline constexpr Colour kError{{214, 130, 180}, {178, 84, 138}};         // purple: how far two things are apart
inline constexpr Colour kPerson{{240, 228, 66}, {140, 122, 0}};          // yellow: you
inline constexpr Colour kSky{{154, 212, 245}, {63, 162, 217}};
inline constexpr Colour kViolet{{171, 155, 216}, {107, 91, 149}};
inline constexpr Colour kGrey{{169, 179, 186}, {108, 117, 125}};  // what others are measured against

// The colours of a chart's series, by place. The first five have a meaning; the others have none.
inline constexpr std::array kSeries = {kGame, kDream, kReconstruction, kError, kPerson, kSky, kViolet, kGrey};
enum Place { game_series = 0, dream_series = 1, reconstruction_series = 2, error_series = 3, baseline_series = 7 };

}  // namespace reverie::palette
