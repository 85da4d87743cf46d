// A page and, beside it, the numbers that it shows: FILE.html and FILE.json.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace reverie {

class PageAndNumbers {
 public:
  // Makes the folder, and throws Error where one of the two could not be written: now, and not after all the measuring.
  // Error (kind usage) where the page is called FILE.json.
  explicit PageAndNumbers(std::filesystem::path page);

  void write(const std::string& html, const nlohmann::ordered_json& numbers) const;  // and says so

 private:
  std::filesystem::path page_, numbers_;
};

}  // namespace reverie
