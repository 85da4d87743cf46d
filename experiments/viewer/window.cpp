#include "experiments/viewer/window.h"

#include <SDL.h>
#include <imgui.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "env/error.h"
#include "experiments/run/png.h"
#include "experiments/run/stop_flag.h"
#include "experiments/viewer/card.h"
#include "experiments/viewer/game_controller.h"
#include "experiments/viewer/imgui_renderer.h"
#include "experiments/viewer/input.h"
#include "experiments/viewer/keys_overlay.h"
#include "experiments/viewer/panels.h"
#include "experiments/viewer/plot_strip.h"
#include "experiments/viewer/scale.h"
#include "experiments/viewer/sdl_window.h"
#include "experiments/viewer/session_commands.h"
#include "experiments/viewer/settings.h"
#include "experiments/viewer/side.h"
#include "experiments/viewer/theme.h"
#include "experiments/viewer/tooltips.h"
#include "experiments/viewer/video_recorder.h"

namespace reverie {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kFrameSeconds = 1.0 / kFilmRate;
constexpr int kNoteFrames = 4 * kFilmRate;
// How many frames are still drawn after the last news, until a tooltip is there; and again when the tooltip goes.
constexpr int kFramesToRest = kFirstTooltipFrame + 10, kFramesToPart = 5;
constexpr int kFramesOver = 2 * kFilmRate;  // that an episode's end is shown where the next one begins by itself

// The first of name-0001.ending, name-0002.ending, ... that is not there. Makes the folder.
std::filesystem::path free_name(const std::filesystem::path& folder, const std::string& name,
                                const std::string& ending) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (!std::filesystem::is_directory(folder)) {
    throw Error(ErrorKind::other, str(folder.string(), ": no folder can be made here; --out names another one"));
  }
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

// The command of a key that is pressed with Ctrl. take_event() ignores these keys.
std::optional<KeyCommand> ctrl_command(const SDL_Event& event) {
  if (event.type != SDL_KEYDOWN || (event.key.keysym.mod & KMOD_CTRL) == 0) {
    return std::nullopt;
  }
  const KeyBinding* const binding = find_binding(event.key.keysym.sym, false, true);
  return binding == nullptr ? std::nullopt : std::optional(binding->command);
}

bool is_modifier(SDL_Keycode code) {
  return code >= SDLK_LCTRL && code <= SDLK_RGUI;
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
    if (options.scale) {
      chosen_scale = static_cast<float>(*options.scale);
    }
    follow_scale();
    overlay = options.card ? Overlay::card : Overlay::none;
    if (!options.record.empty()) {
      start_recording(options.record);
    }
  }

  ~Impl() {
    SDL_FlushEvents(SDL_FIRSTEVENT, SDL_LASTEVENT);  // none is left for a next window
  }

  // Any key or click closes what lies over the window, and does nothing else. True: this event did.
  bool close_overlay(const SDL_Event& event, const std::optional<KeyCommand>& command) {
    const bool clicked = event.type == SDL_MOUSEBUTTONDOWN;
    const bool pressed = event.type == SDL_KEYDOWN && event.key.repeat == 0 && !is_modifier(event.key.keysym.sym);
    const bool stays = command == KeyCommand::quit || command == KeyCommand::screenshot ||
                       command == KeyCommand::fullscreen || command == KeyCommand::larger ||
                       command == KeyCommand::smaller || command == KeyCommand::own_scale;
    if (overlay == Overlay::none || stays || !(clicked || pressed)) {
      return false;
    }
    const auto within = [](const Box& box, int x, int y) {
      return x >= box.x && y >= box.y && x < box.x + box.width && y < box.y + box.height;
    };
    if (overlay == Overlay::card &&
        (clicked ? within(never_again, event.button.x, event.button.y) : event.key.keysym.sym == kNeverAgainKey)) {
      say("the card stays away; c shows it");
      if (!options.scripted && !options.settings.empty()) {
        write_settings(options.settings, {false});
      }
    }
    overlay = Overlay::none;
    return true;
  }

  void obey(KeyCommand command) {
    switch (command) {
      case KeyCommand::record:
        return recorder == nullptr ? start_recording({}, has_ffmpeg() ? ".mp4" : ".gif") : stop_recording();
      case KeyCommand::record_gif:
        return recorder == nullptr ? start_recording({}, ".gif") : stop_recording();
      case KeyCommand::film_part:
        pictures_only = !pictures_only;
        say(str(recorder == nullptr ? "films" : "the next film",
                pictures_only ? ": the pictures alone" : ": the whole window"));
        return;
      case KeyCommand::screenshot:
        return attempt([this] { screenshots.push_back(free_name(options.out, "screenshot", ".png")); });
      case KeyCommand::panels:
        with_panels = !with_panels;
        return;
      case KeyCommand::instruments:
        instruments = !instruments;
        return;
      case KeyCommand::stay:
        stays_at_end = !stays_at_end;
        say(stays_at_end ? "stays at an episode's end" : "goes on with the next episode by itself");
        return;
      case KeyCommand::help:
        overlay = Overlay::keys;
        return;
      case KeyCommand::card:
        overlay = Overlay::card;
        return;
      case KeyCommand::larger:
        return change_scale(theme::scale() + kScaleStep);
      case KeyCommand::smaller:
        return change_scale(theme::scale() - kScaleStep);
      case KeyCommand::own_scale:
        chosen_scale.reset();
        return follow_scale();
      case KeyCommand::fullscreen:
        return change_fullscreen();
      case KeyCommand::quit:
        input.closed = true;
        return;
      default:
        return commands.obey(command);
    }
  }

  // The next episode begins by itself, two seconds after the last one's end, unless it was told to stay. With several
  // runs it begins when all have ended. With several runs, or one that trains, it always begins.
  void go_on() {
    bool due = !stays_at_end || sides.size() > 1;
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

  // ---- The scale of text and panels.

  void follow_scale() {
    const int width = window.width(), height = window.height();
    const bool seen = !options.headless && !options.scripted;  // a script's pictures are the same on all displays
    const float own = seen ? window.display_scale() : scale_of_display(height, 0);
    const float wanted = scale_within(chosen_scale.value_or(own), width, height);
    if (wanted != theme::scale()) {
      theme::apply(wanted);
      renderer.upload_fonts();
    }
  }

  void change_scale(float wanted) {
    const float before = theme::scale();
    chosen_scale = std::clamp(wanted, kSmallestScale, kLargestScale);
    follow_scale();
    chosen_scale = theme::scale();
    if (theme::scale() == before) {
      say(wanted > before ? "larger text has no room in this window" : "the text is as small as it gets");
    }
  }

  void change_fullscreen() {
    if (options.headless || options.scripted) {
      return say("no display to fill");
    }
    const bool full = (SDL_GetWindowFlags(window.window) & SDL_WINDOW_FULLSCREEN_DESKTOP) != 0;
    if (SDL_SetWindowFullscreen(window.window, full ? 0 : SDL_WINDOW_FULLSCREEN_DESKTOP) != 0) {
      say(str("no full screen: ", SDL_GetError()));
    }
  }

  // ---- Films.

  WindowLayout layout() const {
    const int num_sides = static_cast<int>(sides.size());
    return lay_out_window(window.width(), window.height(), with_panels && num_sides == 1, num_sides, theme::scale());
  }

  // The part of the window that a film shows: all of it, or the area of the pictures.
  Box film_box() const {
    const Box whole{0, 0, window.width(), window.height()};
    const std::vector<WindowLayout::Side> all = layout().sides;
    const Box &first = all.front().title, &last = all.back().panes;
    const int top = all.size() > 1 ? first.y : all.front().panes.y;
    const Box pictures{all.front().panes.x, top, last.x + last.width - all.front().panes.x, last.y + last.height - top};
    return film_of_pictures && pictures.width > 0 && pictures.height > 0 ? pictures : whole;
  }

  // path: empty for a free name in the folder of pictures, with that ending.
  void start_recording(std::filesystem::path path, const char* ending = "") {
    const bool named = !path.empty();
    const auto start = [&] {
      path = named ? path : free_name(options.out, "recording", ending);
      film_of_pictures = pictures_only;
      const Box box = film_box();
      recorder = std::make_unique<VideoRecorder>(path, box.height, box.width);
      film_start = Clock::now();
    };
    if (named) {
      return start();
    }
    attempt([&] {
      start();
      say(str("recording ", path.string()));
    });
  }

  double film_seconds() const {
    return std::chrono::duration<double>(std::min(Clock::now(), ends_at) - film_start).count();
  }

  std::string finish_recording() {
    const std::unique_ptr<VideoRecorder> finished = std::move(recorder);
    return finished->finish(options.scripted ? 0 : film_seconds());
  }

  void stop_recording() {
    attempt([&] { say(str("written: ", finish_recording())); });
  }

  // An error while a picture or film is written becomes a message and does not close the window. run() throws the first
  // of them at its end.
  template <typename Action>
  void attempt(const Action& action) {
    try {
      action();
    } catch (const Error& error) {
      lose(error);
    }
  }

  void lose(const Error& error) {
    say(error.what());
    if (!first_lost) {
      first_lost = error;
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
        if (from.ctrl) {
          event->key.keysym.mod |= KMOD_CTRL;
        }
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
    const int width = window.width(), height = window.height();
    const WindowLayout boxes_of = layout();
    imgui.begin_page(width, height);
    panels.header(boxes_of.header, recorder != nullptr);
    for (std::size_t i = 0; i < sides.size(); ++i) {
      Side& side = *sides[i];
      const WindowLayout::Side& boxes = boxes_of.sides[i];
      if (sides.size() > 1) {
        panels.side_title(boxes.title, side);
      }
      const NextEpisode next{goes_on, (kFramesOver - frames_over + kFilmRate - 1) / kFilmRate};
      const int sharp = side.panes.draw(boxes.panes, *side.view, side.bench, next);
      side.player.set_sharp_size(sharp, sharp, instruments);
      draw_plot_strip(boxes.plots, *side.view, *side.bench.facts(), options.scripted ? 0 : frame_rate);
    }
    panels.transport(boxes_of.transport);
    panels.column(boxes_of.panels);
    panels.status(boxes_of.status, notes());
    imgui.end_page();
    if (overlay == Overlay::keys) {
      draw_overlay(lay_out_keys(width, height, sides.front()->view->mode, game_keys()), true);
    } else if (overlay == Overlay::card) {
      const Card card = lay_out_card(width, height);
      never_again = card.never_again;
      draw_overlay(card.page, false);
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
        if (options.scripted) {
          recorder->add(window.read_back(film_box()));
        } else {
          recorder->show(window.read_back(film_box()), film_seconds());
        }
      } catch (const Error& error) {
        recorder.reset();
        lose(error);
      }
    }
  }

  // Plays on, and takes the newest view. True if it is another one than before.
  bool update(Side& side) const {
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
    const std::shared_ptr<const View> before = std::exchange(side.view, side.player.view());
    fade(side.note);
    if (side.view->num_messages != before->num_messages) {
      side.note = {side.view->message, kNoteFrames};
    }
    side.bench.update(*side.view);  // what it asked for comes with a new view
    return side.view != before;
  }

  // True if somebody can see the window and it may look different from the last frame. news: an event or a new view has
  // come, or something is moving.
  bool needs_drawing(bool news) {
    frames_at_rest = news ? 0 : frames_at_rest + 1;
    if (options.scripted || recorder != nullptr || !screenshots.empty()) {
      return true;
    }
    const bool seen = (SDL_GetWindowFlags(window.window) & (SDL_WINDOW_MINIMIZED | SDL_WINDOW_HIDDEN)) == 0;
    const int parting = frames_at_rest - kLastTooltipFrame;
    return seen && (frames_at_rest < kFramesToRest || (parting >= 0 && parting < kFramesToPart));
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
    bool news = false, resized = false;  // resized: or moved to another display
    while (SDL_PollEvent(&event) != 0) {
      news = true;
      std::optional<KeyCommand> command = take_event(input, event);
      command = command ? command : ctrl_command(event);
      if (close_overlay(event, command)) {
        input.pressed = false;
        input.typed.reset();
        continue;
      }
      if (command) {
        obey(*command);
      }
      controllers.take_event(event, input.held.sticks);
      imgui.take_event(event);
      resized = resized || event.type == SDL_WINDOWEVENT;
    }
    if (input.closed) {
      return false;
    }
    if (resized) {
      follow_scale();
    }
    go_on();
    for (const auto& side : sides) {
      news = update(*side) || news;
    }
    news = news || input.pressed || !input.held.empty() || frames_over > 0 || notes() != drawn_notes;
    ++frames_waited;
    if (!needs_drawing(news)) {
      return true;
    }
    drawn_notes = notes();
    imgui.begin_frame(input, kFrameSeconds);
    begin_tooltips(std::exchange(frames_waited, 0), overlay != Overlay::none || !input.held.empty());
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
  bool stays_at_end = options.stays, goes_on = true;
  bool instruments = false;
  enum class Overlay { none, keys, card } overlay = Overlay::none;
  Box never_again;  // the card's button, as last drawn
  bool with_panels = true;
  std::optional<float> chosen_scale;           // by a person
  bool pictures_only = options.pictures_only;  // the next film
  bool film_of_pictures = false;               // this one
  Clock::time_point film_start, ends_at = Clock::time_point::max();
  Note note;                        // the window's own
  std::optional<Error> first_lost;  // why a picture or a film is not there
  int frames_over = 0;
  double frame_rate = 0;
  int frame_number = 0;                       // of those drawn
  int frames_at_rest = 0, frames_waited = 0;  // since the last news; since the last one drawn
  std::string drawn_notes;
  std::size_t next_event = 0;
};

Window::Window(std::vector<std::unique_ptr<Session>> sessions, const WindowOptions& options)
    : impl_(std::make_unique<Impl>(std::move(sessions), options)) {}

Window::~Window() = default;

bool Window::frame() {
  return impl_->frame();
}

int Window::frames_drawn() const {
  return impl_->frame_number;
}

Picture Window::picture() const {
  return impl_->window.read_back();
}

std::string Window::run() {
  const auto seconds_since = [](Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
  };
  const Clock::time_point start = Clock::now();
  if (impl_->options.seconds && !impl_->options.scripted) {
    impl_->ends_at =
        start + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(*impl_->options.seconds));
  }
  impl_->film_start = start;  // if the film begins with the window
  Clock::time_point due = start, counted = start;
  int counted_to = 0;  // frames
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
    if (seconds_since(counted) >= 0.5) {
      impl_->frame_rate = (impl_->frame_number - counted_to) / seconds_since(counted);
      counted_to = impl_->frame_number;
      counted = Clock::now();
    }
    due =
        std::max(due + std::chrono::microseconds(1'000'000 / kFilmRate), Clock::now() - std::chrono::milliseconds(20));
    std::this_thread::sleep_until(due);
  }
  std::string film;
  if (impl_->recorder != nullptr) {
    film = impl_->finish_recording();  // not as a message: nobody would see it
  }
  if (impl_->first_lost) {
    throw *impl_->first_lost;
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
  return film.empty() ? speed : speed + "\nwritten: " + film;
}

}  // namespace reverie
