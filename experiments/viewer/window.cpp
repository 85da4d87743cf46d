#include "experiments/viewer/window.h"

#include <SDL.h>
#include <imgui.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <optional>
#include <string>
#include <thread>

#include "env/error.h"
#include "experiments/run/png.h"
#include "experiments/run/stop_flag.h"
#include "experiments/viewer/game_controller.h"
#include "experiments/viewer/imgui_renderer.h"
#include "experiments/viewer/input.h"
#include "experiments/viewer/keys_overlay.h"
#include "experiments/viewer/panels.h"
#include "experiments/viewer/plot_strip.h"
#include "experiments/viewer/sdl_window.h"
#include "experiments/viewer/session_commands.h"
#include "experiments/viewer/side.h"
#include "experiments/viewer/video_recorder.h"

namespace reverie {
namespace {

constexpr double kFrameSeconds = 1.0 / kFilmRate;
constexpr int kNoteFrames = 4 * kFilmRate;
constexpr int kFramesOver = 2 * kFilmRate;  // that an episode's end is shown where the next one begins by itself

// The first of name-0001.ending, name-0002.ending, ... that is not there.
std::filesystem::path free_name(const std::filesystem::path& folder, const std::string& name,
                                const std::string& ending) {
  for (int number = 1;; ++number) {
    std::string digits = std::to_string(number);
    digits.insert(0, 4 - std::min<std::size_t>(4, digits.size()), '0');
    const std::filesystem::path path = folder / (name + "-" + digits + ending);
    if (!std::filesystem::exists(path)) {
      return path;
    }
  }
}

Sides make_sides(std::vector<std::unique_ptr<Session>> sessions, bool threaded, SDL_Renderer* renderer) {
  Sides sides;
  for (auto& session : sessions) {
    sides.push_back(std::make_unique<Side>(std::move(session), threaded, renderer));
  }
  return sides;
}

}  // namespace

struct Window::Impl {
  Impl(std::vector<std::unique_ptr<Session>> sessions, const WindowOptions& given)
      : options(given),
        sdl(given.headless),
        window(given.width, given.height),
        imgui(window, given.scripted),
        renderer(window.renderer),
        commands(sides, sessions.front()->seed()),
        sides(make_sides(std::move(sessions), !given.scripted, window.renderer)),
        panels(window.renderer, sides, commands, [this](KeyCommand command) { obey(command); }) {
    if (options.scripted) {
      SDL_ShowCursor(SDL_DISABLE);
    }
    if (!options.record.empty()) {
      start_recording(options.record);
    }
  }

  ~Impl() {
    SDL_FlushEvents(SDL_FIRSTEVENT, SDL_LASTEVENT);  // none is left for a next window
  }

  void press(KeyCommand command) {
    if (help && command != KeyCommand::quit) {
      help = false;  // any key closes it, and does nothing else
    } else {
      obey(command);
    }
  }

  void obey(KeyCommand command) {
    switch (command) {
      case KeyCommand::record:
        return recorder == nullptr ? start_recording({}) : stop_recording();
      case KeyCommand::screenshot:
        screenshots.push_back(free_name(options.out, "screenshot", ".png"));
        return;
      case KeyCommand::panels:
        with_panels = !with_panels;
        return;
      case KeyCommand::instruments:
        instruments = !instruments;
        return;
      case KeyCommand::stay:
        stays = !stays;
        say(stays ? "stays at an episode's end" : "goes on with the next episode by itself");
        return;
      case KeyCommand::help:
        help = true;
        return;
      case KeyCommand::quit:
        input.closed = true;
        return;
      default:
        return commands.obey(command);
    }
  }

  // The next episode begins by itself, a while after the last one's end. Where several runs are shown it is awaited
  // together, and a run that trains is watched without a hand on the keys: there it always does.
  void go_on() {
    bool due = !stays || sides.size() > 1;
    for (const auto& side : sides) {
      due = due || side->view->following;
    }
    goes_on = due;
    for (const auto& side : sides) {
      due = due && !side->view->paused && waits_for_reset(*side->view);
    }
    frames_over = due ? frames_over + 1 : 0;
    if (frames_over == kFramesOver) {
      frames_over = 0;
      commands.obey(KeyCommand::next_seed);
    }
  }

  // path: empty for a free name in the folder of pictures.
  void start_recording(std::filesystem::path path) {
    int width = 0, height = 0;
    SDL_GetRendererOutputSize(window.renderer, &width, &height);
    if (!path.empty()) {
      recorder = std::make_unique<VideoRecorder>(path, height, width, !options.scripted);
      return;
    }
    attempt([&] {
      path = free_name(options.out, "recording", has_ffmpeg() ? ".mp4" : ".gif");
      recorder = std::make_unique<VideoRecorder>(path, height, width, !options.scripted);
      say(str("recording ", path.string()));
    });
  }

  void stop_recording() {
    attempt([&] { say(str("written: ", recorder->finish())); });
    recorder.reset();
  }

  // In the window an error is a message, not the end.
  template <typename Action>
  void attempt(const Action& action) {
    try {
      action();
    } catch (const Error& error) {
      say(error.what());
    }
  }

  void say(const std::string& words) { note = {words, kNoteFrames}; }

  // The window's note and those of the sides, each with its run's name where they differ.
  std::string notes() const {
    std::string words = note.words;
    const bool alike = std::all_of(sides.begin(), sides.end(),
                                   [&](const auto& side) { return side->note.words == sides.front()->note.words; });
    for (std::size_t i = 0; i < (alike ? 1 : sides.size()); ++i) {
      const std::string& said = sides[i]->note.words;
      if (!said.empty()) {
        words += str(words.empty() ? "" : "    ", alike ? "" : sides[i]->name + ": ", said);
      }
    }
    return words;
  }

  // The script's events of this frame become SDL's.
  void play_script() {
    for (; next_event < options.script.size() && options.script[next_event].frame <= frame_number; ++next_event) {
      const ScriptEvent& from = options.script[next_event];
      if (std::optional<SDL_Event> event = to_sdl_event(from)) {
        SDL_PushEvent(&*event);
      } else if (from.kind == ScriptEvent::Kind::resize) {
        SDL_SetWindowSize(window.window, std::max(kSmallestWindow, from.x), std::max(kSmallestWindow, from.y));
      } else {
        screenshots.push_back(options.out / from.name);
      }
    }
    // A script that is over and says nothing of an end ends the window too.
    input.closed = input.closed || (next_event == options.script.size() && !options.script.empty() &&
                                    !options.seconds && options.script.back().frame < frame_number);
  }

  void draw_interface() {
    int width = 0, height = 0;
    SDL_GetRendererOutputSize(window.renderer, &width, &height);
    const int num_sides = static_cast<int>(sides.size());
    const WindowLayout layout = lay_out_window(width, height, with_panels && num_sides == 1, num_sides);
    imgui.begin_page(width, height);
    panels.header(layout.header, recorder != nullptr);
    for (std::size_t i = 0; i < sides.size(); ++i) {
      Side& side = *sides[i];
      const WindowLayout::Side& boxes = layout.sides[i];
      if (num_sides > 1) {
        panels.side_title(boxes.title, side);
      }
      const NextEpisode next{goes_on, (kFramesOver - frames_over + kFilmRate - 1) / kFilmRate};
      const int sharp = side.panes.draw(boxes.panes, *side.view, side.bench, next);
      side.player.set_sharp_size(sharp, sharp, instruments);
      draw_plot_strip(boxes.plots, *side.view, *side.bench.facts(), options.scripted ? 0 : frame_rate);
    }
    panels.transport(layout.transport);
    panels.column(layout.panels);
    panels.status(layout.status, notes());
    imgui.end_page();
    if (help) {
      draw_keys_overlay(width, height, game_keys());
    }
  }

  // Of all games that are shown.
  std::vector<GameKey> game_keys() const {
    std::vector<GameKey> keys;
    for (const auto& side : sides) {
      for (const GameKey& key : side->bench.facts()->keys) {
        const auto same = [&key](const GameKey& other) { return other.key == key.key && other.what == key.what; };
        if (std::none_of(keys.begin(), keys.end(), same)) {
          keys.push_back(key);
        }
      }
    }
    return keys;
  }

  void keep_pictures() {
    for (const std::filesystem::path& path : screenshots) {
      const auto write = [&] {
        const Picture picture = window.read_back();
        write_png(path, picture.height, picture.width, picture.pixels);
      };
      if (options.scripted) {
        write();  // a script's picture that cannot be written is an error
      } else {
        attempt([&] {
          write();
          say(str("written: ", path.string()));
        });
      }
    }
    screenshots.clear();
    if (recorder != nullptr) {
      try {
        recorder->add(window.read_back());
      } catch (const Error& error) {
        recorder.reset();
        say(error.what());
      }
    }
  }

  // Plays on, and takes what there is to show.
  void update(Side& side) const {
    Held held = input.held;
    if (side.player.paused()) {
      held.keys.erase("Left");  // these step through time then
      held.keys.erase("Right");
    }
    const std::shared_ptr<const Facts> facts = side.bench.facts();
    side.person = side.hands.act(facts->game, facts->keys, held, kFrameSeconds);
    side.player.set_person(side.person);
    if (options.scripted) {
      side.player.advance(kFrameSeconds);
    }
    const int told = side.view->num_messages;
    side.view = side.player.view();
    fade(side.note);
    if (side.view->num_messages != told) {
      side.note = {side.view->message, kNoteFrames};
    }
    side.bench.update(*side.view);
  }

  static void fade(Note& shown) {
    if (shown.frames_left > 0 && --shown.frames_left == 0) {
      shown.words.clear();
    }
  }

  bool frame() {
    fade(note);
    if (options.scripted) {
      play_script();
    }
    SDL_Event event;
    while (SDL_PollEvent(&event) != 0) {
      if (const std::optional<KeyCommand> command = take_event(input, event)) {
        press(*command);
      }
      controllers.take_event(event, input.held.sticks);
      imgui.take_event(event);
    }
    if (input.closed) {
      return false;
    }
    go_on();
    for (const auto& side : sides) {
      update(*side);
    }
    imgui.begin_frame(input, kFrameSeconds);
    draw_interface();
    ImGui::Render();
    SDL_SetRenderDrawColor(window.renderer, 0, 0, 0, 255);
    SDL_RenderClear(window.renderer);
    renderer.draw(*ImGui::GetDrawData());
    keep_pictures();
    SDL_RenderPresent(window.renderer);
    ++frame_number;
    return !(options.scripted && options.seconds && frame_number * kFrameSeconds >= *options.seconds);
  }

  const WindowOptions options;
  const Sdl sdl;
  const SdlWindow window;
  const Imgui imgui;
  ImguiRenderer renderer;
  SessionCommands commands;
  Sides sides;
  Panels panels;
  std::unique_ptr<VideoRecorder> recorder;
  std::vector<std::filesystem::path> screenshots;  // to be written after this frame

  Input input;
  GameControllers controllers;
  bool stays = options.stays, goes_on = true;  // at an episode's end
  bool instruments = false;
  bool help = false, with_panels = true;
  Note note;  // the window's own
  int frames_over = 0;
  double frame_rate = 0;
  int frame_number = 0;
  std::size_t next_event = 0;
};

Window::Window(std::vector<std::unique_ptr<Session>> sessions, const WindowOptions& options)
    : impl_(std::make_unique<Impl>(std::move(sessions), options)) {}

Window::~Window() = default;

bool Window::frame() {
  return impl_->frame();
}

Picture Window::picture() const {
  return impl_->window.read_back();
}

std::string Window::run() {
  using Clock = std::chrono::steady_clock;
  const auto seconds_since = [](Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
  };
  const Clock::time_point start = Clock::now();
  Clock::time_point due = start, counted = start;
  int frames = 0;
  double drawing = 0;  // seconds
  const auto timed_frame = [&] {
    const Clock::time_point began = Clock::now();
    const bool goes_on = impl_->frame();
    drawing += seconds_since(began);
    return goes_on;
  };
  while (!stop_requested() && timed_frame()) {
    if (impl_->options.scripted) {
      continue;
    }
    if (impl_->options.seconds && seconds_since(start) >= *impl_->options.seconds) {
      break;
    }
    ++frames;
    if (seconds_since(counted) >= 0.5) {
      impl_->frame_rate = frames / seconds_since(counted);
      frames = 0;
      counted = Clock::now();
    }
    due =
        std::max(due + std::chrono::microseconds(1'000'000 / kFilmRate), Clock::now() - std::chrono::milliseconds(20));
    std::this_thread::sleep_until(due);
  }
  if (impl_->recorder != nullptr) {
    impl_->recorder->finish();  // not as a message: nobody would see it
  }
  const auto count = static_cast<double>(impl_->frame_number);
  char words[200];
  std::snprintf(words, sizeof(words), "%.1f frames/s, %.2f ms each to draw", count / seconds_since(start),
                1e3 * drawing / std::max(1.0, count));
  std::string speed = to_string(impl_->sides.front()->view->mode) + str(": ", words);
  for (const auto& side : impl_->sides) {
    const View& view = *side->view;
    std::snprintf(words, sizeof(words), "%.1f steps/s: game %.2f ms, frames %.2f ms, model %.2f ms, C %.2f ms",
                  view.rate, view.timings.game, view.timings.frames, view.timings.model, view.timings.controller);
    speed += (impl_->sides.size() > 1 ? "\n" + side->name + ": " : "; ") + words;
  }
  return speed;
}

}  // namespace reverie
