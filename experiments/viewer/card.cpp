#include "experiments/viewer/card.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "env/error.h"
#include "experiments/viewer/theme.h"

namespace reverie {
namespace {

constexpr const char* kTitle = "Reverie: agents trained inside the dream of a world model";

constexpr const char* kLines[] = {
    "The world model has watched a game: V squeezes each frame into a few numbers z, M foresees the next z, and C "
    "acts.",
    "1 the game, 2 the dream (M makes up everything), 3 both in step under the same actions, 4 recorded episodes.",
    "Hold an arrow key to play yourself, in the game or in the dream; let go, and the agent plays on.",
    "d dreams on from this very moment, [ and ] make the dream calmer or wilder, Space stops the time.",
    "Rest the pointer on anything, and a sentence says what it is; F1 shows all keys.",
};

Card lay_out(int width, int height, ImFont* font) {
  Card card;
  card.page.font = font;
  const float margin = theme::scaled(16), text = font->FontSize, line = text + theme::scaled(3);
  const float across =
      std::floor(std::min(theme::scaled(620), static_cast<float>(width) - 2 * margin - theme::scaled(8)));
  const float left = std::floor((static_cast<float>(width) - across) / 2);
  std::vector<OverlayText>& texts = card.page.texts;
  float y = 0;
  const auto add = [&](const std::string& words, ImU32 colour) {
    for (const std::string& part : wrapped(font, words, across)) {
      texts.push_back({{left, y}, {text_width(font, part), text}, colour, part});
      y += line;
    }
    y += theme::scaled(6);
  };
  add(kTitle, theme::kGame);
  for (const char* words : kLines) {
    add(words, theme::kText);
  }
  y += theme::scaled(4);
  const std::string button = str("do not show this again: ", kNeverAgainKey);
  const float button_width = text_width(font, button) + theme::scaled(20), button_height = text + theme::scaled(10);
  const std::string rest = "any other key begins, c shows this again";
  const bool beside = button_width + theme::scaled(16) + text_width(font, rest) <= across;
  card.never_again = {static_cast<int>(left), static_cast<int>(y), static_cast<int>(button_width),
                      static_cast<int>(button_height)};
  texts.push_back(
      {{left + theme::scaled(10), y + theme::scaled(5)}, {text_width(font, button), text}, theme::kText, button});
  if (beside) {
    texts.push_back({{left + button_width + theme::scaled(16), y + theme::scaled(5)},
                     {text_width(font, rest), text},
                     theme::kMuted,
                     rest});
    y += button_height;
  } else {
    y += button_height + theme::scaled(6);
    add(rest, theme::kMuted);
  }
  const float top = std::floor((static_cast<float>(height) - y) / 2);
  for (OverlayText& placed : texts) {
    placed.at.y = std::floor(placed.at.y + top);
  }
  card.never_again.y += static_cast<int>(top);
  card.page.boxes.push_back({card.never_again, theme::kMuted});
  card.page.ground = {static_cast<int>(left - margin), static_cast<int>(top - margin),
                      static_cast<int>(across + 2 * margin), static_cast<int>(y + 2 * margin)};
  card.page.fits = std::all_of(texts.begin(), texts.end(),
                               [across](const OverlayText& placed) { return placed.size.x <= across; }) &&
                   top >= margin && left >= margin;
  return card;
}

}  // namespace

Card lay_out_card(int width, int height) {
  const Card card = lay_out(width, height, theme::font());
  return card.page.fits ? card : lay_out(width, height, theme::small_font());
}

}  // namespace reverie
