#include "experiments/report/html_page.h"

#include <cstdio>

#include "env/error.h"
#include "experiments/report/html.h"
#include "experiments/report/page_assets.h"
#include "experiments/run/palette.h"

namespace reverie {
namespace {

// CSS variables c0 to c7: of the palette's series, on light ground and on dark.
std::string series_colours() {
  std::string light, dark;
  for (std::size_t i = 0; i < palette::kSeries.size(); ++i) {
    const auto add = [i](std::string& css, palette::Rgb colour) {
      char hex[8];
      std::snprintf(hex, sizeof(hex), "#%02x%02x%02x", colour.red, colour.green, colour.blue);
      css += str(" --c", i, ": ", hex, ";");
    };
    add(light, palette::kSeries[i].on_light);
    add(dark, palette::kSeries[i].on_dark);
  }
  return str(":root {", light, " }\n@media (prefers-color-scheme: dark) { :root {", dark, " } }\n");
}

}  // namespace

HtmlPage::HtmlPage(std::string title, std::string subtitle)
    : title_(std::move(title)), subtitle_(std::move(subtitle)) {}

void HtmlPage::begin_section(const std::string& id, const std::string& heading, const std::string& lead) {
  for (const Section& section : sections_) {
    REVERIE_CHECK(section.id, !=, id);
  }
  sections_.push_back({id, heading, lead, ""});
}

void HtmlPage::add(const std::string& html) {
  (sections_.empty() ? head_ : sections_.back().html) += html;
}

std::string HtmlPage::text() const {
  std::string page =
      str("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n",
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n",
          "<meta name=\"color-scheme\" content=\"light dark\">\n", "<title>", escape_html(title_),
          "</title>\n<style>\n", series_colours(), kPageStyle, "</style>\n</head>\n<body>\n<header>\n<h1>",
          escape_html(title_), "</h1>\n<p class=\"subtitle\">", escape_html(subtitle_), "</p>\n");
  page += "<nav><ul>\n";
  for (const Section& section : sections_) {
    page += "<li><a href=\"#" + section.id + "\">" + escape_html(section.heading) + "</a></li>\n";
  }
  page += "</ul></nav>\n</header>\n<main>\n" + head_;
  for (const Section& section : sections_) {
    page += "<section id=\"" + section.id + "\">\n<h2>" + escape_html(section.heading) + "</h2>\n";
    if (!section.lead.empty()) {
      page += "<p class=\"lead\">" + escape_html(section.lead) + "</p>\n";
    }
    page += section.html + "</section>\n";
  }
  return page + str("</main>\n<script>\n", kPageScript, "</script>\n</body>\n</html>\n");
}

}  // namespace reverie
