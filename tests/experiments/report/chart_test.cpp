#include "experiments/report/chart.h"

#include <cmath>
#include <limits>

#include "env/error.h"
#include "tests/experiments/report/structure.h"
#include "tests/test.hpp"

using namespace reverie;

namespace {

Chart chart_of(const std::vector<Series>& series) {
  Chart chart;
  chart.title = "a < b";
  chart.x_label = "step";
  chart.y_label = "error";
  chart.series = series;
  return chart;
}

Series series_of(const std::string& name, const std::vector<double>& y) {
  Series series;
  series.name = name;
  series.y = y;
  for (std::size_t i = 0; i < y.size(); ++i) {
    series.x.push_back(static_cast<double>(i));
  }
  return series;
}

}  // namespace

TEST_CASE("ticks are round numbers that cover the range", "[report]") {
  CHECK((round_ticks(0.0, 10.0, 5) == std::vector<double>{0, 2, 4, 6, 8, 10}));
  CHECK((round_ticks(-30.0, 870.0, 5) == std::vector<double>{-200, 0, 200, 400, 600, 800, 1000}));
  const std::vector<double> small = round_ticks(0.0011, 0.0049, 4);
  CHECK(small.front() <= 0.0011);
  CHECK(small.back() >= 0.0049);
  CHECK((round_ticks(0.0, 3.0, 6) == std::vector<double>{0, 0.5, 1, 1.5, 2, 2.5, 3}));
  CHECK((round_ticks(0.0, 3.0, 6, 1.0) == std::vector<double>{0, 1, 2, 3}));
}

TEST_CASE("where x counts something, only whole numbers have ticks", "[report]") {
  for (const std::vector<double>& values : {std::vector<double>{10, 20, 30}, std::vector<double>{10}}) {
    Chart chart = chart_of({series_of("a", values)});
    chart.whole_x = true;
    const auto ticks = pieces_between(line_chart(chart), "<text class=\"tick\"", "</text>");
    REQUIRE(ticks.size() == values.size());
    for (std::size_t i = 0; i < ticks.size(); ++i) {
      CHECK(ticks[i].ends_with(str(">", i)));
    }
  }
  Chart between = chart_of({{"a", {0.3, 0.4}, {1, 2}}});
  between.whole_x = true;
  CHECK(pieces_between(line_chart(between), "<text class=\"tick\"", "</text>").size() == 2);
}

TEST_CASE("a line chart draws every series, its band and its legend", "[report]") {
  Series banded = series_of("dream", {1, 2, 3});
  banded.low = {0.5, 1.5, 2.5};
  banded.high = {1.5, 2.5, 3.5};
  const std::string html = line_chart(chart_of({banded, series_of("frozen", {3, 2, 1})}));
  CHECK(unbalanced_tags(html).empty());
  CHECK(pieces_between(html, "<path class=\"line ", "/>").size() == 2);
  CHECK(pieces_between(html, "<path class=\"band ", "/>").size() == 1);
  CHECK(html.find("a &lt; b") != std::string::npos);
  CHECK(pieces_between(html, "<li ", "</li>").size() == 2);
  CHECK(html.find("nan") == std::string::npos);
}

TEST_CASE("a point that is not finite leaves a gap, and nothing at all says so", "[report]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::string gap = line_chart(chart_of({series_of("a", {1, 2, nan, 4, 5})}));
  CHECK(pieces_between(gap, "<path class=\"line ", "/>").size() == 2);
  const std::string none = line_chart(chart_of({series_of("a", {nan, INFINITY})}));
  CHECK(none.find("nothing to show") != std::string::npos);
  CHECK(none.find("<path") != std::string::npos);
  CHECK(scatter_chart(chart_of({}), Diagonal::x_equals_y).find("nothing to show") != std::string::npos);
}

TEST_CASE("one value, or equal ones, still make a chart", "[report]") {
  for (const std::vector<double>& values : {std::vector<double>{5}, std::vector<double>{0, 0, 0}}) {
    const std::string html = line_chart(chart_of({series_of("a", values)}));
    CHECK(html.find("class=\"line ") != std::string::npos);
    CHECK(html.find("nan") == std::string::npos);
    CHECK(html.find("inf") == std::string::npos);
  }
}

TEST_CASE("a scatter has equal axes, a diagonal and a point each", "[report]") {
  Series points = series_of("a", {10, 20, 30});
  points.labels = {"one", "two", "three"};
  const std::string html = scatter_chart(chart_of({points}), Diagonal::x_equals_y);
  CHECK(unbalanced_tags(html).empty());
  CHECK(pieces_between(html, "<circle", "/circle>").size() == 3);
  CHECK(html.find("class=\"marker\"") != std::string::npos);
  CHECK(html.find("three: 2, 30") != std::string::npos);
}

TEST_CASE("bars stand on zero, below it too", "[report]") {
  Chart chart = chart_of({series_of("a", {5, -5})});
  chart.categories = {"game", "dream"};
  chart.series[0].low = {4, -6};
  chart.series[0].high = {6, -4};
  const std::string html = bar_chart(chart);
  CHECK(unbalanced_tags(html).empty());
  CHECK(pieces_between(html, "<path class=\"bar ", "</path>").size() == 2);
  CHECK(pieces_between(html, "<path class=\"whisker", "/>").size() == 2);
}
