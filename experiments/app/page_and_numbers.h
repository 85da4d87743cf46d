// A page and, beside it, the numbers that it shows: FILE.html and FILE.json.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace reverie {

class PageAndNumbers {
 public:
  // Error (kind usage) where the page is called FILE.json.
  explicit PageAndNumbers(std::filesystem::path page);

  // Makes the folder. Error where one of the two could not be written: before all the measuring, and not after it.
  void make_ready() const;
  void write(const std::string& html, const nlohmann::ordered_json& numbers) const;  // and says so

 private:
  std::filesystem::path page_, numbers_;
};

}  // namespace reverie
