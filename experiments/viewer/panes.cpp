#include "experiments/viewer/panes.h"

#include <imgui.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "env/error.h"
#include "experiments/viewer/plots.h"
#include "experiments/viewer/theme.h"
#include "experiments/viewer/tooltips.h"
#include "experiments/viewer/widgets.h"

namespace reverie {
namespace {

struct Pane {
  std::vector<std::string> titles;  // the first that has room is shown
  std::vector<std::string> words;   // to the right of the title; none where no room is left
  ImU32 colour = 0;
  Picture picture;
  std::string over;  // across the picture's foot
  std::string head;  // across its head
};

std::vector<std::string> game_words(const Moment& moment, const Facts& facts) {
  const std::string where = moment.mode == Mode::browse
                                ? str("recording ", facts.recording + 1, " of ", facts.num_recordings)
                                : str("seed ", moment.seed);
  const std::string step = str("step ", moment.step), gained = str("return ", short_number(moment.episode_return));
  return {where + "   " + step + "   " + gained, step + "   " + gained, step};
}

std::vector<std::string> dream_words(const Moment& moment) {
  const double dreamed = moment.mode == Mode::dream ? moment.episode_return : moment.dream_return;
  const std::string step = str("step ", std::max(0, moment.dream_step)), gained = str("return ", short_number(dreamed));
  return {step + "   " + gained + "   end " + probability_in_words(moment.end_probability), step + "   " + gained,
          step};
}

// Across a picture's foot: how the episode ended, else the sentence that is nearest to the moment.
std::string foot(const Moment& moment, const NextEpisode& next, const std::string& sentence) {
  if (moment.ending.empty()) {
    return sentence;
  }
  return moment.ending +
         (next.by_itself ? str("     next in ", next.seconds, " s,  a stays") : "     r again,  n next");
}

// What has gone wrong, and the keys that help.
std::string way_back(const View& view) {
  const char* const anew = view.mode == Mode::dream ? ",  Shift+d a new dream" : "";
  return view.lost.empty() ? "" : view.lost + "     b back,  r again" + anew;
}

struct PaneSet {
  std::vector<Pane> main, small;
};

PaneSet choose_panes(const View& view, const Workbench& bench, const NextEpisode& next) {
  const Moment& moment = view.moment;
  const auto facts = bench.facts();
  PaneSet set;
  Pane game{{"Game"},
            game_words(moment, *facts),
            theme::kGame,
            view.sharp.empty() ? moment.frame : view.sharp,
            foot(moment, next, moment.sentence),
            way_back(view)};
  Pane dream{{"Dream"}, dream_words(moment), theme::kDream, moment.dream, moment.dream_sentence, ""};
  const Pane seen{{"As the model sees it", "Seen"}, {}, theme::kGame, moment.frame, "", ""};
  const Pane reconstruction{{"Reconstruction", "Rec."}, {}, theme::kReconstruction, moment.reconstruction, "", ""};
  const Pane missed{{"|reconstruction - game|", "Error"},
                    {},
                    theme::kDifference,
                    absolute_difference(moment.reconstruction, moment.frame),
                    "",
                    ""};
  switch (moment.mode) {
    case Mode::dream:
      dream.over = foot(moment, next, moment.dream_sentence);
      dream.head = way_back(view);
      set.main = {dream};
      break;
    case Mode::locked:
      dream.titles = {str("Dream, ", moment.dream_step, " steps old"), "Dream"};
      if (view.diverged_at > 0) {
        dream.head = str("since step ", view.diverged_at, " worth no more than a frozen picture");
      }
      set.main = {game, dream};
      set.small = {seen,
                   reconstruction,
                   {{"|dream - game|", "Error"},
                    {short_number(std::sqrt(moment.pixel_error))},
                    theme::kDifference,
                    absolute_difference(moment.dream, moment.frame),
                    "",
                    ""}};
      break;
    case Mode::browse:
      game.titles = {"Recorded"};
      set.main = {game};
      if (facts->has_model) {
        set.small = {reconstruction, missed};
      }
      break;
    case Mode::game:
      set.main = {game};
      set.small = {seen};
      if (facts->has_model) {
        set.small = {seen, reconstruction, missed};
      }
      break;
  }
  if (facts->has_model && bench.kept() > 0 && (moment.mode == Mode::game || moment.mode == Mode::browse)) {
    set.small.push_back({{str("First ", bench.kept(), " of z"), str("z ", bench.kept())},
                         {str("error ", short_number(bench.narrowed_error()))},
                         theme::kReconstruction,
                         bench.narrowed(),
                         "",
                         ""});
  }
  if (!moment.plan.empty()) {
    set.small.push_back({{"Where plans end", "Plan"}, {}, theme::kDream, moment.plan, "", ""});
  }
  if (moment.by_person) {
    for (Pane& pane : set.main) {
      pane.titles = {pane.titles.front() + " - you play", "You play"};
      pane.colour = theme::kPerson;
    }
  }
  return set;
}

// The first that is not wider; else nothing.
std::string first_that_fits(const std::vector<std::string>& texts, float width) {
  for (const std::string& text : texts) {
    if (ImGui::CalcTextSize(text.c_str()).x <= width) {
      return text;
    }
  }
  return {};
}

void draw_label(ImDrawList& list, const Box& box, const Pane& pane) {
  const float x = static_cast<float>(box.x),
              y = static_cast<float>(box.y) - ImGui::GetTextLineHeight() - theme::scaled(3);
  const float width = static_cast<float>(box.width);
  const std::string title = first_that_fits(pane.titles, width);
  list.AddText({x, y}, pane.colour, title.c_str());
  const float left = width - ImGui::CalcTextSize(title.c_str()).x - theme::scaled(10);
  const std::string words = first_that_fits(pane.words, left);
  list.AddText({x + width - ImGui::CalcTextSize(words.c_str()).x, y}, theme::kMuted, words.c_str());
}

// Draws the words on a dark band across the picture's top or bottom, in two lines if one is too narrow.
void draw_words(ImDrawList& list, const Box& box, const std::string& words, bool at_head) {
  if (words.empty()) {
    return;
  }
  std::vector<std::string> lines = {words};
  const float width = static_cast<float>(box.width);
  const std::size_t gap = words.find("     ");
  if (ImGui::CalcTextSize(words.c_str()).x > width - 8 && gap != std::string::npos) {
    lines = {words.substr(0, gap), words.substr(words.find_first_not_of(' ', gap))};
  }
  const float margin = theme::scaled(4), line = ImGui::GetTextLineHeight() + theme::scaled(2);
  const float band = line * static_cast<float>(lines.size()) + theme::scaled(10);
  const float top = static_cast<float>(at_head ? box.y : box.y + box.height - static_cast<int>(band));
  const float left = static_cast<float>(box.x);
  list.AddRectFilled({left, top}, {left + width, top + band}, IM_COL32(15, 17, 21, 215));
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string text = fitted(lines[i], width - 2 * margin);
    const float indent = std::max(margin, (width - ImGui::CalcTextSize(text.c_str()).x) / 2);
    list.AddText({std::round(left + indent), top + theme::scaled(5) + static_cast<float>(i) * line},
                 at_head ? theme::kPerson : theme::kText, text.c_str());
  }
}

}  // namespace

Picture absolute_difference(const Picture& a, const Picture& b) {
  if (a.height != b.height || a.width != b.width || a.empty()) {
    return {};
  }
  Picture difference{a.height, a.width, std::vector<std::uint8_t>(a.pixels.size())};
  for (std::size_t i = 0; i < a.pixels.size(); ++i) {
    difference.pixels[i] = static_cast<std::uint8_t>(std::abs(int{a.pixels[i]} - int{b.pixels[i]}));
  }
  return difference;
}

ScreenPicture::~ScreenPicture() {
  if (texture_ != nullptr) {
    SDL_DestroyTexture(texture_);
  }
}

SDL_Texture* ScreenPicture::show(SDL_Renderer* renderer, const Picture& picture) {
  if (picture.empty()) {
    return nullptr;
  }
  // The screen's own kind of pixel: SDL enlarges those quickly, and others one by one.
  SDL_Window* window = SDL_RenderGetWindow(renderer);
  const auto format = window != nullptr ? SDL_GetWindowPixelFormat(window) : Uint32{SDL_PIXELFORMAT_RGB888};
  const bool resized = picture.height != shown_.height || picture.width != shown_.width;
  if (texture_ == nullptr || resized) {
    if (texture_ != nullptr) {
      SDL_DestroyTexture(texture_);
    }
    texture_ = SDL_CreateTexture(renderer, format, SDL_TEXTUREACCESS_STREAMING, picture.width, picture.height);
    if (texture_ == nullptr) {
      return nullptr;
    }
    SDL_SetTextureScaleMode(texture_, SDL_ScaleModeNearest);
    SDL_SetTextureBlendMode(texture_, SDL_BLENDMODE_NONE);
  }
  if (resized || picture.pixels != shown_.pixels) {
    void* pixels = nullptr;
    int pitch = 0;
    if (SDL_LockTexture(texture_, nullptr, &pixels, &pitch) == 0) {
      SDL_ConvertPixels(picture.width, picture.height, SDL_PIXELFORMAT_RGB24, picture.pixels.data(), 3 * picture.width,
                        format, pixels, pitch);
      SDL_UnlockTexture(texture_);
    }
    shown_ = picture;
  }
  return texture_;
}

int Panes::draw(const Box& area, const View& view, const Workbench& bench, const NextEpisode& next) {
  PaneSet set = choose_panes(view, bench, next);
  const Picture& model = !view.moment.frame.empty() ? view.moment.frame : view.moment.dream;
  const int height = model.empty() ? 64 : model.height, width = model.empty() ? 64 : model.width;
  const int num_main = static_cast<int>(set.main.size());
  PaneLayout layout = lay_out_panes(area, num_main, static_cast<int>(set.small.size()), height, width, theme::scale());
  const PaneLayout without_small = lay_out_panes(area, num_main, 0, height, width, theme::scale());
  if (!layout.fits || (layout.main_scale == 1 && without_small.main_scale > 1)) {
    set.small.clear();
    layout = without_small;
  }
  ImDrawList& list = *ImGui::GetWindowDrawList();
  list.PushClipRect({static_cast<float>(area.x), static_cast<float>(area.y)},
                    {static_cast<float>(area.x + area.width), static_cast<float>(area.y + area.height)}, true);
  for (std::size_t i = 0; i < layout.boxes.size(); ++i) {
    const Pane& pane = i < set.main.size() ? set.main[i] : set.small[i - set.main.size()];
    const Box& box = layout.boxes[i];
    const ImVec2 from(static_cast<float>(box.x), static_cast<float>(box.y));
    const ImVec2 to(static_cast<float>(box.x + box.width), static_cast<float>(box.y + box.height));
    if (i >= pictures_.size()) {
      pictures_.push_back(std::make_unique<ScreenPicture>());
    }
    draw_label(list, box, pane);
    tooltip(box, pane.titles.front());
    list.AddRectFilled(from, to, theme::kPanel);
    if (SDL_Texture* texture = pictures_[i]->show(renderer_, pane.picture)) {
      list.AddImage(texture, from, to);
    }
    draw_words(list, box, pane.over, false);
    draw_words(list, box, pane.head, true);
  }
  list.PopClipRect();
  const bool shows_game = !set.main.empty() && view.moment.mode != Mode::dream && view.moment.mode != Mode::browse;
  return shows_game ? layout.main_scale * height : 0;
}

}  // namespace reverie
