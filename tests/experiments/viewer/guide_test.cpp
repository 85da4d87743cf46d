// What the window says of itself: the card, the table of keys, hints, explanations and how large all that is.
#include <imgui.h>

#include <fstream>
#include <set>

#include "env/games.h"
#include "experiments/viewer/card.h"
#include "experiments/viewer/explanations.h"
#include "experiments/viewer/hints.h"
#include "experiments/viewer/keys.h"
#include "experiments/viewer/keys_overlay.h"
#include "experiments/viewer/layout.h"
#include "experiments/viewer/scale.h"
#include "experiments/viewer/settings.h"
#include "experiments/viewer/theme.h"
#include "tests/temporary_folder.h"
#include "tests/test.hpp"

using namespace reverie;

namespace {

struct Size {
  int width, height;
};
constexpr Size kSizes[] = {{640, 480}, {800, 600}, {1280, 720}, {1280, 800}, {1920, 1080}, {2560, 1440}, {3840, 2160}};

// Fonts as the window has them, without a window.
struct Fonts {
  explicit Fonts(float scale) {
    ImGui::CreateContext();
    ImGui::GetIO().IniFilename = nullptr;
    theme::apply(scale);
    unsigned char* pixels = nullptr;
    int width = 0, height = 0;
    ImGui::GetIO().Fonts->GetTexDataAsRGBA32(&pixels, &width, &height);
  }
  ~Fonts() { ImGui::DestroyContext(); }
  Fonts(const Fonts&) = delete;
  Fonts& operator=(const Fonts&) = delete;
};

bool inside(const OverlayText& text, const Box& box) {
  return text.at.x >= static_cast<float>(box.x) && text.at.y >= static_cast<float>(box.y) &&
         text.at.x + text.size.x <= static_cast<float>(box.x + box.width) &&
         text.at.y + text.size.y <= static_cast<float>(box.y + box.height);
}

bool meet(const OverlayText& a, const OverlayText& b) {
  return a.at.x < b.at.x + b.size.x && b.at.x < a.at.x + a.size.x && a.at.y < b.at.y + b.size.y &&
         b.at.y < a.at.y + a.size.y;
}

void check_fits(const OverlayPage& page, const Size& size) {
  CHECK(page.fits);
  const Box window{0, 0, size.width, size.height};
  CHECK(page.ground.x >= 0);
  CHECK(page.ground.y >= 0);
  CHECK(page.ground.x + page.ground.width <= size.width);
  CHECK(page.ground.y + page.ground.height <= size.height);
  for (std::size_t i = 0; i < page.texts.size(); ++i) {
    INFO(page.texts[i].words);
    CHECK(inside(page.texts[i], window));
    CHECK(inside(page.texts[i], page.ground));
    for (std::size_t j = 0; j < i; ++j) {
      INFO(page.texts[j].words);
      REQUIRE_FALSE(meet(page.texts[i], page.texts[j]));
    }
  }
}

}  // namespace

TEST_CASE("the table of keys fits every window from 640x480 on, in every mode", "[viewer]") {
  std::vector<GameKey> all;
  for (const GameEntry& entry : games()) {
    all.insert(all.end(), entry.keys.begin(), entry.keys.end());
  }
  for (const Size& size : kSizes) {
    const Fonts fonts(scale_within(scale_of_display(size.height, 0), size.width, size.height));
    for (const Mode mode : {Mode::game, Mode::dream, Mode::locked, Mode::browse}) {
      INFO(size.width << "x" << size.height << ", " << to_string(mode));
      const OverlayPage page = lay_out_keys(size.width, size.height, mode, all);
      check_fits(page, size);
      CHECK((page.boxes.size() > 7 || size.width < 800));  // the picture of what stands where
      std::multiset<std::string> shown;
      for (const OverlayText& text : page.texts) {
        shown.insert(text.words);
      }
      for (const KeyHelp& row : key_help("You play", all)) {
        INFO(row.key);
        CHECK(shown.count(row.key) >= 1);
      }
    }
  }
}

TEST_CASE("the card fits every window from 640x480 on, with its button", "[viewer]") {
  for (const Size& size : kSizes) {
    INFO(size.width << "x" << size.height);
    const Fonts fonts(scale_within(scale_of_display(size.height, 0), size.width, size.height));
    const Card card = lay_out_card(size.width, size.height);
    check_fits(card.page, size);
    int in_button = 0;
    for (const OverlayText& text : card.page.texts) {
      in_button += inside(text, card.never_again);
    }
    CHECK(in_button == 1);
  }
}

TEST_CASE("text is enlarged with the display, by quarters, and never more than the window has room for", "[viewer]") {
  CHECK(scale_of_display(480, 0) == 1);
  CHECK(scale_of_display(1080, 96) == 1);
  CHECK(scale_of_display(1200, 96) == 1);
  CHECK(scale_of_display(1440, 109) == 1.25f);
  CHECK(scale_of_display(2160, 0) == 2);
  CHECK(scale_of_display(2160, 163) == 2);
  CHECK(scale_of_display(1600, 216) == 1.75f);
  CHECK(scale_of_display(768, 4000) == 1);  // a display that lies about its size
  CHECK(scale_of_display(100000, 0) == kLargestScale);
  CHECK(scale_within(2, 1280, 960) == 2);
  CHECK(scale_within(2, 1280, 800) == 1.5f);
  CHECK(scale_within(4, 320, 320) == 1);
  CHECK(scale_within(0.1f, 1280, 800) == kSmallestScale);
  CHECK(scale_within(1.6f, 3840, 2160) == 1.5f);
}

TEST_CASE("a name is found whatever number stands in it, and whoever plays", "[viewer]") {
  CHECK_FALSE(explanation_of("Game").empty());
  CHECK(explanation_of("Game - you play") == explanation_of("Game"));
  CHECK_FALSE(explanation_of("First 12 of z").empty());
  CHECK(explanation_of("First 12 of z") == explanation_of("First 3 of z"));
  CHECK_FALSE(explanation_of("3 Locked").empty());
  CHECK(explanation_of("nothing").empty());
  std::set<std::string_view> names;
  for (const Explanation& row : explanations()) {
    INFO(row.name);
    CHECK(names.insert(row.name).second);
    CHECK(row.sentence.size() > 10);
    CHECK((row.sentence.back() == '.' || row.sentence.back() == '?' || row.sentence.back() == ')'));
  }
}

TEST_CASE("the hints are those of the mode, of a pause and of an end", "[viewer]") {
  View view;
  view.has_mode = {true, true, true, true};
  std::set<std::vector<std::string>> all;
  for (const Mode mode : {Mode::game, Mode::dream, Mode::locked, Mode::browse}) {
    view.mode = mode;
    view.moment.mode = mode;
    CHECK(all.insert(hints_of(view)).second);
    CHECK(hints_of(view).size() >= 3);
    CHECK(hints_of(view).front() == "F1 all keys");
  }
  view.paused = true;
  CHECK(all.insert(hints_of(view)).second);
  view.moment.terminated = true;
  CHECK(all.insert(hints_of(view)).second);
  CHECK(temperature_in_words(1.0) == "as M believes");
  CHECK(temperature_in_words(0.3).rfind("calm", 0) == 0);
  CHECK(temperature_in_words(2.5).rfind("wild", 0) == 0);
}

TEST_CASE("settings are kept in a file, and a damaged one or none is as good as new", "[viewer]") {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder / "a/b/play";
  CHECK(read_settings(file).card);
  write_settings(file, {false});
  CHECK_FALSE(read_settings(file).card);
  write_settings(file, {true});
  CHECK(read_settings(file).card);
  std::ofstream(file) << "\xff\0card off of";
  CHECK(read_settings(file).card);
  std::ofstream(file) << std::string(100'000, 'x') << "\ncard: off\n";
  CHECK(read_settings(file).card);
  std::ofstream(folder / "plain") << "a file where a folder is wanted";
  write_settings(folder / "plain/reverie/play", {false});  // no Error
  CHECK(read_settings(folder / "plain/reverie/play").card);
  CHECK(read_settings({}).card);
  write_settings({}, {false});
}

TEST_CASE("the settings are where the desktop keeps them", "[viewer]") {
  const auto with = [](const char* xdg, const char* home) {
    xdg != nullptr ? setenv("XDG_CONFIG_HOME", xdg, 1) : unsetenv("XDG_CONFIG_HOME");
    home != nullptr ? setenv("HOME", home, 1) : unsetenv("HOME");
    return settings_file();
  };
  const char* const home_before = std::getenv("HOME");
  const std::string home = home_before == nullptr ? "" : home_before;
  CHECK(with("/x", "/h") == "/x/reverie/play");
  CHECK(with(nullptr, "/h") == "/h/.config/reverie/play");
  CHECK(with("relative", "/h") == "/h/.config/reverie/play");  // as the specification says
  CHECK(with(nullptr, nullptr).empty());
  if (home_before != nullptr) {
    setenv("HOME", home.c_str(), 1);
  }
}
