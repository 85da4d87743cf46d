// Films in a page: recorded episodes that play side by side, and strips of single frames.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace reverie {

struct Film {
  std::string caption;                         // "best: 912"
  int height = 0, width = 0;                   // of one frame
  std::vector<std::vector<std::uint8_t>> top;  // frames, each [height, width, 3]
  std::vector<std::vector<std::uint8_t>> beside;
  std::vector<double> returns;  // after each frame
};

// One scrubber moves all. `every`: steps of the game between two frames. top_name, beside_name: what the two pictures
// of each film are.
std::string synchronised_players(const std::vector<Film>& films, int every, const std::string& top_name,
                                 const std::string& beside_name);

// Rows of frames under common headings.
struct Strip {
  std::string caption;
  std::vector<std::string> headings;  // one a column
  std::vector<std::string> names;     // one a row
  int height = 0, width = 0;
  std::vector<std::vector<std::vector<std::uint8_t>>> frames;  // [row][column], each [height, width, 3]
};
std::string film_strip(const Strip& strip);

}  // namespace reverie
