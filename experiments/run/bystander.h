// Files that systems and file managers put into any folder.
#pragma once

#include <filesystem>

namespace reverie {

// A folder that holds nothing else counts as empty. Hidden files are among them, our own temporary ones too.
inline bool is_bystander(const std::filesystem::path& file) {
  const std::string name = file.filename().string();
  return name.starts_with('.') || name == "lost+found" || name == "desktop.ini" || name == "Thumbs.db";
}

}  // namespace reverie
