#include "experiments/report/html.h"

#include <cmath>
#include <vector>

#include "env/error.h"
#include "experiments/report/html_page.h"
#include "experiments/report/player.h"
#include "experiments/run/palette.h"
#include "tests/experiments/report/structure.h"
#include "tests/test.hpp"

using namespace reverie;

TEST_CASE("numbers are shown with about four digits", "[report]") {
  CHECK(shown(0.0) == "0");
  CHECK(shown(748.7797) == "748.8");
  CHECK(shown(-12.345) == "−12.35");
  CHECK(shown(0.05) == "0.0500");
  CHECK(shown(0.00012) == "1.20e-04");
  CHECK(shown(32.0) == "32");
  CHECK(shown(std::nan("")) == "–");
}

TEST_CASE("text cannot break out of a page", "[report]") {
  HtmlPage page("<script>", "\"&\"");
  page.begin_section("one", "<b>", "</p>");
  page.add(table({{"a", "<td>"}, {{"</table>", "1"}}}) + note(NoteKind::warning, "<") + facts({{"<", ">"}}) +
           folded("</details>", preformatted("</pre>")) + paragraph("<p>"));
  const std::string html = page.text();
  CHECK(unbalanced_tags(html).empty());
  CHECK(html.find("<section id=\"one\">") != std::string::npos);
  CHECK(html.find("href=\"#one\"") != std::string::npos);
  CHECK(fetched(html).empty());
  CHECK(pieces_between(html, "<b>", ">").empty());
}

TEST_CASE("a page's colours are the palette's, and charts name no other", "[report]") {
  const std::string html = HtmlPage("title", "").text();
  const std::size_t dark_from = html.find("@media (prefers-color-scheme: dark)");
  REQUIRE(dark_from != std::string::npos);
  for (std::size_t i = 0; i < palette::kSeries.size(); ++i) {
    const auto css = [i](palette::Rgb colour) {
      char words[32];
      std::snprintf(words, sizeof(words), "--c%zu: #%02x%02x%02x;", i, colour.red, colour.green, colour.blue);
      return std::string(words);
    };
    INFO(i);
    CHECK(html.find(css(palette::kSeries[i].on_light)) < dark_from);
    CHECK(html.find(css(palette::kSeries[i].on_dark)) > dark_from);
    CHECK(html.find(css(palette::kSeries[i].on_dark)) != std::string::npos);
    CHECK(pieces_between(html, str("--c", i, ": "), ";").size() == 2);
  }
}

TEST_CASE("a picture is within the page, as base64 in one piece", "[report]") {
  const std::vector<std::uint8_t> rgb(8 * 8 * 3, 100);
  const std::string url = png_data_url(8, 8, rgb);
  CHECK(url.rfind("data:image/png;base64,iVBOR", 0) == 0);
  CHECK(url.find_first_of(" \n") == std::string::npos);
  CHECK(fetched(picture(8, 8, rgb, 2, "alt")).empty());
}

TEST_CASE("what a page would fetch is found", "[report]") {
  CHECK(fetched("<img src=\"https://a/b.png\"><a href='c.html'></a><style>d{background:url(e.png)}</style>") ==
        std::vector<std::string>{"https://a/b.png", "c.html", "e.png"});
  CHECK(fetched("<a href=\"#one\"></a><img src=\"data:image/png;base64,http\">").empty());
}

TEST_CASE("players and strips hold every frame", "[report]") {
  const std::vector<std::uint8_t> dark(4 * 4 * 3, 0), light(4 * 4 * 3, 255);
  Film film{"best", 4, 4, std::vector(20, dark), std::vector(20, light), std::vector<double>(20, 1.0)};
  const std::string players = synchronised_players({film, film}, 5, "game", "picture");
  CHECK(unbalanced_tags(players).empty());
  CHECK(pieces_between(players, "<figure class=\"film\"", ">").size() == 2);
  CHECK(players.find("max=\"19\"") != std::string::npos);
  CHECK(players.find("data-every=\"5\"") != std::string::npos);
  Strip strip{"s", {"0 steps", "1 step"}, {"game", "dream"}, 4, 4, {{dark, light}, {light, dark}}};
  const std::string html = film_strip(strip);
  CHECK(unbalanced_tags(html).empty());
  CHECK(pieces_between(html, "<img", ">").size() == 4);
}
