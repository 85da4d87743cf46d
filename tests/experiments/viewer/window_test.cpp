#include "experiments/viewer/window.h"

#include <SDL.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <optional>
#include <set>
#include <string_view>
#include <thread>

#include "env/atomic_file.h"
#include "env/error.h"
#include "env/random.h"
#include "experiments/viewer/card.h"
#include "experiments/viewer/explanations.h"
#include "experiments/viewer/keys.h"
#include "experiments/viewer/layout.h"
#include "experiments/viewer/settings.h"
#include "experiments/viewer/theme.h"
#include "experiments/viewer/tooltips.h"
#include "tests/experiments/viewer/course_checks.h"
#include "tests/experiments/viewer/smoke_run.h"
#include "tests/temporary_folder.h"
#include "tests/test.hpp"

using namespace reverie;

namespace {

WindowOptions scripted(const std::vector<ScriptEvent>& script, const std::filesystem::path& out) {
  WindowOptions options;
  options.width = 700;
  options.height = 500;
  options.headless = true;
  options.scripted = true;
  options.script = script;
  options.out = out;
  return options;
}

using Sessions = std::vector<std::unique_ptr<Session>>;

Sessions sessions_of(const std::vector<std::filesystem::path>& runs) {
  Sessions sessions;
  for (const std::filesystem::path& run : runs) {
    sessions.push_back(std::make_unique<Session>(run));
  }
  return sessions;
}

Sessions smoke_session() {
  return sessions_of({smoke_run()});
}

// Plays to the end of the script, and returns the last picture.
Picture play(Sessions sessions, const WindowOptions& options) {
  Window window(std::move(sessions), options);
  Picture last;
  while (window.frame()) {
    last = window.picture();
  }
  return last;
}

int num_colours(const Picture& picture) {
  std::vector<std::array<std::uint8_t, 3>> colours;
  for (std::size_t i = 0; i < picture.pixels.size(); i += 3) {
    colours.push_back({picture.pixels[i], picture.pixels[i + 1], picture.pixels[i + 2]});
  }
  std::sort(colours.begin(), colours.end());
  return static_cast<int>(std::unique(colours.begin(), colours.end()) - colours.begin());
}

// Of the random tests: any key of the table but those that end the window, start a film or write a file each time.
const KeyBinding& any_key(Rng& rng) {
  for (;;) {
    const KeyBinding& binding = key_bindings()[rng.below(key_bindings().size())];
    if (binding.command != KeyCommand::quit && binding.command != KeyCommand::record &&
        binding.command != KeyCommand::record_gif && binding.command != KeyCommand::screenshot) {
      return binding;
    }
  }
}

ScriptEvent random_event(Rng& rng, int frame) {
  using Kind = ScriptEvent::Kind;
  ScriptEvent event;
  event.frame = frame;
  const auto place = [&] {
    event.x = static_cast<int>(rng.below(1000));
    event.y = static_cast<int>(rng.below(700));
  };
  const std::uint64_t what = rng.below(100);
  if (what < 45) {
    const KeyBinding& binding = any_key(rng);
    event.kind = rng.below(3) == 0 ? Kind::key_up : Kind::key_down;
    event.key = binding.codes[rng.below(binding.codes.size())];
    event.shift = binding.shift;
    event.ctrl = binding.ctrl;
  } else if (what < 65) {
    event.kind = Kind::move;
    place();
  } else if (what < 92) {
    event.kind = rng.below(2) == 0 ? Kind::button_down : Kind::button_up;
    place();
  } else if (what < 96) {
    event.kind = Kind::wheel;
    event.y = static_cast<int>(rng.below(7)) - 3;
  } else if (what < 98) {
    event.kind = Kind::resize;
    event.x = 1 + static_cast<int>(rng.below(900));
    event.y = 1 + static_cast<int>(rng.below(600));
  } else {
    event.kind = Kind::focus;
    event.x = static_cast<int>(rng.below(2));
  }
  return event;
}

// What scripts cannot say: other buttons, typed text, keys that nothing is bound to.
void push_odd_event(Rng& rng) {
  SDL_Event event{};
  switch (rng.below(4)) {
    case 0:
      event.type = SDL_TEXTINPUT;
      event.text.text[0] = static_cast<char>(33 + rng.below(90));
      break;
    case 1:
      event.type = SDL_MOUSEBUTTONDOWN;
      event.button.button = static_cast<std::uint8_t>(1 + rng.below(5));
      break;
    case 2:
      event.type = SDL_KEYDOWN;
      event.key.keysym.sym = SDLK_F2 + static_cast<int>(rng.below(8));
      event.key.keysym.mod = static_cast<std::uint16_t>(rng.below(4096));
      break;
    default:
      event.type = SDL_DROPFILE;
      break;
  }
  SDL_PushEvent(&event);
}

}  // namespace

TEST_CASE("the same script gives the same pictures, byte for byte", "[viewer]") {
  const TemporaryFolder folder;
  const auto script = parse_script("3 key 3\n20 down Left\n25 up Left\n30 screenshot a.png\n31 quit\n", "test");
  std::array<std::string, 2> files;
  std::array<Picture, 2> last;
  for (std::size_t run = 0; run < 2; ++run) {
    last[run] = play(smoke_session(), scripted(script, folder.path()));
    files[run] = read_file(folder / "a.png");
  }
  CHECK(last[0].pixels == last[1].pixels);
  CHECK(files[0] == files[1]);
  CHECK(last[0].width == 700);
  CHECK(last[0].height == 500);
  CHECK(num_colours(last[0]) > 200);
}

TEST_CASE("every mode shows another picture, and the plain game needs no model", "[viewer]") {
  const TemporaryFolder folder;
  std::vector<Picture> pictures;
  for (const char* key : {"1", "2", "3", "4"}) {
    pictures.push_back(
        play(smoke_session(), scripted(parse_script(str("2 key ", key, "\n12 quit\n"), "test"), folder.path())));
  }
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      INFO(i << " and " << j);
      CHECK(pictures[i].pixels != pictures[j].pixels);
    }
  }
  const Picture plain = play(sessions_of({smoke_config()}),
                             scripted(parse_script("2 key 2\n3 key d\n4 down Up\n20 quit\n", "test"), folder.path()));
  CHECK(num_colours(plain) > 50);
}

TEST_CASE("arrows take over while held, pause stops, and looking back shows what was", "[viewer]") {
  const TemporaryFolder folder;
  const auto at = [&](const std::string& script, int frame) {
    Window window(smoke_session(), scripted(parse_script(script + "\n1000 quit\n", "test"), folder.path()));
    for (int i = 0; i < frame; ++i) {
      REQUIRE(window.frame());
    }
    return window.picture().pixels;
  };
  CHECK(at("5 down Up", 30) != at("", 30));              // gas
  CHECK(at("5 key Space", 8) == at("5 key Space", 30));  // nothing moves
  CHECK(at("5 key Space", 8) != at("5 key Space\n10 key ,", 30));
  // A step back and one forward lead to the same moment.
  CHECK(at("5 key Space", 30) == at("5 key Space\n10 key ,\n14 key .", 30));
  CHECK(at("5 key i", 30) != at("", 30));  // the car's instruments
  CHECK(at("5 key i\n9 key i", 30) == at("", 30));
  CHECK(at("5 key F1", 10) != at("", 10));
  CHECK(at("5 key F1\n6 key F1", 10) == at("", 10));
  CHECK(at("5 key h", 10) != at("", 10));
  // Whoever loses the window's attention holds no key any more.
  CHECK(at("5 down Up\n6 focus lost", 300 / 10) == at("5 down Up\n6 up Up", 300 / 10));
}

TEST_CASE("dragging a latent's bar in the dream changes the dream", "[viewer]") {
  const TemporaryFolder folder;
  // The bars fill the lower right.
  const auto dream_after = [&](const std::string& start, const std::string& drag, int* step) {
    WindowOptions options = scripted(parse_script(start + drag + "40 quit\n", "test"), folder.path());
    options.width = 1280;
    options.height = 800;
    Sessions sessions = smoke_session();
    const Session& shown = *sessions.front();
    Window window(std::move(sessions), options);
    while (window.frame()) {
    }
    *step = shown.now().dream_step;
    return shown.now().dream;
  };
  int still = 0, moved = 0, before = 0;
  const std::string paused = "1 key 2\n10 key Space\n";
  const Picture plain = dream_after(paused, "", &still);
  CHECK(dream_after(paused, "15 drag 1108 560 1180 560\n", &moved) != plain);
  CHECK(moved == still);

  // While it plays on, a bar that is held holds the dream too.
  dream_after("1 key 2\n", "", &before);
  dream_after("1 key 2\n", "15 drag 1108 560 1180 560\n", &moved);
  CHECK(moved < before);
  CHECK(moved > before - 10);
}

TEST_CASE("screenshots take the next free name, and a film is written from the window", "[viewer]") {
  const TemporaryFolder folder;
  WindowOptions options = scripted(parse_script("2 key p\n4 key p\n8 quit\n", "test"), folder.path());
  options.record = folder / "film";
  Window(smoke_session(), options).run();
  CHECK(std::filesystem::exists(folder / "screenshot-0001.png"));
  CHECK(std::filesystem::exists(folder / "screenshot-0002.png"));
  CHECK_FALSE(std::filesystem::exists(folder / "screenshot-0003.png"));
  CHECK(std::filesystem::exists(folder / "film/frame-000008.png"));
  CHECK_FALSE(std::filesystem::exists(folder / "film/frame-000009.png"));
}

TEST_CASE("a picture or film that cannot be written is an error at the window's end", "[viewer]") {
  const TemporaryFolder folder;
  write_plainly(folder / "file", "");
  for (const char* key : {"p", "g", "shift+g"}) {
    const auto script = parse_script(str("2 key ", key, "\n4 quit\n"), "test");
    CHECK_THAT(message_of<Error>([&] { Window(smoke_session(), scripted(script, folder / "file/films")).run(); }),
               ContainsSubstring("file/films: no folder can be made here"));
  }
  for (const bool with_script : {true, false}) {
    WindowOptions options =
        scripted(with_script ? parse_script("20 quit\n", "test") : std::vector<ScriptEvent>(), folder.path());
    options.scripted = with_script;
    options.seconds = with_script ? std::nullopt : std::optional(0.4);
    options.record = folder / "film";
    Window window(smoke_session(), options);
    window.frame();
    std::filesystem::remove_all(options.record);  // as a disk that is full
    CHECK_THAT(message_of<Error>([&] { window.run(); }), ContainsSubstring(": cannot be written"));
  }
  WindowOptions options = scripted({}, folder.path());
  for (const char* film : {"none/film.mp4", "none/film.gif", "file/film"}) {
    options.record = folder / film;
    CHECK_THAT(message_of<Error>([&] { Window(smoke_session(), options); }), ContainsSubstring(folder / film));
  }
}

TEST_CASE("a window with threads plays, and ends by itself", "[viewer]") {
  const TemporaryFolder folder;
  WindowOptions options = scripted({}, folder.path());
  options.scripted = false;
  options.seconds = 0.4;
  Window window(smoke_session(), options);
  window.run();
  CHECK(num_colours(window.picture()) > 200);
}

TEST_CASE("the next episode begins by itself, unless it is told to stay", "[viewer]") {
  const TemporaryFolder folder;
  const auto seed_after = [&](int frames, const std::string& keys, bool stays) {
    Sessions sessions = smoke_session();
    const Session& shown = *sessions.front();
    // Eight steps a frame: 1,000 steps are over by frame 130.
    WindowOptions options =
        scripted(parse_script("0 key +\n0 key +\n0 key +\n0 key +\n" + keys + "900 quit\n", "test"), folder.path());
    options.stays = stays;
    Window window(std::move(sessions), options);
    for (int i = 0; i < frames; ++i) {
      REQUIRE(window.frame());
    }
    return shown.seed();
  };
  CHECK(seed_after(200, "", false) == 0);  // the end is shown for two seconds
  CHECK(seed_after(260, "", false) == 1);
  CHECK(seed_after(260, "", true) == 0);
  CHECK(seed_after(260, "190 key a\n", false) == 0);
  CHECK(seed_after(330, "190 key a\n210 key a\n", false) == 1);
  CHECK(seed_after(260, "190 key Space\n", false) == 0);
}

TEST_CASE("at an episode's end the keys that need another begin it", "[viewer]") {
  const TemporaryFolder folder;
  for (const char* key : {"3", "d"}) {
    Sessions sessions = smoke_session();
    const Session& shown = *sessions.front();
    Window window(std::move(sessions), scripted(parse_script(str("0 key +\n0 key +\n0 key +\n0 key +\n140 key -\n"
                                                                 "140 key -\n140 key -\n140 key -\n160 key ",
                                                                 key, "\n900 quit\n"),
                                                             "test"),
                                                folder.path()));
    for (int i = 0; i < 170; ++i) {
      REQUIRE(window.frame());
    }
    INFO(key);
    CHECK(shown.seed() == 1);
    CHECK(shown.mode() == Mode::locked);
    CHECK(shown.now().step > 0);
    CHECK(shown.now().step == shown.now().dream_step);
  }
}

TEST_CASE("after a dream alone, locked takes a game that has time left", "[viewer]") {
  const TemporaryFolder folder;
  const auto seed_after_dream = [&](int dream_at) {
    Sessions sessions = smoke_session();
    const Session& shown = *sessions.front();
    Window window(std::move(sessions), scripted(parse_script(str("0 key +\n0 key +\n0 key +\n0 key +\n", dream_at,
                                                                 " key 2\n", dream_at + 3, " key 3\n900 quit\n"),
                                                             "test"),
                                                folder.path()));
    for (int i = 0; i < dream_at + 5; ++i) {
      REQUIRE(window.frame());
    }
    CHECK(shown.mode() == Mode::locked);
    return shown.seed();
  };
  CHECK(seed_after_dream(60) == 0);   // 520 steps are left
  CHECK(seed_after_dream(110) == 1);  // 120
}

TEST_CASE("a run that trains goes on to the next seed by itself, also where it was told to stay", "[viewer]") {
  const TemporaryFolder folder;
  const std::filesystem::path run = folder / "run";
  std::filesystem::copy(smoke_run(), run, std::filesystem::copy_options::recursive);
  const auto seed_after = [&](int frames) {
    Sessions sessions = sessions_of({run});
    const Session& shown = *sessions.front();
    sessions.front()->follow(Follow::at_reset);
    // Eight steps a frame: 1,000 steps are over by frame 130.
    WindowOptions options =
        scripted(parse_script("0 key +\n0 key +\n0 key +\n0 key +\n900 quit\n", "test"), folder.path());
    options.stays = true;
    Window window(std::move(sessions), options);
    for (int i = 0; i < frames; ++i) {
      REQUIRE(window.frame());
    }
    return shown.seed();
  };
  CHECK(seed_after(260) == 0);
  const Experiment training = Experiment::create(load_config(run / "config.yaml"), run, {"reverie", "train"});
  CHECK(seed_after(200) == 0);  // the end is shown for two seconds
  CHECK(seed_after(260) == 1);
}

TEST_CASE("two runs stay on one seed, and keys act on both", "[viewer]") {
  const TemporaryFolder folder;
  const std::filesystem::path one = folder / "one", other = folder / "other";
  for (const std::filesystem::path& run : {one, other}) {
    std::filesystem::copy(smoke_run(), run, std::filesystem::copy_options::recursive);
    // So little training may end any dream after a few steps, on one kind of processor and not on another.
    std::string config = read_file(run / "config.yaml");
    const std::size_t at = config.find("end: threshold");
    REQUIRE(at != std::string::npos);
    config.replace(at, std::string("end: threshold").size(), "end: never");
    write_file_atomically(run / "config.yaml", config);
  }
  std::filesystem::remove_all(other / "iteration-01");  // another controller and another model
  Sessions sessions = sessions_of({one, other});
  const Session& left = *sessions[0];
  const Session& right = *sessions[1];
  const auto both = [&](const auto& holds) { return holds(left) && holds(right); };
  const auto seed_is = [](std::uint64_t seed) { return [seed](const Session& s) { return s.seed() == seed; }; };
  const auto mode_is = [](Mode mode) { return [mode](const Session& s) { return s.mode() == mode; }; };
  Window window(std::move(sessions), scripted(parse_script("10 key 3\n"
                                                           "20 key n\n20 key n\n26 key 1\n"
                                                           "30 key Space\n"
                                                           "35 key .\n"
                                                           "40 key Space\n"
                                                           "50 key Tab\n"
                                                           "60 key shift+n\n"
                                                           "70 key 1\n"
                                                           "80 down Up\n90 up Up\n"
                                                           "100 key +\n101 key +\n102 key +\n103 key +\n"
                                                           "2000 quit\n",
                                                           "test"),
                                              folder.path()));
  int frame = 0;
  const auto play_until = [&](int until) {
    for (; frame < until; ++frame) {
      REQUIRE(window.frame());
    }
  };
  play_until(15);
  CHECK(both(mode_is(Mode::locked)));
  CHECK(left.now().step == right.now().step);
  CHECK(left.now().action != right.now().action);
  play_until(25);
  CHECK(both(seed_is(2)));
  play_until(33);
  const int paused_at = left.now().step;
  CHECK(right.now().step == paused_at);
  play_until(38);
  CHECK(both([&](const Session& s) { return s.now().step == paused_at + 1; }));
  play_until(45);
  CHECK(both([&](const Session& s) { return s.now().step > paused_at + 1; }));
  play_until(55);
  CHECK(both(mode_is(Mode::dream)));
  play_until(75);
  CHECK(both(mode_is(Mode::game)));
  play_until(85);
  CHECK(both([](const Session& s) { return s.now().by_person && s.now().action[1] == 1.0f; }));

  // To the end of both, and on with the next seed, together.
  const std::uint64_t seed = left.seed();
  CHECK(right.seed() == seed);
  while (left.seed() == seed && frame < 1900) {
    play_until(frame + 1);
    REQUIRE(left.seed() == right.seed());
  }
  CHECK(both(seed_is(seed + 1)));
  const Picture picture = window.picture();
  CHECK(picture.width == 700);
}

TEST_CASE("a mode that one of two runs has not is refused for both", "[viewer]") {
  const TemporaryFolder folder;
  Sessions sessions = sessions_of({smoke_run(), smoke_config()});
  const Session& run = *sessions[0];
  const Session& plain = *sessions[1];
  Window window(std::move(sessions),
                scripted(parse_script("0 key 2\n5 key 4\n10 key Tab\n20 quit\n", "test"), folder.path()));
  for (int frame = 0; frame < 15; ++frame) {
    REQUIRE(window.frame());
    REQUIRE(run.mode() == Mode::game);
    REQUIRE(plain.mode() == Mode::game);
  }
}

TEST_CASE("two runs in windows of any size, in every mode, with threads too", "[viewer]") {
  const TemporaryFolder folder;
  for (const char* mode : {"1", "2", "3", "4"}) {
    for (const auto& [width, height] : {std::pair(320, 320), std::pair(1280, 720), std::pair(400, 900)}) {
      WindowOptions options = scripted(parse_script(str("2 key ", mode, "\n9 quit\n"), "test"), folder.path());
      options.width = width;
      options.height = height;
      CHECK(num_colours(play(sessions_of({smoke_run(), smoke_run()}), options)) > 50);
    }
  }
  WindowOptions options = scripted({}, folder.path());
  options.scripted = false;
  options.seconds = 0.4;
  Window window(sessions_of({smoke_run(), smoke_run()}), options);
  const std::string speed = window.run();
  CHECK(speed.find("\nrun: ") != std::string::npos);
  CHECK(num_colours(window.picture()) > 200);
}

TEST_CASE("a window that rests is not drawn again, one that is hidden not at all", "[viewer]") {
  const TemporaryFolder folder;
  WindowOptions options = scripted({}, folder.path());
  options.scripted = false;
  Window window(smoke_session(), options);
  const auto drawn_in = [&window](int frames) {
    const int before = window.frames_drawn();
    for (int i = 0; i < frames; ++i) {
      REQUIRE(window.frame());
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return window.frames_drawn() - before;
  };
  const auto press = [](SDL_Keycode code) {
    SDL_Event event{};
    event.type = SDL_KEYDOWN;
    event.key.keysym.sym = code;
    SDL_PushEvent(&event);
    event.type = SDL_KEYUP;
    SDL_PushEvent(&event);
  };
  CHECK(drawn_in(40) > 0);
  press(SDLK_SPACE);
  drawn_in(500);  // the player stands, its note is gone, and so is a tooltip
  CHECK(drawn_in(400) == 0);

  press(SDLK_i);  // a key that changes what is shown
  const int after_key = drawn_in(500);
  CHECK(after_key > 10);
  CHECK(after_key < 100);
  CHECK(drawn_in(100) == 0);

  SDL_Window* const sdl = SDL_GetWindowFromID(1);
  REQUIRE(sdl != nullptr);
  SDL_HideWindow(sdl);
  press(SDLK_SPACE);  // it plays
  CHECK(drawn_in(100) == 0);
  SDL_ShowWindow(sdl);
  CHECK(drawn_in(100) > 10);
}

TEST_CASE("the text follows the size of the picture, a person, and the room there is", "[viewer]") {
  const TemporaryFolder folder;
  const auto scale_of = [&](int width, int height, const std::string& script, std::optional<double> wanted = {}) {
    WindowOptions options = scripted(parse_script(script + "20 quit\n", "test"), folder.path());
    options.width = width;
    options.height = height;
    options.scale = wanted;
    play(sessions_of({smoke_config()}), options);
    return theme::scale();
  };
  CHECK(scale_of(1280, 800, "") == 1);
  CHECK(scale_of(3840, 2160, "") == 2);
  CHECK(scale_of(1280, 800, "2 resize 3840 2160\n") == 2);
  CHECK(scale_of(1280, 800, "2 key ctrl++\n4 key ctrl++\n6 key ctrl++\n") == 1.5f);  // more has no room
  CHECK(scale_of(1280, 800, "2 key ctrl++\n4 key ctrl+-\n6 key ctrl+-\n") == 0.75f);
  CHECK(scale_of(1280, 800, "2 key ctrl++\n4 key ctrl+0\n") == 1);
  CHECK(scale_of(1280, 800, "", 1.25) == 1.25f);
  CHECK(scale_of(640, 480, "", 4) == 1);
}

TEST_CASE("the card is shown until a key or a click, and stays away for good when asked to", "[viewer]") {
  const TemporaryFolder folder;
  const auto picture_after = [&](const std::string& script) {
    return play(sessions_of({smoke_config()}), scripted(parse_script(script + "30 quit\n", "test"), folder.path()))
        .pixels;
  };
  const auto without = picture_after("");
  CHECK(picture_after("2 key c\n") != without);
  CHECK(picture_after("2 key c\n4 key r\n") == without);  // the key does nothing else
  CHECK(picture_after("2 key c\n4 click 10 10\n8 move 0 0\n") == picture_after("8 move 0 0\n"));

  const std::filesystem::path settings = folder / "config/reverie/play";
  const auto press = [&](SDL_Keycode key, bool is_scripted) {
    WindowOptions options = scripted({}, folder.path());
    options.scripted = is_scripted;
    options.card = true;
    options.settings = settings;
    Window window(sessions_of({smoke_config()}), options);
    REQUIRE(window.frame());
    SDL_Event event{};
    event.type = SDL_KEYDOWN;
    event.key.keysym.sym = key;
    SDL_PushEvent(&event);
    REQUIRE(window.frame());
  };
  press(SDLK_a, false);
  press(kNeverAgainKey, true);
  CHECK_FALSE(std::filesystem::exists(settings));
  press(kNeverAgainKey, false);
  CHECK_FALSE(read_settings(settings).card);
}

TEST_CASE("whatever can be pointed at has its sentence, and every sentence its place", "[viewer]") {
  const TemporaryFolder folder;
  WindowOptions options = scripted(parse_script("2 drag 1070 223 1094 223\n10 key 2\n20 key 3\n30 key 4\n40 key 1\n"
                                                "50 key Space\n60 quit\n",
                                                "test"),
                                   folder.path());
  options.width = 1280;
  options.height = 800;
  Sessions sessions;  // driven by the planner, which has a pane of its own
  sessions.push_back(std::make_unique<Session>(
      smoke_run(), std::vector<std::string>{"planner.candidates=8", "planner.elites=2", "planner.iterations=1"}, true));
  play(std::move(sessions), options);
  std::set<std::string_view> said;
  for (const std::string& name : names_pointed_at()) {
    INFO(name);
    CHECK_FALSE(explanation_of(name).empty());
    said.insert(explanation_of(name));
  }
  for (const Explanation& row : explanations()) {
    INFO(row.name);
    CHECK(said.count(row.sentence) == 1);
  }
}

TEST_CASE("a film drawn on a busy machine is as long as it took", "[viewer]") {
  const TemporaryFolder folder;
  std::atomic<bool> busy = true;
  std::vector<std::thread> others;
  for (unsigned i = 0; i < 2 * std::max(1u, std::thread::hardware_concurrency()); ++i) {
    others.emplace_back([&busy] {
      while (busy) {
      }
    });
  }
  for (const char* mode : {"game", "dream", "locked", "browse"}) {
    INFO(mode);
    Sessions sessions = smoke_session();
    for (const Mode wanted : {Mode::game, Mode::dream, Mode::locked, Mode::browse}) {
      if (std::string(mode) == to_string(wanted)) {
        sessions.front()->set_mode(wanted);
      }
    }
    WindowOptions options = scripted({}, folder.path());
    options.scripted = false;
    options.seconds = 1.0;
    options.record = folder / mode;
    const std::string words = Window(std::move(sessions), options).run();
    CHECK(words.find(str("written: ", options.record.string(), ", 50 frames, 1.00 s")) != std::string::npos);
    CHECK(std::filesystem::exists(options.record / "frame-000050.png"));
    CHECK_FALSE(std::filesystem::exists(options.record / "frame-000051.png"));
  }
  busy = false;
  for (std::thread& other : others) {
    other.join();
  }
}

TEST_CASE("a film of the pictures alone, and one that Shift+g makes a GIF in a folder of its own", "[viewer]") {
  const TemporaryFolder folder;
  WindowOptions options =
      scripted(parse_script("1 key shift+g\n6 key shift+g\n7 key v\n8 key shift+g\n12 key g\n14 quit\n", "test"),
               folder / "films");
  play(smoke_session(), options);
  const auto size_of_gif = [&](const char* name) {
    const std::string bytes = read_file(folder / "films" / name);
    REQUIRE(bytes.rfind("GIF89a", 0) == 0);
    const auto number = [&](std::size_t at) {
      return static_cast<unsigned char>(bytes[at]) + 256 * static_cast<unsigned char>(bytes[at + 1]);
    };
    return std::pair(number(6), number(8));
  };
  CHECK(size_of_gif("recording-0001.gif") == std::pair(700, 500));
  const auto [width, height] = size_of_gif("recording-0002.gif");
  const Box panes = lay_out_window(700, 500, true, 1).sides.front().panes;
  CHECK(width == panes.width);
  CHECK(height == panes.height);
}

TEST_CASE("50 sequences of keys", "[viewer]") {
  const TemporaryFolder folder;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    INFO("sequence " << seed);
    Rng rng(seed);
    std::string script;
    for (int i = 0; i < 20; ++i) {
      const KeyBinding& binding = any_key(rng);
      const std::string key = str(binding.shift  ? "shift+"
                                  : binding.ctrl ? "ctrl+"
                                                 : "",
                                  SDL_GetKeyName(binding.codes.front()));
      script += str(2 * i, " key ", key, "\n");
    }
    const Picture last = play(smoke_session(), scripted(parse_script(script + "42 quit\n", "test"), folder.path()));
    CHECK(last.width == 700);
  }
}

TEST_CASE("random events do no harm", "[viewer]") {
  const bool two = GENERATE(false, true);
  const char* wanted = std::getenv("REVERIE_RANDOM_EVENTS");
  const int count = wanted != nullptr ? std::atoi(wanted) : 10'000;
  const TemporaryFolder folder;
  Rng rng(7);
  std::vector<ScriptEvent> script;
  for (int i = 0; i < count; ++i) {
    script.push_back(random_event(rng, i / 8));
  }
  Sessions sessions = two ? sessions_of({smoke_run(), smoke_config()}) : smoke_session();
  std::vector<const Session*> shown;
  for (const auto& session : sessions) {
    shown.push_back(session.get());
  }
  Window window(std::move(sessions), scripted(script, folder.path()));
  int frames = 0;
  while (window.frame()) {
    push_odd_event(rng);
    ++frames;
    for (const Session* session : shown) {
      check_courses(*session);
    }
  }
  CHECK(frames >= count / 8);
}
