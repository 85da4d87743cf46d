#include "experiments/viewer/settings.h"

#include <cstdlib>
#include <sstream>
#include <string>
#include <system_error>

#include "env/atomic_file.h"
#include "env/error.h"

namespace reverie {
namespace {

std::filesystem::path absolute_folder(const char* variable) {
  const char* const value = std::getenv(variable);
  const std::filesystem::path folder = value == nullptr ? "" : value;
  return folder.is_absolute() ? folder : std::filesystem::path();
}

}  // namespace

std::filesystem::path settings_file() {
  std::filesystem::path folder = absolute_folder("XDG_CONFIG_HOME");
  if (folder.empty()) {
    folder = absolute_folder("HOME");
    folder = folder.empty() ? folder : folder / ".config";
  }
  return folder.empty() ? folder : folder / "reverie" / "play";
}

WindowSettings read_settings(const std::filesystem::path& file) {
  WindowSettings settings;
  try {
    std::istringstream lines(read_file(file, 1 << 12));
    for (std::string line; std::getline(lines, line);) {
      if (line == "card: off") {
        settings.card = false;
      }
    }
  } catch (const Error&) {
  }
  return settings;
}

void write_settings(const std::filesystem::path& file, const WindowSettings& settings) {
  std::error_code error;
  std::filesystem::create_directories(file.parent_path(), error);
  try {
    write_file_atomically(file, str("card: ", settings.card ? "on" : "off", "\n"));
  } catch (const Error&) {
  }
}

}  // namespace reverie
