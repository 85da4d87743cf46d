#include "experiments/viewer/sdl_window.h"

#if IMGUI_VERSION_NUM < 18900
#include <backends/imgui_impl_sdl.h>
#else  // the same, renamed
#include <backends/imgui_impl_sdl2.h>
#define ImGui_ImplSDL2_InitForSDLRenderer(window) ImGui_ImplSDL2_InitForSDLRenderer(window, SDL_GetRenderer(window))
#endif

#include <algorithm>
#include <string>

#include "env/error.h"
#include "experiments/viewer/scale.h"
#include "experiments/viewer/theme.h"

namespace reverie {

Sdl::Sdl(bool headless) {
  if (headless) {
    SDL_setenv("SDL_VIDEODRIVER", "dummy", 1);
  }
  SDL_SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, "1");  // the program handles Ctrl-C itself
#ifdef __linux__
  // Wayland needs this folder, and its library complains on standard error where there is none.
  if (SDL_getenv("XDG_RUNTIME_DIR") == nullptr && SDL_getenv("SDL_VIDEODRIVER") == nullptr) {
    SDL_SetHint(SDL_HINT_VIDEODRIVER, "x11,KMSDRM");
  }
#endif
  const bool opened = SDL_Init(SDL_INIT_VIDEO) == 0;
  SDL_InitSubSystem(SDL_INIT_GAMECONTROLLER);  // without them the keys are enough
  // Where there is no display SDL may take a driver that nobody sees.
  const std::string driver = opened ? SDL_GetCurrentVideoDriver() : "";
  if (!opened || (!headless && (driver == "offscreen" || driver == "dummy"))) {
    const std::string reason = opened ? str("SDL found only its driver '", driver, "'") : SDL_GetError();
    SDL_Quit();
    throw Error(ErrorKind::other, str("no display to open a window on (", reason,
                                      "); --headless draws without one, for --script and --record"));
  }
}

Sdl::~Sdl() {
  SDL_Quit();
}

namespace {

float scale_of(int display) {
  SDL_DisplayMode mode;
  float dots_per_inch = 0;
  if (SDL_GetDesktopDisplayMode(display, &mode) != 0) {
    return 1;
  }
  if (SDL_GetDisplayDPI(display, &dots_per_inch, nullptr, nullptr) != 0) {
    dots_per_inch = 0;
  }
  return scale_of_display(std::min(mode.w, mode.h), dots_per_inch);
}

}  // namespace

SdlWindow::SdlWindow(int width, int height) {
  if (width == 0 || height == 0) {
    const float scale = scale_of(0);
    SDL_Rect room{0, 0, 1280, 800};
    const bool known = SDL_GetDisplayUsableBounds(0, &room) == 0;
    width = std::min(static_cast<int>(1280 * scale), known ? std::max(room.w, kSmallestWindow) : 1280);
    height = std::min(static_cast<int>(800 * scale), known ? std::max(room.h, kSmallestWindow) : 800);
  }
  window =
      SDL_CreateWindow("Reverie", SDL_WINDOWPOS_CENTERED, SDL_WINDOWPOS_CENTERED, width, height, SDL_WINDOW_RESIZABLE);
  renderer = window == nullptr ? nullptr : SDL_CreateRenderer(window, -1, SDL_RENDERER_SOFTWARE);
  if (renderer == nullptr) {
    const std::string reason = SDL_GetError();
    SDL_DestroyWindow(window);
    throw Error(ErrorKind::other, str("no window can be opened: ", reason));
  }
  SDL_SetWindowMinimumSize(window, kSmallestWindow, kSmallestWindow);
}

SdlWindow::~SdlWindow() {
  SDL_DestroyRenderer(renderer);
  SDL_DestroyWindow(window);
}

int SdlWindow::width() const {
  int width = 0;
  SDL_GetRendererOutputSize(renderer, &width, nullptr);
  return width;
}

int SdlWindow::height() const {
  int height = 0;
  SDL_GetRendererOutputSize(renderer, nullptr, &height);
  return height;
}

float SdlWindow::display_scale() const {
  return scale_of(std::max(0, SDL_GetWindowDisplayIndex(window)));
}

Picture SdlWindow::read_back() const {
  return read_back({0, 0, width(), height()});
}

Picture SdlWindow::read_back(const Box& part) const {
  Picture picture{part.height, part.width, {}};
  picture.pixels.resize(static_cast<std::size_t>(picture.width) * static_cast<std::size_t>(picture.height) * 3);
  const SDL_Rect rectangle{part.x, part.y, part.width, part.height};
  if (SDL_RenderReadPixels(renderer, &rectangle, SDL_PIXELFORMAT_RGB24, picture.pixels.data(), 3 * picture.width) !=
      0) {
    throw Error(ErrorKind::other, str("the window cannot be read back: ", SDL_GetError()));
  }
  return picture;
}

Imgui::Imgui(const SdlWindow& window, bool is_scripted) : scripted(is_scripted) {
  IMGUI_CHECKVERSION();
  ImGui::CreateContext();
  ImGuiIO& io = ImGui::GetIO();
  io.IniFilename = nullptr;
  io.LogFilename = nullptr;
  io.ConfigInputTextCursorBlink = false;
  if (scripted) {
    io.ConfigFlags |= ImGuiConfigFlags_NoMouseCursorChange;
  }
  theme::apply(1);
  ImGui_ImplSDL2_InitForSDLRenderer(window.window);
}

Imgui::~Imgui() {
  ImGui_ImplSDL2_Shutdown();
  ImGui::DestroyContext();
}

void Imgui::take_event(const SDL_Event& event) const {
  // Dear ImGui tells keys apart by their places, and stops the program over two keys at one. A key without a place
  // (from a program that types, or a keyboard that SDL does not know) is none of its business: no widget here takes
  // keys.
  const bool is_key = event.type == SDL_KEYDOWN || event.type == SDL_KEYUP;
  if (!is_key || event.key.keysym.scancode != SDL_SCANCODE_UNKNOWN) {
    ImGui_ImplSDL2_ProcessEvent(&event);
  }
}

void Imgui::begin_frame(const Input& input, double seconds) const {
  ImGui_ImplSDL2_NewFrame();
  if (scripted) {
    ImGuiIO& io = ImGui::GetIO();
    io.MousePos = input.pointer;
    io.MouseDown[0] = input.pressed;
    io.MouseDown[1] = io.MouseDown[2] = false;
    io.DeltaTime = static_cast<float>(seconds);
  }
  ImGui::NewFrame();
}

void Imgui::begin_page(int width, int height) const {
  ImGui::SetNextWindowPos({0, 0});
  ImGui::SetNextWindowSize({static_cast<float>(width), static_cast<float>(height)});
  ImGui::Begin("reverie", nullptr,
               ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings |
                   ImGuiWindowFlags_NoBringToFrontOnFocus | ImGuiWindowFlags_NoNav |
                   ImGuiWindowFlags_NoScrollWithMouse);
  ImGui::PushAllowKeyboardFocus(false);
}

void Imgui::end_page() const {
  ImGui::PopAllowKeyboardFocus();
  ImGui::End();
}

}  // namespace reverie
