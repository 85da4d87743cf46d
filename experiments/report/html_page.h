// One self-contained page: nothing is loaded, it opens from disk, prints well and follows the reader's light or dark
// setting.
//
//   HtmlPage page("Report", "what this is about");
//   page.begin_section("returns", "Returns", "One sentence that says what to look for.");
//   page.add(table({{"where", "mean"}, {{"game", shown(750.0)}}}));        // pieces: html.h
//   page.add(side_by_side({line_chart(chart), bar_chart(other_chart)}));   // charts: chart.h
//   page.add(synchronised_players(episodes));                              // films: player.h
//   write_file_atomically(path, page.text());
#pragma once

#include <string>
#include <vector>

namespace reverie {

class HtmlPage {
 public:
  HtmlPage(std::string title, std::string subtitle);

  // A chapter, and its entry in the list on top. id: letters and dashes, each once. lead may be empty.
  void begin_section(const std::string& id, const std::string& heading, const std::string& lead);
  void add(const std::string& html);  // to the section begun last, or to the head of the page before the first

  std::string text() const;

 private:
  struct Section {
    std::string id, heading, lead, html;
  };
  std::string title_, subtitle_, head_;
  std::vector<Section> sections_;
};

}  // namespace reverie
