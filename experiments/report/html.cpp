#include "experiments/report/html.h"

#include <cmath>
#include <cstdio>

#include "env/error.h"
#include "experiments/run/base64.h"
#include "experiments/run/png.h"

namespace reverie {
namespace {

constexpr std::size_t kLongFact = 70;  // letters; a longer value has a line of its own

}  // namespace

std::string escape_html(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string shown(double value) {
  if (!std::isfinite(value)) {
    return "–";
  }
  const double size = std::abs(value);
  char text[64];
  if (size != 0.0 && (size < 1e-3 || size >= 1e7)) {
    std::snprintf(text, sizeof(text), "%.2e", size);
  } else if (size == std::round(size)) {
    std::snprintf(text, sizeof(text), "%.0f", size);
  } else {
    const int decimals = size >= 1000.0 ? 0 : size >= 100.0 ? 1 : size >= 10.0 ? 2 : size >= 0.1 ? 3 : 4;
    std::snprintf(text, sizeof(text), "%.*f", decimals, size);
  }
  return (value < 0.0 ? "−" : "") + std::string(text);
}

std::string paragraph(const std::string& text) {
  return "<p>" + escape_html(text) + "</p>\n";
}

std::string note(NoteKind kind, const std::string& text) {
  const char* name = kind == NoteKind::good ? "good" : kind == NoteKind::warning ? "warning" : "plain";
  return str("<p class=\"note ", name, "\">", escape_html(text), "</p>\n");
}

std::string table(const Table& content) {
  std::string html = "<div class=\"wide\"><table>\n<thead><tr>";
  for (const std::string& column : content.columns) {
    html += "<th>" + escape_html(column) + "</th>";
  }
  html += "</tr></thead>\n<tbody>\n";
  for (const std::vector<std::string>& row : content.rows) {
    REVERIE_CHECK(row.size(), ==, content.columns.size());
    html += "<tr>";
    for (const std::string& cell : row) {
      html += "<td>" + escape_html(cell) + "</td>";
    }
    html += "</tr>\n";
  }
  return html + "</tbody></table></div>\n";
}

std::string facts(const std::vector<std::pair<std::string, std::string>>& values) {
  std::string html = "<dl class=\"facts\">\n";
  for (const auto& [name, value] : values) {
    html += std::string(value.size() > kLongFact ? "<div class=\"long\">" : "<div>") + "<dt>" + escape_html(name) +
            "</dt><dd>" + escape_html(value) + "</dd></div>\n";
  }
  return html + "</dl>\n";
}

std::string side_by_side(const std::vector<std::string>& html) {
  std::string joined = "<div class=\"side-by-side\">\n";
  for (const std::string& part : html) {
    joined += part;
  }
  return joined + "</div>\n";
}

std::string folded(const std::string& summary, const std::string& html) {
  return "<details><summary>" + escape_html(summary) + "</summary>\n" + html + "</details>\n";
}

std::string preformatted(const std::string& text) {
  return "<pre>" + escape_html(text) + "</pre>\n";
}

std::string picture(int height, int width, std::span<const std::uint8_t> rgb, int scale, const std::string& alt) {
  return str("<img class=\"pixels\" width=\"", width * scale, "\" height=\"", height * scale, "\" alt=\"",
             escape_html(alt), "\" src=\"", png_data_url(height, width, rgb), "\">");
}

std::string png_data_url(int height, int width, std::span<const std::uint8_t> rgb) {
  return "data:image/png;base64," + to_base64(encode_png(height, width, rgb));
}

}  // namespace reverie
