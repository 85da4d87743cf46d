// Pieces of HTML as text. Every function escapes the plain text that it is given; arguments named `html` go in as they
// are.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace reverie {

std::string escape_html(const std::string& text);

// For people: about four digits, a real minus sign, a dash where the value is not finite.
std::string shown(double value);

std::string paragraph(const std::string& text);

enum class NoteKind { plain, good, warning };
std::string note(NoteKind kind, const std::string& text);

// The first column is text, the others are numbers and stand to the right. Cells are plain text.
struct Table {
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;
};
std::string table(const Table& content);

// Names and values in two columns.
std::string facts(const std::vector<std::pair<std::string, std::string>>& values);

// Figures side by side where the page is wide enough.
std::string side_by_side(const std::vector<std::string>& html);

// Folded away until it is clicked.
std::string folded(const std::string& summary, const std::string& html);
std::string preformatted(const std::string& text);

// A picture inside the page, each pixel drawn `scale` times as large. rgb: [height, width, 3]. Error where the PNG
// cannot be made.
std::string picture(int height, int width, std::span<const std::uint8_t> rgb, int scale, const std::string& alt);

// "data:image/png;base64,..." of an RGB picture.
std::string png_data_url(int height, int width, std::span<const std::uint8_t> rgb);

}  // namespace reverie
