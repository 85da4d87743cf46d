#include "experiments/app/page_and_numbers.h"

#include <iostream>
#include <nlohmann/json.hpp>
#include <utility>

#include "env/atomic_file.h"
#include "env/error.h"
#include "experiments/run/run_directory.h"

namespace reverie {

PageAndNumbers::PageAndNumbers(std::filesystem::path page)
    : page_(std::move(page)), numbers_(std::filesystem::path(page_).replace_extension(".json")) {
  if (page_ == numbers_) {
    throw Error(ErrorKind::usage, str("--out ", page_.string(), ": expected the page's name, FILE.html"));
  }
}

void PageAndNumbers::make_ready() const {
  if (page_.has_parent_path()) {
    make_folder(page_.parent_path());
  }
  check_writable(page_);
  check_writable(numbers_);
}

void PageAndNumbers::write(const std::string& html, const nlohmann::ordered_json& numbers) const {
  write_json(numbers_, numbers);
  write_file_atomically(page_, html);
  std::cerr << "wrote " << page_.string() << " and " << numbers_.string() << "\n";
}

}  // namespace reverie
