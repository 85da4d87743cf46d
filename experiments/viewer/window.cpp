#include "experiments/viewer/window.h"

#include <SDL.h>
#include <imgui.h>
#if IMGUI_VERSION_NUM < 18900
#include <backends/imgui_impl_sdl.h>
#else  // the same, renamed
#include <backends/imgui_impl_sdl2.h>
#define ImGui_ImplSDL2_InitForSDLRenderer(window) ImGui_ImplSDL2_InitForSDLRenderer(window, SDL_GetRenderer(window))
#endif

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <optional>
#include <string>
#include <thread>

#include "env/error.h"
#include "experiments/png.h"
#include "experiments/stop_flag.h"
#include "experiments/viewer/imgui_renderer.h"
#include "experiments/viewer/keys.h"
#include "experiments/viewer/panels.h"
#include "experiments/viewer/panes.h"
#include "experiments/viewer/person.h"
#include "experiments/viewer/player.h"
#include "experiments/viewer/theme.h"
#include "experiments/viewer/video_recorder.h"
#include "experiments/viewer/workbench.h"

namespace reverie {
namespace {

constexpr double kFrameSeconds = 1.0 / kFilmRate;
constexpr int kSmallest = 320, kNoteFrames = 4 * kFilmRate;
constexpr double kSpeeds[] = {0.1, 0.25, 0.5, 1, 2, 4, 8, 0};  // 0: unlimited, after all others

// SDL itself, up while a window is.
struct Sdl {
  explicit Sdl(bool headless) {
    if (headless) {
      SDL_setenv("SDL_VIDEODRIVER", "dummy", 1);
    }
    SDL_SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, "1");  // Ctrl-C is the program's own business
#ifdef __linux__
    // Wayland needs this folder, and its library complains on standard error where there is none.
    if (SDL_getenv("XDG_RUNTIME_DIR") == nullptr && SDL_getenv("SDL_VIDEODRIVER") == nullptr) {
      SDL_SetHint(SDL_HINT_VIDEODRIVER, "x11,KMSDRM");
    }
#endif
    const bool opened = SDL_Init(SDL_INIT_VIDEO) == 0;
    // Where there is no display SDL may take a driver that nobody sees.
    const std::string driver = opened ? SDL_GetCurrentVideoDriver() : "";
    if (!opened || (!headless && (driver == "offscreen" || driver == "dummy"))) {
      const std::string reason = opened ? str("SDL found only its driver '", driver, "'") : SDL_GetError();
      SDL_Quit();
      throw Error(ErrorKind::other, str("no display to open a window on (", reason,
                                        "); --headless draws without one, for --script and --record"));
    }
  }
  ~Sdl() {
    SDL_Quit();
  }
};

struct SdlWindow {
  SdlWindow(int width, int height) {
    window = SDL_CreateWindow("Reverie", SDL_WINDOWPOS_CENTERED, SDL_WINDOWPOS_CENTERED, width, height,
                              SDL_WINDOW_RESIZABLE);
    renderer = window == nullptr ? nullptr : SDL_CreateRenderer(window, -1, SDL_RENDERER_SOFTWARE);
    if (renderer == nullptr) {
      const std::string reason = SDL_GetError();
      SDL_DestroyWindow(window);
      throw Error(ErrorKind::other, str("no window can be opened: ", reason));
    }
    SDL_SetWindowMinimumSize(window, kSmallest, kSmallest);
  }
  ~SdlWindow() {
    SDL_DestroyRenderer(renderer);
    SDL_DestroyWindow(window);
  }

  SDL_Window* window = nullptr;
  SDL_Renderer* renderer = nullptr;
};

// Dear ImGui, with SDL's events and no file of its own.
struct Imgui {
  explicit Imgui(const SdlWindow& window, bool scripted) {
    IMGUI_CHECKVERSION();
    ImGui::CreateContext();
    ImGuiIO& io = ImGui::GetIO();
    io.IniFilename = nullptr;
    io.LogFilename = nullptr;
    io.ConfigInputTextCursorBlink = false;
    if (scripted) {
      io.ConfigFlags |= ImGuiConfigFlags_NoMouseCursorChange;
    }
    theme::apply();
    ImGui_ImplSDL2_InitForSDLRenderer(window.window);
  }
  ~Imgui() {
    ImGui_ImplSDL2_Shutdown();
    ImGui::DestroyContext();
  }
};

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

}  // namespace

struct Window::Impl {
  Impl(std::unique_ptr<Session> session, const WindowOptions& given)
      : options(given),
        sdl(given.headless),
        window(given.width, given.height),
        imgui(window, given.scripted),
        renderer(window.renderer),
        player(std::move(session), !given.scripted),
        bench(player),
        panes(window.renderer),
        panels(window.renderer, player, bench, [this](KeyCommand command) { obey(command); }) {
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

  void take_event(const SDL_Event& event) {
    switch (event.type) {
      case SDL_QUIT:
        closed = true;
        break;
      case SDL_WINDOWEVENT:
        if (event.window.event == SDL_WINDOWEVENT_FOCUS_LOST) {
          arrows = {};  // their release goes to another window
        }
        if (event.window.event == SDL_WINDOWEVENT_CLOSE) {
          closed = true;
        }
        break;
      case SDL_MOUSEMOTION:
        pointer = {static_cast<float>(event.motion.x), static_cast<float>(event.motion.y)};
        break;
      case SDL_MOUSEBUTTONDOWN:
      case SDL_MOUSEBUTTONUP:
        pointer = {static_cast<float>(event.button.x), static_cast<float>(event.button.y)};
        if (event.button.button == SDL_BUTTON_LEFT) {
          pressed = event.type == SDL_MOUSEBUTTONDOWN;
        }
        break;
      case SDL_KEYDOWN:
      case SDL_KEYUP:
        take_key(event.key);
        break;
      default:
        break;
    }
    ImGui_ImplSDL2_ProcessEvent(&event);
  }

  void take_key(const SDL_KeyboardEvent& event) {
    const KeyBinding* binding = find_binding(event.keysym.sym, (event.keysym.mod & KMOD_SHIFT) != 0);
    if (binding == nullptr || (event.keysym.mod & (KMOD_CTRL | KMOD_ALT | KMOD_GUI)) != 0) {
      return;
    }
    const bool down = event.type == SDL_KEYDOWN;
    switch (binding->command) {
      case KeyCommand::steer_left:
        arrows.left = down;
        break;
      case KeyCommand::steer_right:
        arrows.right = down;
        break;
      case KeyCommand::up:
        arrows.up = down;
        break;
      case KeyCommand::down:
        arrows.down = down;
        break;
      default:
        break;
    }
    const bool repeats = binding->command == KeyCommand::step || binding->command == KeyCommand::step_back ||
                         binding->command == KeyCommand::steer_left || binding->command == KeyCommand::steer_right ||
                         binding->command == KeyCommand::colder || binding->command == KeyCommand::warmer;
    if (down && (event.repeat == 0 || repeats)) {
      if (help && binding->command != KeyCommand::quit) {
        help = false;  // any key closes it, and does nothing else
      } else {
        obey(binding->command);
      }
    }
  }

  std::optional<std::vector<float>> person() const {
    Arrows held = arrows;
    if (player.paused()) {
      held.left = held.right = false;  // they step through time then
    }
    const std::vector<std::string> names = bench.facts()->action_names;
    return names.empty() ? std::nullopt : person_action(names, held);
  }

  void step_through_time(int direction) {
    player.set_paused(true);
    bench.post([direction, action = person()](Session& session) -> std::string {
      const int at = session.looking_at();
      if (direction < 0 || at + 1 < session.num_moments()) {
        session.look_at(at + direction);
      } else {
        session.step(action);
      }
      return {};
    });
  }

  void change_mode(Mode mode) {
    bench.follow();
    bench.post([mode](Session& session) { return session.set_mode(mode); });
  }

  // To the next seed or recording (1), the one before (-1), or the same again.
  void change_episode(int by) {
    bench.follow();
    bench.post([by](Session& session) -> std::string {
      if (session.mode() == Mode::browse) {
        const int count = std::max(1, session.num_recordings());
        session.open_recording((session.recording() + by + count) % count);
      } else if (by >= 0 || session.seed() > 0) {
        session.reset(session.seed() + static_cast<std::uint64_t>(by));
      }
      return {};
    });
    bench.ask_again();  // which recording it is
  }

  void change_temperature(double by) {
    bench.post([by](Session& session) {
      const double hundredths = std::round((session.temperature() + by) * 100);
      session.set_temperature(std::clamp(hundredths / 100, 0.1, 3.0));
      return str("temperature ", session.temperature());
    });
  }

  void change_speed(int by) {
    const auto now = std::find(std::begin(kSpeeds), std::end(kSpeeds), player.speed());
    const auto last = std::size(kSpeeds) - 1;
    const auto at = now == std::end(kSpeeds) ? 3 : now - std::begin(kSpeeds);
    player.set_speed(kSpeeds[std::clamp<std::ptrdiff_t>(at + by, 0, static_cast<std::ptrdiff_t>(last))]);
  }

  void obey(KeyCommand command) {
    switch (command) {
      case KeyCommand::mode_game:
        return change_mode(Mode::game);
      case KeyCommand::mode_dream:
        return change_mode(Mode::dream);
      case KeyCommand::mode_locked:
        return change_mode(Mode::locked);
      case KeyCommand::mode_browse:
        return change_mode(Mode::browse);
      case KeyCommand::next_mode:
        bench.follow();
        bench.post([](Session& session) -> std::string {
          for (int i = 1; i < 4; ++i) {
            if (session.set_mode(static_cast<Mode>((static_cast<int>(session.mode()) + i) % 4)).empty()) {
              return {};
            }
          }
          return "no other mode is available";
        });
        return;
      case KeyCommand::dream_here:
        bench.post([](Session& session) { return session.start_dream_here(Mode::locked); });
        return;
      case KeyCommand::dream_anew:
        bench.post([](Session& session) { return session.start_dream_anew(); });
        return;
      case KeyCommand::steer_left:
        return player.paused() ? step_through_time(-1) : void();
      case KeyCommand::steer_right:
        return player.paused() ? step_through_time(1) : void();
      case KeyCommand::up:
      case KeyCommand::down:
        return;  // held, not pressed
      case KeyCommand::pause:
        return player.set_paused(!player.paused());
      case KeyCommand::step:
        return step_through_time(1);
      case KeyCommand::step_back:
        return step_through_time(-1);
      case KeyCommand::oldest:
      case KeyCommand::newest:
        player.set_paused(true);
        bench.post([command](Session& session) -> std::string {
          session.look_at(command == KeyCommand::oldest ? 0 : session.num_moments() - 1);
          return {};
        });
        return;
      case KeyCommand::slower:
        return change_speed(-1);
      case KeyCommand::faster:
        return change_speed(1);
      case KeyCommand::reset:
        return change_episode(0);
      case KeyCommand::next_seed:
        return change_episode(1);
      case KeyCommand::previous_seed:
        return change_episode(-1);
      case KeyCommand::random_latent:
        return bench.take_random();
      case KeyCommand::colder:
        return change_temperature(-0.05);
      case KeyCommand::warmer:
        return change_temperature(0.05);
      case KeyCommand::reload:
        bench.post([](Session& session) -> std::string {
          session.reload();
          return str(session.title(), ", of ", session.saved_points().size(), " saved controllers");
        });
        return bench.ask_again();
      case KeyCommand::record:
        return recorder == nullptr ? start_recording({}) : stop_recording();
      case KeyCommand::screenshot:
        screenshots.push_back(free_name(options.out, "screenshot", ".png"));
        return;
      case KeyCommand::panels:
        with_panels = !with_panels;
        return;
      case KeyCommand::help:
        help = true;
        return;
      case KeyCommand::quit:
        closed = true;
        return;
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

  void say(const std::string& words) {
    note = words;
    note_frames = kNoteFrames;
  }

  // The script's events of this frame become SDL's.
  void play_script() {
    for (; next_event < options.script.size() && options.script[next_event].frame <= frame_number; ++next_event) {
      const ScriptEvent& from = options.script[next_event];
      SDL_Event event{};
      switch (from.kind) {
        case ScriptEvent::Kind::key_down:
        case ScriptEvent::Kind::key_up:
          event.type = from.kind == ScriptEvent::Kind::key_down ? SDL_KEYDOWN : SDL_KEYUP;
          event.key.keysym.sym = from.key;
          event.key.keysym.scancode = SDL_GetScancodeFromKey(from.key);
          event.key.keysym.mod = from.shift ? KMOD_LSHIFT : KMOD_NONE;
          break;
        case ScriptEvent::Kind::move:
          event.type = SDL_MOUSEMOTION;
          event.motion.x = from.x;
          event.motion.y = from.y;
          break;
        case ScriptEvent::Kind::button_down:
        case ScriptEvent::Kind::button_up:
          event.type = from.kind == ScriptEvent::Kind::button_down ? SDL_MOUSEBUTTONDOWN : SDL_MOUSEBUTTONUP;
          event.button.button = SDL_BUTTON_LEFT;
          event.button.x = from.x;
          event.button.y = from.y;
          break;
        case ScriptEvent::Kind::wheel:
          event.type = SDL_MOUSEWHEEL;
          event.wheel.y = from.y;
          break;
        case ScriptEvent::Kind::resize:
          SDL_SetWindowSize(window.window, std::max(kSmallest, from.x), std::max(kSmallest, from.y));
          continue;
        case ScriptEvent::Kind::screenshot:
          screenshots.push_back(options.out / from.name);
          continue;
        case ScriptEvent::Kind::focus:
          event.type = SDL_WINDOWEVENT;
          event.window.event = from.x != 0 ? SDL_WINDOWEVENT_FOCUS_GAINED : SDL_WINDOWEVENT_FOCUS_LOST;
          break;
        case ScriptEvent::Kind::quit:
          event.type = SDL_QUIT;
          break;
      }
      SDL_PushEvent(&event);
    }
    // A script that is over and says nothing of an end ends the window too.
    closed = closed || (next_event == options.script.size() && !options.script.empty() && !options.seconds &&
                        options.script.back().frame < frame_number);
  }

  void begin_imgui_frame() {
    ImGui_ImplSDL2_NewFrame();
    if (options.scripted) {  // the real mouse and clock are not asked
      ImGuiIO& io = ImGui::GetIO();
      io.MousePos = pointer;
      io.MouseDown[0] = pressed;
      io.MouseDown[1] = io.MouseDown[2] = false;
      io.DeltaTime = static_cast<float>(kFrameSeconds);
    }
    ImGui::NewFrame();
  }

  void draw_interface(const View& view) {
    int width = 0, height = 0;
    SDL_GetRendererOutputSize(window.renderer, &width, &height);
    const WindowLayout layout = lay_out_window(width, height, with_panels);
    ImGui::SetNextWindowPos({0, 0});
    ImGui::SetNextWindowSize({static_cast<float>(width), static_cast<float>(height)});
    ImGui::Begin("reverie", nullptr,
                 ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings |
                     ImGuiWindowFlags_NoBringToFrontOnFocus | ImGuiWindowFlags_NoNav |
                     ImGuiWindowFlags_NoScrollWithMouse);
    ImGui::PushAllowKeyboardFocus(false);
    panels.header(layout.header, view, recorder != nullptr);
    const int sharp = panes.draw(layout.panes, view, bench);
    if (sharp != sharp_size) {
      player.set_sharp_size(sharp, sharp);
      sharp_size = sharp;
    }
    panels.transport(layout.transport, view);
    panels.plots(layout.plots, view, options.scripted ? 0 : frame_rate);
    panels.column(layout.panels, view);
    panels.status(layout.status, note);
    ImGui::PopAllowKeyboardFocus();
    ImGui::End();
    if (help) {
      panels.help(width, height);
    }
  }

  Picture read_back() const {
    Picture picture;
    SDL_GetRendererOutputSize(window.renderer, &picture.width, &picture.height);
    picture.pixels.resize(static_cast<std::size_t>(picture.width) * static_cast<std::size_t>(picture.height) * 3);
    if (SDL_RenderReadPixels(window.renderer, nullptr, SDL_PIXELFORMAT_RGB24, picture.pixels.data(),
                             3 * picture.width) != 0) {
      throw Error(ErrorKind::other, str("the window cannot be read back: ", SDL_GetError()));
    }
    return picture;
  }

  void keep_pictures() {
    for (const std::filesystem::path& path : screenshots) {
      const auto write = [&] {
        const Picture picture = read_back();
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
        recorder->add(read_back());
      } catch (const Error& error) {
        recorder.reset();
        say(error.what());
      }
    }
  }

  bool frame() {
    if (options.scripted) {
      play_script();
    }
    SDL_Event event;
    while (SDL_PollEvent(&event) != 0) {
      take_event(event);
    }
    if (closed) {
      return false;
    }
    player.set_person(person());
    if (options.scripted) {
      player.advance(kFrameSeconds);
    }
    const std::shared_ptr<const View> view = player.view();
    if (view->num_messages != num_messages) {
      num_messages = view->num_messages;
      say(view->message);
    }
    bench.update(*view);
    begin_imgui_frame();
    draw_interface(*view);
    ImGui::Render();
    SDL_SetRenderDrawColor(window.renderer, 0, 0, 0, 255);
    SDL_RenderClear(window.renderer);
    renderer.draw(*ImGui::GetDrawData());
    keep_pictures();
    SDL_RenderPresent(window.renderer);
    if (note_frames > 0 && --note_frames == 0) {
      note.clear();
    }
    ++frame_number;
    return !(options.scripted && options.seconds && frame_number * kFrameSeconds >= *options.seconds);
  }

  const WindowOptions options;
  const Sdl sdl;
  const SdlWindow window;
  const Imgui imgui;
  ImguiRenderer renderer;
  Player player;
  Workbench bench;
  Panes panes;
  Panels panels;
  std::unique_ptr<VideoRecorder> recorder;
  std::vector<std::filesystem::path> screenshots;  // to be written after this frame

  Arrows arrows;
  ImVec2 pointer{-1, -1};
  bool pressed = false;  // the left button
  bool closed = false, help = false, with_panels = true;
  int sharp_size = 0;
  std::string note;  // the last message, shown for a while
  int note_frames = 0, num_messages = 0;
  double frame_rate = 0;
  int frame_number = 0;
  std::size_t next_event = 0;
};

Window::Window(std::unique_ptr<Session> session, const WindowOptions& options)
    : impl_(std::make_unique<Impl>(std::move(session), options)) {}

Window::~Window() = default;

bool Window::frame() {
  return impl_->frame();
}

Picture Window::picture() const {
  return impl_->read_back();
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
  const std::shared_ptr<const View> view = impl_->player.view();
  const auto count = static_cast<double>(impl_->frame_number);
  char words[200];
  std::snprintf(words, sizeof(words),
                "%s: %.1f frames/s, %.2f ms each to draw; %.1f steps/s: game %.2f ms, V %.2f ms, M %.2f ms, C %.2f ms",
                to_string(view->mode), count / seconds_since(start), 1e3 * drawing / std::max(1.0, count), view->rate,
                view->timings.game, view->timings.vae, view->timings.mdn_rnn, view->timings.controller);
  return words;
}

}  // namespace reverie
