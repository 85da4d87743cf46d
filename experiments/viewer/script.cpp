#include "experiments/viewer/script.h"

#include <SDL.h>

#include <algorithm>
#include <sstream>

#include "env/atomic_file.h"
#include "env/error.h"
#include "env/number_text.h"

namespace reverie {
namespace {

using Kind = ScriptEvent::Kind;

constexpr int kMaxFrame = 10'000'000, kMaxPixel = 16'384, kDragFrames = 4;

// The words of one line, taken from left to right; whatever does not fit throws with the line's number.
class Line {
 public:
  Line(const std::string& text, std::string where) : words_(text), where_(std::move(where)) {}

  std::string word(const char* what) {
    std::string found;
    if (!(words_ >> found)) {
      fail(str("expected ", what, ", found the end of the line"));
    }
    return found;
  }

  int number(const char* what, int low, int high) {
    const std::string found = word(what);
    int value = 0;
    if (read_number(found, value) != NumberText::good || value < low || value > high) {
      fail(str("expected ", what, ", ", low, " to ", high, ", found '", found, "'"));
    }
    return value;
  }

  // Sets key, shift and ctrl.
  void key(ScriptEvent& event) {
    std::string name = word("a key");
    if (name.rfind("shift+", 0) == 0) {
      event.shift = true;
      name.erase(0, 6);
    } else if (name.rfind("ctrl+", 0) == 0) {
      event.ctrl = true;
      name.erase(0, 5);
    }
    event.key = SDL_GetKeyFromName(name.c_str());
    if (event.key == SDLK_UNKNOWN) {
      fail(str("expected a key such as d, Space, Left, F1, shift+d or ctrl++, found '", name, "'"));
    }
  }

  void place(ScriptEvent& event) {
    event.x = number("x in pixels", 0, kMaxPixel);
    event.y = number("y in pixels", 0, kMaxPixel);
  }

  void end() {
    std::string more;
    if (words_ >> more) {
      fail(str("expected the end of the line, found '", more, "'"));
    }
  }

  [[noreturn]] void fail(const std::string& message) const {
    throw Error(ErrorKind::usage, str(where_, ": ", message));
  }

 private:
  std::istringstream words_;
  std::string where_;
};

void parse_line(Line& line, std::vector<ScriptEvent>& events) {
  ScriptEvent event;
  event.frame = line.number("a frame", 0, kMaxFrame);
  const std::string name = line.word("an event");
  const auto add = [&](Kind kind) {
    event.kind = kind;
    events.push_back(event);
  };
  if (name == "key") {
    line.key(event);
    add(Kind::key_down);
    add(Kind::key_up);
  } else if (name == "down" || name == "up") {
    line.key(event);
    add(name == "down" ? Kind::key_down : Kind::key_up);
  } else if (name == "move") {
    line.place(event);
    add(Kind::move);
  } else if (name == "click") {
    line.place(event);
    add(Kind::move);
    ++event.frame;
    add(Kind::button_down);
    ++event.frame;
    add(Kind::button_up);
  } else if (name == "drag") {
    ScriptEvent to;
    line.place(event);
    line.place(to);
    const ScriptEvent from = event;
    add(Kind::move);
    ++event.frame;
    add(Kind::button_down);
    for (int i = 1; i <= kDragFrames; ++i) {
      ++event.frame;
      event.x = from.x + (to.x - from.x) * i / kDragFrames;
      event.y = from.y + (to.y - from.y) * i / kDragFrames;
      add(Kind::move);
    }
    ++event.frame;
    add(Kind::button_up);
  } else if (name == "wheel") {
    event.y = line.number("turns of the wheel", -100, 100);
    add(Kind::wheel);
  } else if (name == "resize") {
    event.x = line.number("a width in pixels", 1, kMaxPixel);
    event.y = line.number("a height in pixels", 1, kMaxPixel);
    add(Kind::resize);
  } else if (name == "screenshot") {
    event.name = line.word("the name of a PNG file");
    add(Kind::screenshot);
  } else if (name == "focus") {
    const std::string what = line.word("lost or gained");
    if (what != "lost" && what != "gained") {
      line.fail(str("expected lost or gained, found '", what, "'"));
    }
    event.x = what == "gained";
    add(Kind::focus);
  } else if (name == "quit") {
    add(Kind::quit);
  } else {
    line.fail(str("unknown event '", name,
                  "' (known: key, down, up, move, click, drag, wheel, resize, screenshot, focus, quit)"));
  }
  line.end();
}

}  // namespace

std::vector<ScriptEvent> parse_script(std::string_view text, const std::string& name) {
  std::vector<ScriptEvent> events;
  std::istringstream lines{std::string(without_byte_order_mark(text))};
  std::string line_text;
  int before = 0;
  for (int number = 1; std::getline(lines, line_text); ++number) {
    const std::size_t start = line_text.find_first_not_of(" \t\r");
    if (start == std::string::npos || line_text[start] == '#') {
      continue;
    }
    Line line(line_text, str(name, ":", number));
    const std::size_t first = events.size();
    parse_line(line, events);
    if (events[first].frame < before) {
      line.fail(str("expected frame ", before, " or a later one, found ", events[first].frame));
    }
    before = events[first].frame;
  }
  // A drag goes on over the frames of the lines that follow it.
  std::stable_sort(events.begin(), events.end(),
                   [](const ScriptEvent& a, const ScriptEvent& b) { return a.frame < b.frame; });
  return events;
}

std::vector<ScriptEvent> read_script(const std::filesystem::path& path) {
  return parse_script(read_file(path, 1 << 20), path.string());
}

}  // namespace reverie
