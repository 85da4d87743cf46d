#include "experiments/report/player.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "env/error.h"
#include "experiments/report/html.h"

namespace reverie {
namespace {

constexpr std::size_t kColumns = 16;  // of a sheet
constexpr int kStripScale = 2;

// All frames in one picture: those on top first, then from a new row on those beside them.
struct Sheet {
  std::size_t rows = 0;  // of each of the two
  std::vector<std::uint8_t> pixels;

  explicit Sheet(const Film& film)
      : rows((film.top.size() + kColumns - 1) / kColumns),
        pixels(2 * rows * kColumns * 3 * static_cast<std::size_t>(film.height) * static_cast<std::size_t>(film.width)) {
    for (std::size_t i = 0; i < film.top.size(); ++i) {
      place(film, film.top[i], i / kColumns, i % kColumns);
      place(film, film.beside[i], rows + i / kColumns, i % kColumns);
    }
  }

  void place(const Film& film, const std::vector<std::uint8_t>& frame, std::size_t row, std::size_t column) {
    const std::size_t height = static_cast<std::size_t>(film.height), width = 3 * static_cast<std::size_t>(film.width);
    REVERIE_CHECK(frame.size(), ==, height * width);
    for (std::size_t y = 0; y < height; ++y) {
      std::copy_n(frame.begin() + static_cast<std::ptrdiff_t>(y * width), width,
                  pixels.begin() + static_cast<std::ptrdiff_t>(((row * height + y) * kColumns + column) * width));
    }
  }
};

}  // namespace

std::string synchronised_players(const std::vector<Film>& films, int every, const std::string& top_name,
                                 const std::string& beside_name) {
  std::size_t longest = 1;
  std::string html = str("<div class=\"players\" data-every=\"", every, "\">\n<div class=\"films\">\n");
  for (const Film& film : films) {
    REVERIE_CHECK(film.top.size(), >, 0u);
    REVERIE_CHECK(film.top.size(), ==, film.beside.size());
    REVERIE_CHECK(film.top.size(), ==, film.returns.size());
    longest = std::max(longest, film.top.size());
    const Sheet sheet(film);
    nlohmann::ordered_json data = {
        {"count", film.top.size()}, {"columns", kColumns}, {"rows", sheet.rows}, {"words", "return "}};
    for (const double value : film.returns) {
      data["returns"].push_back(shown(value));
    }
    const std::string url = png_data_url(film.height * static_cast<int>(2 * sheet.rows),
                                         film.width * static_cast<int>(kColumns), sheet.pixels);
    // The sheet is part of the film's style, so that both frames share it. The middle of the film is shown first,
    // because the start of an episode often shows little.
    const std::size_t at = film.top.size() / 2;
    const auto frame = [&](const std::string& name, std::size_t first_row) {
      const double x = 100.0 * static_cast<double>(at % kColumns) / (kColumns - 1);
      const double y =
          100.0 * static_cast<double>(first_row + at / kColumns) / (2.0 * static_cast<double>(sheet.rows) - 1.0);
      return str("<div class=\"frame\" role=\"img\" aria-label=\"", escape_html(name),
                 "\" style=\"background-image:var(--sheet);background-size:", 100 * kColumns, "% ", 200 * sheet.rows,
                 "%;background-position:", x, "% ", y, "%\"></div>");
    };
    html += str("<figure class=\"film\" data-film=\"", escape_html(data.dump()), "\" style=\"--sheet:url('", url,
                "')\">\n<figcaption>", escape_html(film.caption), "</figcaption>\n<div class=\"frames\">",
                frame(top_name, 0), frame(beside_name, sheet.rows), "</div>\n<div class=\"caption\"><span>",
                escape_html(top_name), "</span><span>", escape_html(beside_name),
                "</span></div>\n<div class=\"reading-line\">return ", shown(film.returns[at]), "</div>\n</figure>\n");
  }
  return html + str("</div>\n<div class=\"controls\"><button type=\"button\">Play</button>",
                    "<input type=\"range\" min=\"0\" max=\"", longest - 1, "\" value=\"", longest / 2,
                    "\" aria-label=\"step\"><output>step ", longest / 2 * static_cast<std::size_t>(every),
                    "</output></div>\n</div>\n");
}

std::string film_strip(const Strip& strip) {
  REVERIE_CHECK(strip.frames.size(), ==, strip.names.size());
  std::string html = "<figure class=\"strip\">\n<figcaption>" + escape_html(strip.caption) + "</figcaption>\n";
  html += "<table>\n<tbody>\n";
  for (std::size_t row = 0; row < strip.names.size(); ++row) {
    REVERIE_CHECK(strip.frames[row].size(), ==, strip.headings.size());
    html += "<tr><td>" + escape_html(strip.names[row]) + "</td>";
    for (std::size_t column = 0; column < strip.headings.size(); ++column) {
      html += "<td>" +
              picture(strip.height, strip.width, strip.frames[row][column], kStripScale,
                      str(strip.names[row], ", ", strip.headings[column])) +
              "</td>";
    }
    html += "</tr>\n";
  }
  html += "<tr><td></td>";
  for (const std::string& heading : strip.headings) {
    html += "<td>" + escape_html(heading) + "</td>";
  }
  return html + "</tr>\n</tbody></table>\n</figure>\n";
}

}  // namespace reverie
