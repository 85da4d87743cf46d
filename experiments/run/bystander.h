// Files that systems and file managers put into any folder.
#pragma once

#include <filesystem>

namespace reverie {

// True for such a file, and for every hidden one, our own temporary files too. A folder that holds nothing else counts
// as empty.
inline bool is_bystander(const std::filesystem::path& file) {
  const std::string name = file.filename().string();
  return name.starts_with('.') || name == "lost+found" || name == "desktop.ini" || name == "Thumbs.db";
}

}  // namespace reverie
