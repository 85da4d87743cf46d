// What the window is made of, each alone.
#include <SDL.h>
#include <gif_lib.h>
#include <imgui.h>
#include <png.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <set>
#include <sstream>
#include <tuple>

#include "env/atomic_file.h"
#include "env/error.h"
#include "experiments/viewer/ffmpeg_pipe.h"
#include "experiments/viewer/game_controller.h"
#include "experiments/viewer/imgui_renderer.h"
#include "experiments/viewer/input.h"
#include "experiments/viewer/keys.h"
#include "experiments/viewer/layout.h"
#include "experiments/viewer/panes.h"
#include "experiments/viewer/person.h"
#include "experiments/viewer/plots.h"
#include "experiments/viewer/scale.h"
#include "experiments/viewer/script.h"
#include "experiments/viewer/video_recorder.h"
#include "tests/temporary_folder.h"
#include "tests/test.hpp"

using namespace reverie;

namespace {

bool meet(const Box& a, const Box& b) {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

bool inside(const Box& a, const Box& b) {
  return a.x >= b.x && a.y >= b.y && a.x + a.width <= b.x + b.width && a.y + a.height <= b.y + b.height;
}

// A few flat colours, different in every frame.
Picture test_frame(int number, int height = 30, int width = 41) {
  Picture picture{height, width, std::vector<std::uint8_t>(static_cast<std::size_t>(height * width) * 3)};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      std::uint8_t* rgb = picture.pixels.data() + (y * width + x) * 3;
      rgb[0] = x < number ? 200 : 20;
      rgb[1] = y < height / 2 ? 100 : 33;
      rgb[2] = 250;
    }
  }
  return picture;
}

Picture read_png(const std::filesystem::path& path) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  REQUIRE(png_image_begin_read_from_file(&image, path.c_str()));
  image.format = PNG_FORMAT_RGB;
  Picture picture{static_cast<int>(image.height), static_cast<int>(image.width), {}};
  picture.pixels.resize(PNG_IMAGE_SIZE(image));
  REQUIRE(png_image_finish_read(&image, nullptr, picture.pixels.data(), 0, nullptr));
  return picture;
}

struct Film {
  std::vector<Picture> frames;
  std::vector<int> hundredths;
};

// Frames laid over one another, as viewers do.
Film read_gif(const std::filesystem::path& path) {
  int error = 0;
  GifFileType* gif = DGifOpenFileName(path.c_str(), &error);
  REQUIRE(gif != nullptr);
  REQUIRE(DGifSlurp(gif) == GIF_OK);
  Film film;
  Picture canvas{gif->SHeight, gif->SWidth, {}};
  canvas.pixels.resize(static_cast<std::size_t>(gif->SHeight * gif->SWidth) * 3);
  for (int i = 0; i < gif->ImageCount; ++i) {
    const SavedImage& image = gif->SavedImages[i];
    const GifImageDesc& part = image.ImageDesc;
    for (int y = 0; y < part.Height; ++y) {
      for (int x = 0; x < part.Width; ++x) {
        const GifColorType colour = part.ColorMap->Colors[image.RasterBits[y * part.Width + x]];
        std::uint8_t* rgb = canvas.pixels.data() + ((part.Top + y) * gif->SWidth + part.Left + x) * 3;
        rgb[0] = colour.Red;
        rgb[1] = colour.Green;
        rgb[2] = colour.Blue;
      }
    }
    GraphicsControlBlock control{};
    REQUIRE(DGifSavedExtensionToGCB(gif, i, &control) == GIF_OK);
    film.frames.push_back(canvas);
    film.hundredths.push_back(control.DelayTime);
  }
  DGifCloseFile(gif, &error);
  return film;
}

}  // namespace

TEST_CASE("a script is read in order, and a drag goes on under what follows", "[viewer]") {
  const auto events = parse_script("# a comment\n\n10 key shift+d\n 20 drag 0 0 40 8\n21 wheel -2\n30 quit\n", "s");
  using Kind = ScriptEvent::Kind;
  REQUIRE(events.size() == 11);
  CHECK(events[0].kind == Kind::key_down);
  CHECK(events[0].key == SDLK_d);
  CHECK(events[0].shift);
  CHECK(events[1].kind == Kind::key_up);
  CHECK(events[2].kind == Kind::move);
  CHECK(events[2].frame == 20);
  CHECK(events[3].kind == Kind::button_down);
  CHECK(events[4].kind == Kind::wheel);
  CHECK(events[4].y == -2);
  CHECK(events[8].x == 40);
  CHECK(events[8].y == 8);
  CHECK(events[9].kind == Kind::button_up);
  CHECK(events[10].frame == 30);
}

TEST_CASE("a script's numbers are decimal, and a byte-order mark is skipped", "[viewer]") {
  const std::vector<ScriptEvent> events =
      parse_script("\xef\xbb\xbf# words\n010 key d\n+011 resize 0640 480\n", "test");
  REQUIRE(events.size() == 3);
  CHECK(events[0].frame == 10);
  CHECK(events[2].frame == 11);
  CHECK(events[2].x == 640);
}

TEST_CASE("what is wrong with a script is said with its line", "[viewer]") {
  const auto wrong = [](const char* text) { return message_of<Error>([&] { parse_script(text, "s.txt"); }); };
  CHECK(wrong("1 key d\nx key d\n") == "s.txt:2: expected a frame, 0 to 10000000, found 'x'");
  CHECK(wrong("1 dance\n").find("s.txt:1: unknown event 'dance' (known: key, ") == 0);
  CHECK(wrong("1 key\n") == "s.txt:1: expected a key, found the end of the line");
  CHECK(wrong("1 key Hyper\n") ==
        "s.txt:1: expected a key such as d, Space, Left, F1, shift+d or ctrl++, found 'Hyper'");
  CHECK(wrong("1 click 5\n") == "s.txt:1: expected y in pixels, found the end of the line");
  CHECK(wrong("1 click 5 99999\n") == "s.txt:1: expected y in pixels, 0 to 16384, found '99999'");
  CHECK(wrong("1 quit now\n") == "s.txt:1: expected the end of the line, found 'now'");
  CHECK(wrong("5 quit\n4 quit\n") == "s.txt:2: expected frame 5 or a later one, found 4");
  CHECK(wrong("5 focus away\n") == "s.txt:1: expected lost or gained, found 'away'");
  CHECK(message_of<Error>([] { read_script("none.txt"); }) == "none.txt: cannot be read: No such file or directory");
}

TEST_CASE("no key means two things, and each is in the table", "[viewer]") {
  std::set<std::tuple<SDL_Keycode, bool, bool>> codes;
  std::set<KeyCommand> commands;
  const std::string markdown = keys_as_markdown();
  for (const KeyBinding& binding : key_bindings()) {
    INFO(binding.key);
    CHECK(commands.insert(binding.command).second);
    CHECK(markdown.find(str("| `", binding.key, "` | ", binding.what, " |\n")) != std::string::npos);
    for (const SDL_Keycode code : binding.codes) {
      CHECK(codes.insert({code, binding.shift, binding.ctrl}).second);
      CHECK(find_binding(code, binding.shift, binding.ctrl) == &binding);
    }
  }
  for (const GameEntry& entry : games()) {
    for (const GameKey& key : entry.keys) {
      CHECK(markdown.find(str("| `", key.key, "` | ", key.what, " while held")) != std::string::npos);
    }
  }
  CHECK(find_binding(SDLK_r, true) == find_binding(SDLK_r, false));  // shift matters for d, n and g alone
  CHECK(find_binding(SDLK_r, false, true) == nullptr);
  CHECK(find_binding(SDLK_F12, false) == nullptr);
}

TEST_CASE("a key counts as what it types where it is not in the table itself", "[viewer]") {
  Input input;
  // What SDL sends for a key that is pressed: the key, then its text if it has one.
  const auto press = [&](SDL_Keycode code, int modifiers, const std::string& text, bool repeat = false) {
    SDL_Event event{};
    event.type = SDL_KEYDOWN;
    event.key.keysym.sym = code;
    event.key.keysym.mod = static_cast<Uint16>(modifiers);
    event.key.repeat = repeat ? 1 : 0;
    std::optional<KeyCommand> command = take_event(input, event);
    if (!text.empty()) {
      SDL_Event typed{};
      typed.type = SDL_TEXTINPUT;
      text.copy(typed.text.text, sizeof typed.text.text - 1);
      const std::optional<KeyCommand> second = take_event(input, typed);
      CHECK_FALSE((command && second));
      command = command ? command : second;
    }
    return command;
  };
  // American: the keys themselves, once.
  CHECK(press(SDLK_LEFTBRACKET, 0, "[") == KeyCommand::colder);
  CHECK(press(SDLK_PLUS, KMOD_LSHIFT, "+") == KeyCommand::faster);
  // German: AltGr+8 and AltGr+9, as X11 and as Windows name them.
  CHECK(press(SDLK_8, KMOD_MODE, "[") == KeyCommand::colder);
  CHECK(press(SDLK_9, KMOD_RALT, "]") == KeyCommand::warmer);
  CHECK(press(SDLK_9, KMOD_RALT | KMOD_LCTRL, "]") == KeyCommand::warmer);
  CHECK(press(SDLK_9, KMOD_RALT, "]", true) == KeyCommand::warmer);  // it repeats
  // French: AltGr+5, digits and the full stop with Shift.
  CHECK(press(SDLK_5, KMOD_MODE, "[") == KeyCommand::colder);
  CHECK(press(SDLK_AMPERSAND, KMOD_LSHIFT, "1") == KeyCommand::mode_game);
  CHECK(press(SDLK_AMPERSAND, 0, "&") == std::nullopt);
  CHECK(press(SDLK_SEMICOLON, KMOD_LSHIFT, ".") == KeyCommand::step);
  CHECK(press(SDLK_AMPERSAND, KMOD_LSHIFT, "1", true) == std::nullopt);  // held down, it is one
  CHECK(press(SDLK_f, KMOD_MODE, "[") == KeyCommand::colder);            // Hungarian: not the full screen of f
  // Without any of this.
  CHECK(press(SDLK_PAGEDOWN, 0, "") == KeyCommand::colder);
  CHECK(press(SDLK_PAGEUP, 0, "") == KeyCommand::warmer);
  // What is not for the window: Alt with a key, two letters, letters of other alphabets, text without a key.
  CHECK(press(SDLK_q, KMOD_LALT, "q") == std::nullopt);
  CHECK(press(SDLK_q, KMOD_RALT, "q") == std::nullopt);
  CHECK(press(SDLK_q, KMOD_MODE, "@") == std::nullopt);
  CHECK(press(SDLK_x, 0, "[]") == std::nullopt);
  CHECK(press(SDLK_x, 0, "\xc3\xa4") == std::nullopt);
  SDL_Event alone{};
  alone.type = SDL_TEXTINPUT;
  alone.text.text[0] = 'q';
  CHECK(take_event(input, alone) == std::nullopt);
}

TEST_CASE("panes are enlarged by whole numbers, apart, and inside", "[viewer]") {
  for (const Box area : {Box{10, 40, 940, 500}, Box{10, 40, 600, 350}, Box{0, 0, 300, 900}, Box{5, 5, 700, 130}}) {
    for (int num_main = 1; num_main <= 2; ++num_main) {
      for (int num_small = 0; num_small <= 4; ++num_small) {
        INFO(area.width << "x" << area.height << ", " << num_main << " and " << num_small);
        const PaneLayout layout = lay_out_panes(area, num_main, num_small, 64, 64);
        REQUIRE(layout.boxes.size() == static_cast<std::size_t>(num_main + num_small));
        CHECK(layout.small_scale <= layout.main_scale);
        for (std::size_t i = 0; i < layout.boxes.size(); ++i) {
          const Box& box = layout.boxes[i];
          const int scale = i < static_cast<std::size_t>(num_main) ? layout.main_scale : layout.small_scale;
          CHECK(box.width == scale * 64);
          CHECK(box.height == scale * 64);
          if (area.height > 200) {
            CHECK(inside({box.x, box.y - PaneLayout::kLabel, box.width, box.height + PaneLayout::kLabel}, area));
          }
          for (std::size_t j = 0; j < i; ++j) {
            CHECK_FALSE(meet(box, layout.boxes[j]));
          }
        }
      }
    }
  }
  // Labels and gaps grow with the text.
  const PaneLayout doubled = lay_out_panes({0, 0, 1000, 700}, 2, 3, 64, 64, 2);
  for (const Box& box : doubled.boxes) {
    CHECK(inside({box.x, box.y - 2 * PaneLayout::kLabel, box.width, box.height + 2 * PaneLayout::kLabel},
                 {0, 0, 1000, 700}));
  }
  CHECK(lay_out_panes({0, 0, 10, 10}, 2, 3, 64, 64).boxes.size() == 5);  // nothing fits, nothing breaks
  CHECK(lay_out_panes({0, 0, 960, 460}, 1, 0, 64, 64).main_scale == 6);
}

TEST_CASE("the window's parts do not meet at any size", "[viewer]") {
  for (int width = 320; width <= 2000; width += 70) {
    for (int height = 320; height <= 1300; height += 49) {
      for (const int num_sides : {0, 1, 2, 3}) {  // 0: one, without panels
        const float scale = scale_within(1 + static_cast<float>(width % 9) / 4, width, height);
        INFO(width << "x" << height << ", " << num_sides << " sides, scale " << scale);
        const WindowLayout layout = lay_out_window(width, height, num_sides == 1, std::max(1, num_sides), scale);
        REQUIRE(layout.sides.size() == static_cast<std::size_t>(std::max(1, num_sides)));
        std::vector<Box> boxes = {layout.header, layout.panels, layout.transport, layout.status};
        for (const WindowLayout::Side& side : layout.sides) {
          boxes.insert(boxes.end(), {side.title, side.panes, side.plots});
          CHECK((side.title.height > 0) == (num_sides > 1));
          CHECK(side.panes.width == layout.sides.front().panes.width);
          CHECK(side.panes.height == layout.sides.front().panes.height);
        }
        for (std::size_t i = 0; i < boxes.size(); ++i) {
          REQUIRE(boxes[i].width >= 0);
          REQUIRE(boxes[i].height >= 0);
          REQUIRE(inside(boxes[i], {0, 0, width, height}));
          for (std::size_t j = 0; j < i; ++j) {
            REQUIRE_FALSE(meet(boxes[i], boxes[j]));
          }
        }
      }
    }
  }
}

TEST_CASE("the pictures of two runs fit into a window of the usual sizes, and the main ones into the smallest",
          "[viewer]") {
  const auto fits = [](int width, int height, int num_main, int num_small) {
    const WindowLayout layout = lay_out_window(width, height, false, 2);
    const PaneLayout left = lay_out_panes(layout.sides[0].panes, num_main, num_small, 64, 64);
    const PaneLayout right = lay_out_panes(layout.sides[1].panes, num_main, num_small, 64, 64);
    REQUIRE(left.fits == right.fits);
    if (left.fits) {
      for (std::size_t i = 0; i < left.boxes.size(); ++i) {
        CHECK(inside(left.boxes[i], layout.sides[0].panes));
        CHECK(inside(right.boxes[i], layout.sides[1].panes));
        CHECK_FALSE(meet(left.boxes[i], right.boxes[i]));
      }
    }
    return left.fits;
  };
  for (const auto& [num_main, num_small] : {std::pair(1, 3), std::pair(1, 0), std::pair(2, 3)}) {
    INFO(num_main << " and " << num_small);
    CHECK(fits(1280, 720, num_main, num_small));
    CHECK(fits(1920, 1080, num_main, num_small));
    CHECK(fits(800, 600, num_main, num_small));
    CHECK(fits(480, 1000, num_main, num_small));
    CHECK(fits(320, 320, num_main, 0));
  }
  CHECK_FALSE(fits(320, 320, 2, 3));  // these the window leaves out then
}

TEST_CASE("keys become actions as the game says", "[viewer]") {
  GameSpec spec;
  spec.action_low = {-1, 0, 0};
  spec.action_high = {1, 1, 1};
  const std::vector<GameKey> keys = {{"Left", "steering", 0, -1, "left", 0, "leftx-"},
                                     {"Right", "steering", 0, 1, "right"},
                                     {"Up", "gas and brake", 1, 1, "gas"},
                                     {"W", "gas and brake", 1, 1, "gas too"},
                                     {"Down", "gas and brake", 2, 1, "brake"}};
  const auto act = [&](const std::set<std::string>& held, const std::map<std::string, float>& sticks = {}) {
    return Hands().act(spec, keys, {held, sticks}, 0.02);
  };
  CHECK_FALSE(act({}).has_value());
  CHECK_FALSE(act({"Space", "J"}).has_value());
  CHECK(act({"Left", "Up"})->values == std::vector<float>{-1, 1, 0});
  CHECK(act({"Right", "Down"})->values == std::vector<float>{1, 0, 1});
  CHECK(act({"Up", "W"})->values == std::vector<float>{0, 1, 0});        // within the bounds
  CHECK(act({"Left", "Right"})->values == std::vector<float>{0, 0, 0});  // and a person it still is

  SECTION("what belongs to no held key's group stays the agent's") {
    CHECK(act({"Left"})->mine == std::vector<bool>{true, false, false});
    CHECK(act({"Up"})->mine == std::vector<bool>{false, true, true});
    CHECK(act({"Right", "Down"})->mine == std::vector<bool>{true, true, true});
  }
  SECTION("a stick is as much as it is moved") {
    CHECK(act({}, {{"leftx-", 0.25f}})->values == std::vector<float>{-0.25f, 0, 0});
    CHECK(act({}, {{"leftx-", 0.25f}})->mine == std::vector<bool>{true, false, false});
    CHECK_FALSE(act({}, {{"righty+", 1.0f}}).has_value());
  }
  SECTION("a key with a ramp gets to its value in its time, and begins again when it was let go") {
    std::vector<GameKey> ramped = keys;
    ramped[0].ramp = ramped[1].ramp = 0.2f;
    Hands hands;
    const auto held_for = [&](const std::set<std::string>& held, int frames) {
      float value = 0;
      for (int i = 0; i < frames; ++i) {
        value = hands.act(spec, ramped, {held, {}}, 0.02)->values[0];
      }
      return value;
    };
    CHECK(held_for({"Left"}, 1) == Approx(-0.1f));
    CHECK(held_for({"Left"}, 4) == Approx(-0.5f));
    CHECK(held_for({"Left"}, 20) == -1.0f);
    CHECK(held_for({"Right"}, 1) == Approx(0.1f));
    CHECK_FALSE(hands.act(spec, ramped, {}, 0.02).has_value());
    CHECK(held_for({"Left"}, 1) == Approx(-0.1f));
  }
}

TEST_CASE("a game controller's sticks, triggers and buttons are told as the games name them", "[viewer]") {
  GameControllers controllers;
  std::map<std::string, float> sticks;
  const auto move = [&](SDL_GameControllerAxis axis, int value) {
    SDL_Event event{};
    event.type = SDL_CONTROLLERAXISMOTION;
    event.caxis.axis = static_cast<std::uint8_t>(axis);
    event.caxis.value = static_cast<std::int16_t>(value);
    controllers.take_event(event, sticks);
  };
  move(SDL_CONTROLLER_AXIS_LEFTX, 2000);  // at rest
  CHECK(sticks.empty());
  move(SDL_CONTROLLER_AXIS_LEFTX, -32768);
  CHECK(sticks == std::map<std::string, float>{{"leftx-", 1.0f}});
  move(SDL_CONTROLLER_AXIS_TRIGGERRIGHT, 32767);
  move(SDL_CONTROLLER_AXIS_LEFTX, 20000);
  CHECK(sticks.size() == 2);
  CHECK(sticks.at("righttrigger") == 1.0f);
  CHECK(sticks.at("leftx+") > 0.5f);
  CHECK(sticks.at("leftx+") < 0.6f);
  SDL_Event button{};
  button.type = SDL_CONTROLLERBUTTONDOWN;
  button.cbutton.button = SDL_CONTROLLER_BUTTON_DPAD_LEFT;
  controllers.take_event(button, sticks);
  CHECK(sticks.at("dpleft") == 1.0f);
  button.type = SDL_CONTROLLERBUTTONUP;
  controllers.take_event(button, sticks);
  CHECK(sticks.count("dpleft") == 0);
  SDL_Event gone{};
  gone.type = SDL_CONTROLLERDEVICEREMOVED;
  controllers.take_event(gone, sticks);
  CHECK(sticks.empty());
  for (const GameEntry& entry : games()) {
    for (const GameKey& key : entry.keys) {
      std::string name = key.stick;
      if (!name.empty() && (name.back() == '+' || name.back() == '-')) {
        name.pop_back();
      }
      INFO(entry.name << ", " << key.stick);
      CHECK((name.empty() || SDL_GameControllerGetAxisFromString(name.c_str()) != SDL_CONTROLLER_AXIS_INVALID ||
             SDL_GameControllerGetButtonFromString(name.c_str()) != SDL_CONTROLLER_BUTTON_INVALID));
    }
  }
}

TEST_CASE("a curve reaches in each column of pixels from its lowest to its highest", "[viewer]") {
  // A reward that alternates, with many steps in each column.
  std::vector<float> values;
  for (int i = 0; i < 1000; ++i) {
    values.push_back(i % 2 == 0 ? -1.0f : 3.0f);
  }
  const CurveColumns dense = columns_of({values, 0, "", 1}, 100, 41, 1000, -1, 3);
  for (int column = 1; column < 99; ++column) {
    CHECK(dense.low[static_cast<std::size_t>(column)] == 0);
    CHECK(dense.high[static_cast<std::size_t>(column)] == 40);
  }
  // Few steps: straight lines between them, and nothing before the first and in a gap.
  const std::vector<float> few = {0, 1, std::nanf(""), 1, 1};
  const CurveColumns lines = columns_of({few, 0, "", 2}, 61, 11, 6, 0, 1);
  const auto drawn = [&](std::size_t column) { return lines.low[column] <= lines.high[column]; };
  CHECK_FALSE(drawn(19));
  CHECK(lines.high[20] == 10);
  CHECK(lines.low[25] == Approx(4));
  CHECK(lines.high[25] == Approx(5));
  CHECK(lines.low[30] == 0);
  CHECK_FALSE(drawn(35));
  CHECK_FALSE(drawn(45));
  CHECK(drawn(50));
  CHECK(drawn(55));
  CHECK(drawn(60));
  CHECK(lines.high[55] == 0);
}

TEST_CASE("keys of discrete actions give one of them", "[viewer]") {
  GameSpec spec;
  spec.actions = ActionKind::discrete;
  spec.action_low = {0, 0};
  spec.action_high = {1, 1};
  const std::vector<GameKey> keys = {{"J", "hands", 0, 1, "wait"}, {"K", "hands", 1, 1, "catch"}};
  CHECK(Hands().act(spec, keys, {{"K"}, {}}, 0.02)->values == std::vector<float>{0, 1});
  const PersonAction both = *Hands().act(spec, keys, {{"J", "K"}, {}}, 0.02);
  CHECK(both.values == std::vector<float>{1, 0});
  CHECK(both.mine == std::vector<bool>{true, true});
}

TEST_CASE("no game's key steers the window too, but for the arrows", "[viewer]") {
  for (const GameEntry& entry : games()) {
    for (const GameKey& key : entry.keys) {
      INFO(entry.name << ", " << key.key);
      const SDL_Keycode code = SDL_GetKeyFromName(key.key.c_str());
      CHECK(code != SDLK_UNKNOWN);
      CHECK(SDL_GetKeyName(code) == key.key);
      const KeyBinding* bound = find_binding(code, false);
      CHECK((bound == nullptr || bound->command == KeyCommand::left || bound->command == KeyCommand::right));
    }
  }
}

TEST_CASE("numbers in words, and differences of pictures", "[viewer]") {
  CHECK(short_number(0) == "0");
  CHECK(short_number(123.4) == "123");
  CHECK(short_number(-12.34) == "-12.3");
  CHECK(short_number(0.0123) == "0.0123");
  CHECK(short_number(NAN).find("nan") != std::string::npos);
  CHECK(probability_in_words(3e-6) == "0.000");
  const Picture a{1, 1, {10, 200, 5}}, b{1, 1, {20, 100, 5}};
  CHECK(absolute_difference(a, b).pixels == std::vector<std::uint8_t>{10, 100, 0});
  CHECK(absolute_difference(a, {}).empty());
}

TEST_CASE("the renderer draws rectangles, triangles, textures and clips to the pixel", "[viewer]") {
  SDL_setenv("SDL_VIDEODRIVER", "dummy", 1);
  REQUIRE(SDL_Init(SDL_INIT_VIDEO) == 0);
  SDL_Surface* surface = SDL_CreateRGBSurfaceWithFormat(0, 40, 30, 32, SDL_PIXELFORMAT_RGBA32);
  SDL_Renderer* sdl = SDL_CreateSoftwareRenderer(surface);
  REQUIRE(sdl != nullptr);
  ImGui::CreateContext();
  ImGui::GetIO().DisplaySize = {40, 30};
  ImGui::GetIO().IniFilename = nullptr;
  {
    ImguiRenderer renderer(sdl);
    ImGui::NewFrame();
    ImDrawList& list = *ImGui::GetForegroundDrawList();
    list.Flags = ImDrawListFlags_None;  // edges are not smoothed
    list.AddRectFilled({2, 3}, {7, 9}, IM_COL32(250, 10, 20, 255));
    list.AddTriangleFilled({20, 2}, {36, 18}, {20, 18}, IM_COL32(10, 250, 20, 255));
    list.PushClipRect({0, 20}, {6, 24});
    list.AddRectFilled({0, 16}, {20, 30}, IM_COL32(1, 2, 250, 255));
    list.PopClipRect();
    SDL_Texture* texture = SDL_CreateTexture(sdl, SDL_PIXELFORMAT_RGB24, SDL_TEXTUREACCESS_STREAMING, 2, 1);
    const std::uint8_t pixels[] = {9, 8, 7, 200, 201, 202};
    SDL_UpdateTexture(texture, nullptr, pixels, 6);
    SDL_SetTextureScaleMode(texture, SDL_ScaleModeNearest);
    list.AddImage(texture, {10, 22}, {18, 26});
    ImGui::Render();
    SDL_SetRenderDrawColor(sdl, 0, 0, 0, 255);
    SDL_RenderClear(sdl);
    renderer.draw(*ImGui::GetDrawData());
    std::vector<std::uint8_t> drawn(40 * 30 * 3);
    REQUIRE(SDL_RenderReadPixels(sdl, nullptr, SDL_PIXELFORMAT_RGB24, drawn.data(), 120) == 0);
    const auto at = [&](int x, int y) {
      const std::uint8_t* rgb = drawn.data() + (y * 40 + x) * 3;
      return rgb[0] << 16 | rgb[1] << 8 | rgb[2];
    };
    constexpr int kRed = 250 << 16 | 10 << 8 | 20, kGreen = 10 << 16 | 250 << 8 | 20, kBlue = 1 << 16 | 2 << 8 | 250;
    for (int y = 0; y < 30; ++y) {
      for (int x = 0; x < 40; ++x) {
        INFO(x << ", " << y);
        const bool in_rectangle = x >= 2 && x < 7 && y >= 3 && y < 9, in_clip = x < 6 && y >= 20 && y < 24;
        const bool in_picture = x >= 10 && x < 18 && y >= 22 && y < 26;
        const bool below = x >= 20 && y < 18 && x - 20 < y - 2;  // well inside the triangle
        const bool on_edge = x >= 20 && y >= 2 && y <= 18 && x - 20 <= y - 2;
        const int expected = in_rectangle ? kRed
                             : in_clip    ? kBlue
                             : in_picture ? (x < 14 ? 9 << 16 | 8 << 8 | 7 : 200 << 16 | 201 << 8 | 202)
                             : below      ? kGreen
                                          : 0;
        CHECK((at(x, y) == expected || (on_edge && !below && at(x, y) == kGreen)));
      }
    }
    SDL_DestroyTexture(texture);
  }
  ImGui::DestroyContext();
  SDL_DestroyRenderer(sdl);
  SDL_FreeSurface(surface);
  SDL_Quit();
}

TEST_CASE("a film as a folder of PNG files", "[viewer]") {
  const TemporaryFolder folder;
  VideoRecorder recorder(folder / "film", 30, 41);
  for (int i = 0; i < 20; ++i) {
    recorder.add(test_frame(i));
  }
  recorder.add(test_frame(3, 50, 20));  // another size is cut and bordered
  CHECK(recorder.finish() == str((folder / "film").string(), ", 21 frames, 0.42 s"));
  CHECK(read_png(folder / "film/frame-000007.png").pixels == test_frame(6).pixels);
  const Picture odd = read_png(folder / "film/frame-000021.png");
  CHECK(odd.height == 30);
  CHECK(odd.width == 41);
  CHECK(odd.pixels[0] == 200);
  CHECK(odd.pixels[3 * 40] == 0);
}

TEST_CASE("a film runs as the clock did: late pictures are repeated, early ones left out", "[viewer]") {
  const TemporaryFolder folder;
  VideoRecorder recorder(folder / "film", 30, 41);
  recorder.show(test_frame(1), 0.013);
  recorder.show(test_frame(2), 0.10);
  recorder.show(test_frame(3), 0.102);  // within the same frame
  recorder.show(test_frame(4), 0.20);
  CHECK(recorder.finish(0.5) ==
        str((folder / "film").string(), ", 25 frames, 0.50 s, 22 repeated: the drawing was late"));
  const auto shows = [&](int frame, int picture) {
    return read_png(folder / ("film/frame-0000" + str(frame < 10 ? "0" : "", frame) + ".png")).pixels ==
           test_frame(picture).pixels;
  };
  CHECK(shows(1, 1));
  CHECK(shows(5, 1));
  CHECK(shows(6, 3));
  CHECK(shows(10, 3));
  CHECK(shows(11, 4));
  CHECK(shows(25, 4));
  CHECK_FALSE(std::filesystem::exists(folder / "film/frame-000026.png"));
}

TEST_CASE("a film that is written too slowly has its length, and says so", "[viewer]") {
  const TemporaryFolder folder;
  VideoRecorder recorder(folder / "film", 600, 800);
  for (int i = 0; i < 100; ++i) {  // two seconds of pictures in no time
    Picture noise{600, 800, std::vector<std::uint8_t>(std::size_t{600} * 800 * 3)};
    for (std::size_t at = 0; at < noise.pixels.size(); ++at) {
      noise.pixels[at] = static_cast<std::uint8_t>((at * 2654435761u + static_cast<std::size_t>(i)) >> 7);
    }
    recorder.show(std::move(noise), i / 50.0);
  }
  const std::string words = recorder.finish(2.0);
  CHECK(words.find(", 100 frames, 2.00 s") != std::string::npos);
  CHECK(words.find("left out: the writing was late") != std::string::npos);
  CHECK(std::filesystem::exists(folder / "film/frame-000100.png"));
  CHECK_FALSE(std::filesystem::exists(folder / "film/frame-000101.png"));
}

TEST_CASE("a film as a GIF is read back as it was, with its time", "[viewer]") {
  const TemporaryFolder folder;
  VideoRecorder recorder(folder / "film.gif", 30, 41);
  for (const int number : {5, 5, 9, 9, 9, 9, 2, 2}) {  // every second one is kept, and two of them are alike
    recorder.add(test_frame(number));
  }
  recorder.finish();
  const Film film = read_gif(folder / "film.gif");
  REQUIRE(film.frames.size() == 3);
  CHECK(film.frames[0].pixels == test_frame(5).pixels);
  CHECK(film.frames[1].pixels == test_frame(9).pixels);
  CHECK(film.frames[2].pixels == test_frame(2).pixels);
  CHECK(film.hundredths == std::vector<int>{4, 8, 4});
}

TEST_CASE("many colours become 256 near ones", "[viewer]") {
  const TemporaryFolder folder;
  Picture picture{64, 64, std::vector<std::uint8_t>(64 * 64 * 3)};
  for (std::size_t i = 0; i < picture.pixels.size(); ++i) {
    picture.pixels[i] = static_cast<std::uint8_t>(i % 3 == 0 ? i / 3 % 64 * 4 : i % 3 == 1 ? i / 192 * 4 : 128);
  }
  VideoRecorder recorder(folder / "film.gif", 64, 64);
  recorder.add(picture);
  recorder.finish();
  const Picture found = read_gif(folder / "film.gif").frames.at(0);
  double error = 0;
  for (std::size_t i = 0; i < picture.pixels.size(); ++i) {
    error += std::abs(int{picture.pixels[i]} - int{found.pixels[i]});
  }
  CHECK(error / static_cast<double>(picture.pixels.size()) < 5);
}

TEST_CASE("a film as MP4, where ffmpeg is", "[viewer]") {
  const TemporaryFolder folder;
  if (!has_ffmpeg()) {
    WARN("no ffmpeg here: only the refusal is tested");
    CHECK(message_of<Error>([&] { open_video(folder / "film.mp4", 30, 41); }).find("ffmpeg") != std::string::npos);
    return;
  }
  VideoRecorder recorder(folder / "film.mp4", 30, 41);
  for (int i = 0; i < 25; ++i) {
    recorder.add(test_frame(i));
  }
  recorder.finish();
  CHECK(read_file(folder / "film.mp4").find("ftyp") == 4);

  // One that cannot be written is refused before its first frame.
  CHECK(message_of<Error>([&] { VideoRecorder(folder / "none" / "film.mp4", 30, 41); }).find("cannot be written") !=
        std::string::npos);
}

TEST_CASE("what a terminal sends to its session does not reach ffmpeg", "[viewer]") {
  const TemporaryFolder folder;
  const std::string program = (folder / "ffmpeg").string(), told = (folder / "told").string();
  write_file_atomically(program, str("#!/bin/sh\ncat /proc/$$/stat >'", told, "'\ncat >/dev/null\n"));
  std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  const std::string path = std::getenv("PATH");
  ::setenv("PATH", str(program.substr(0, program.rfind('/')), ":", path).c_str(), 1);
  {
    FfmpegPipe pipe(folder / "film.mp4", 30, 41, kFilmRate);
    ::setenv("PATH", path.c_str(), 1);
    pipe.add(test_frame(0), 1);
    pipe.finish();
  }
  std::istringstream fields(read_file(told));  // process, (name), state, parent, group, session
  std::string word;
  int parent = 0, group = 0, session = 0;
  fields >> word >> word >> word >> parent >> group >> session;
  CHECK(parent == ::getpid());
  CHECK(group != ::getpgid(0));
  CHECK(session != ::getsid(0));
  CHECK(session > 0);
}

TEST_CASE("films of other kinds are refused", "[viewer]") {
  CHECK(message_of<Error>([] { open_video("film.avi", 10, 10); }) ==
        "film.avi: expected a film's name that ends in .mp4 or .gif, or a folder's, which has no ending");
}
