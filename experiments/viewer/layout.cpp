#include "experiments/viewer/layout.h"

#include <algorithm>
#include <cmath>

namespace reverie {
namespace {

int enlarged(int pixels, float scale) {
  return static_cast<int>(std::lround(static_cast<float>(pixels) * scale));
}

int divide_up(int a, int b) {
  return (a + b - 1) / b;
}

// `count` panes in rows of `columns`.
struct Group {
  int count = 0, columns = 1, width = 0, height = 0;  // width and height of one picture
  int label = 0, gap = 0;

  int total_width() const { return count == 0 ? 0 : columns * (width + gap) - gap; }
  int total_height() const { return count == 0 ? 0 : divide_up(count, columns) * (height + label + gap) - gap; }
  void place(int x, int y, std::vector<Box>& boxes) const {
    for (int i = 0; i < count; ++i) {
      boxes.push_back(
          {x + (i % columns) * (width + gap), y + (i / columns) * (height + label + gap) + label, width, height});
    }
  }
};

}  // namespace

WindowLayout lay_out_window(int width, int height, bool with_panels, int num_sides, float scale) {
  const auto pixels = [scale](int designed) { return enlarged(designed, scale); };
  const int header = pixels(38), status = pixels(24), transport = pixels(38), title_height = pixels(22),
            between = pixels(14), margin = pixels(10);
  WindowLayout layout;
  layout.header = {0, 0, width, header};
  layout.status = {0, height - status, width, status};
  const int top = header, bottom = std::max(top, height - status);
  const int panels = with_panels && width >= pixels(640) ? std::clamp(width / 4, pixels(280), pixels(340)) : 0;
  const int main_width = width - panels;
  layout.panels = {main_width, top, panels, panels > 0 ? bottom - top : 0};
  const int plots = bottom - top < pixels(380) ? 0 : std::clamp((bottom - top) / 4, pixels(118), pixels(220));
  const Box all_plots = {margin, bottom - plots, main_width - 2 * margin, std::max(0, plots - pixels(6))};
  const int transport_top = std::max(top, bottom - plots - transport);
  layout.transport = {margin, transport_top, main_width - 2 * margin, transport};
  const Box all_panes = {margin, top + pixels(4), main_width - 2 * margin,
                         std::max(0, transport_top - top - pixels(8))};
  const int columns = width >= height ? num_sides : 1;
  const std::vector<Box> panes_of = lay_out_grid(all_panes, num_sides, columns, between);
  const std::vector<Box> plots_of = lay_out_grid(all_plots, num_sides, columns, between);
  for (std::size_t i = 0; i < panes_of.size(); ++i) {
    const Box& box = panes_of[i];
    const int title = num_sides > 1 ? std::min(title_height, box.height) : 0;
    layout.sides.push_back({{box.x, box.y, box.width, title},
                            {box.x, box.y + title, box.width, box.height - title},
                            plots > 0 ? plots_of[i] : Box{}});
  }
  return layout;
}

PaneLayout lay_out_panes(const Box& area, int num_main, int num_small, int picture_height, int picture_width,
                         float scale) {
  const int label = enlarged(PaneLayout::kLabel, scale), between = enlarged(PaneLayout::kGap, scale);
  struct Choice {
    Group main, small;
    bool beside = false;
    long size = -1;
  };
  Choice best;
  PaneLayout layout;
  const int largest = std::max({1, area.width / std::max(1, picture_width), area.height / std::max(1, picture_height)});
  for (int main_scale = 1; main_scale <= largest; ++main_scale) {
    for (int small_scale = 1; small_scale <= (num_small > 0 ? main_scale : 1); ++small_scale) {
      for (int main_columns = 1; main_columns <= std::max(1, num_main); ++main_columns) {
        for (int small_columns = 1; small_columns <= std::max(1, num_small); ++small_columns) {
          for (const bool beside : {true, false}) {
            Choice choice;
            choice.main = {num_main, main_columns, main_scale * picture_width, main_scale * picture_height,
                           label,    between};
            choice.small = {num_small, small_columns, small_scale * picture_width, small_scale * picture_height,
                            label,     between};
            choice.beside = beside;
            const int gap = num_small > 0 ? between : 0;
            const int width = beside ? choice.main.total_width() + gap + choice.small.total_width()
                                     : std::max(choice.main.total_width(), choice.small.total_width());
            const int height = beside ? std::max(choice.main.total_height(), choice.small.total_height())
                                      : choice.main.total_height() + gap + choice.small.total_height();
            const bool fits = width <= area.width && height <= area.height;
            // Area of pictures, where the main ones count more.
            choice.size = (3L * num_main * choice.main.width * choice.main.height +
                           1L * num_small * choice.small.width * choice.small.height);
            if ((fits || best.size < 0) && (fits ? choice.size : 0) > best.size) {
              best = choice;
              best.size = fits ? choice.size : 0;
              layout.fits = fits;
              layout.main_scale = main_scale;
              layout.small_scale = small_scale;
            }
          }
        }
      }
    }
  }
  const int gap = num_small > 0 ? between : 0;
  const int main_width = best.main.total_width(), main_height = best.main.total_height();
  const int small_width = best.small.total_width(), small_height = best.small.total_height();
  const int width = best.beside ? main_width + gap + small_width : std::max(main_width, small_width);
  const int height = best.beside ? std::max(main_height, small_height) : main_height + gap + small_height;
  const int x = area.x + std::max(0, (area.width - width) / 2), y = area.y + std::max(0, (area.height - height) / 2);
  if (best.beside) {
    best.main.place(x, y, layout.boxes);
    best.small.place(x + main_width + gap, y, layout.boxes);
  } else {
    best.main.place(x + (width - main_width) / 2, y, layout.boxes);
    best.small.place(x + (width - small_width) / 2, y + main_height + gap, layout.boxes);
  }
  return layout;
}

std::vector<Box> lay_out_grid(const Box& area, int count, int columns, int gap) {
  std::vector<Box> boxes;
  const int across = std::max(1, std::min(count, columns)), down = std::max(1, divide_up(count, across));
  const int width = (area.width - (across - 1) * gap) / across, height = (area.height - (down - 1) * gap) / down;
  for (int i = 0; i < count; ++i) {
    boxes.push_back({area.x + (i % across) * (width + gap), area.y + (i / across) * (height + gap), std::max(0, width),
                     std::max(0, height)});
  }
  return boxes;
}

}  // namespace reverie
