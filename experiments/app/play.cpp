// reverie play: the window.
#include <iostream>

#include "env/atomic_file.h"
#include "env/error.h"
#include "experiments/app/commands.h"

#ifdef REVERIE_VIEWER
#include "experiments/run/stop_flag.h"
#include "experiments/viewer/keys.h"
#include "experiments/viewer/settings.h"
#include "experiments/viewer/video_recorder.h"
#include "experiments/viewer/window.h"

namespace reverie {
namespace {

Mode parse_mode(const std::string& name) {
  for (const Mode mode : {Mode::game, Mode::dream, Mode::locked, Mode::browse}) {
    if (name == to_string(mode)) {
      return mode;
    }
  }
  throw Error(ErrorKind::usage, str("--mode: expected game, dream, locked or browse, found '", name, "'"));
}

// A script names its pictures itself, relative to the current folder.
std::filesystem::path folder_of_films(const PlayOptions& options) {
  if (!options.out.empty()) {
    return options.out;
  }
  const std::filesystem::path& first = options.targets.front();
  return options.script.empty() && std::filesystem::is_directory(first) ? first / "films" : ".";
}

// Before anything is played.
void check_outputs(const PlayOptions& options, const WindowOptions& window) {
  if (!options.out.empty()) {
    std::error_code error;
    std::filesystem::create_directories(options.out, error);
    if (!std::filesystem::is_directory(options.out)) {
      throw Error(ErrorKind::other, str(options.out.string(), ": no folder can be made here"));
    }
    check_writable(options.out / "screenshot.png");
  }
  if (!options.record.empty()) {
    check_film(options.record);
  }
  for (const ScriptEvent& event : window.script) {
    if (event.kind == ScriptEvent::Kind::screenshot) {
      check_writable(window.out / event.name);
    }
  }
}

}  // namespace

void play(const PlayOptions& options) {
  if (options.show_keys) {
    std::cout << keys_as_markdown();
    return;
  }
  WindowOptions window;
  window.width = options.width;
  window.height = options.height;
  window.headless = options.headless;
  window.stays = options.stay;
  window.scale = options.scale;
  window.out = folder_of_films(options);
  window.pictures_only = options.pictures_only;
  window.record = options.record;
  window.seconds = options.seconds;
  if (!options.script.empty()) {
    window.scripted = true;
    window.script = read_script(options.script);
  }
  if (!window.scripted && !window.headless) {
    window.settings = settings_file();
    window.card = !options.no_card && read_settings(window.settings).card;
  }
  if ((window.headless || window.scripted) && window.width == 0) {
    window.width = 1280;
    window.height = 800;
  }
  std::vector<std::unique_ptr<Session>> sessions;
  for (const std::filesystem::path& target : options.targets) {
    auto session = std::make_unique<Session>(target, options.overrides, options.planner);
    // A script's pictures must not depend on when a thread finds a file.
    session->follow(options.fixed ? Follow::no : window.scripted ? Follow::at_reset : Follow::beside);
    session->reset(options.seed.value_or(sessions.empty() ? session->showcase_seed() : sessions.front()->seed()));
    if (!options.mode.empty()) {
      const std::string refusal = session->set_mode(parse_mode(options.mode));
      if (!refusal.empty()) {
        throw Error(ErrorKind::usage, str("--mode ", options.mode, ": ", refusal));
      }
    }
    if (options.recording) {
      const std::string refusal = session->set_mode(Mode::browse);
      if (!refusal.empty()) {
        throw Error(ErrorKind::usage, str("--recording: ", refusal));
      }
      session->open_recording(*options.recording, options.at);
    }
    sessions.push_back(std::move(session));
  }
  check_outputs(options, window);
  catch_stop_signals();  // a film is brought to its end
  const std::string speed = Window(std::move(sessions), window).run();
  if ((options.seconds || !options.record.empty()) && !window.scripted) {
    std::cout << speed << "\n";
  }
}

}  // namespace reverie

#else

namespace reverie {

void play(const PlayOptions&) {
  throw Error(
      ErrorKind::other,
      "this build has no window: install libsdl2-dev, libimgui-dev, libstb-dev and libgif-dev, and configure with "
      "-DREVERIE_VIEWER=ON");
}

}  // namespace reverie

#endif
