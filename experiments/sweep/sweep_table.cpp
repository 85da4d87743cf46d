#include "experiments/sweep/sweep_table.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <optional>

#include "env/error.h"
#include "experiments/sweep/sweep_plan.h"

namespace reverie {
namespace {

// "dream: dream-trained controller" among the rows of the closing table, or "game: game-trained controller".
std::optional<RunScore> trained_score(const RunRecord& run, const std::string& where) {
  for (const auto& [name, score] : run.scores) {
    if (name.starts_with(where + ": ") && name.ends_with("-trained controller")) {
      return score;
    }
  }
  return std::nullopt;
}

std::string number(double value) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", std::abs(value) < 10 ? 2 : std::abs(value) < 100 ? 1 : 0, value);
  return text;
}

std::string shown(const RunScore& score) {
  return number(score.mean) + " ± " + number(score.deviation);
}

// As if one had played the episodes of all.
RunScore pooled(const std::vector<RunScore>& scores) {
  RunScore all;
  double sum = 0.0, squares = 0.0;
  for (const RunScore& score : scores) {
    all.episodes += score.episodes;
    sum += score.mean * score.episodes;
  }
  all.mean = sum / all.episodes;
  for (const RunScore& score : scores) {
    squares += (score.episodes - 1) * score.deviation * score.deviation +
               score.episodes * (score.mean - all.mean) * (score.mean - all.mean);
  }
  all.deviation = all.episodes > 1 ? std::sqrt(squares / (all.episodes - 1)) : 0.0;
  return all;
}

struct Row {
  std::vector<std::string> values;
  std::vector<RunScore> dream, game;
};

std::string each(const std::vector<RunScore>& scores) {
  std::string text;
  for (const RunScore& score : scores) {
    text += (text.empty() ? "" : "; ") + shown(score);
  }
  return text;
}

}  // namespace

std::string sweep_table(const std::vector<RunRecord>& runs, const std::vector<std::string>& keys) {
  std::vector<Row> rows;
  std::size_t most = 0;  // seeds of a row
  for (const RunRecord& run : runs) {
    const auto dream = trained_score(run, "dream"), game = trained_score(run, "game");
    if (!dream && !game) {
      continue;
    }
    std::vector<std::string> values;
    for (const std::string& key : keys) {
      if (key != "seed") {
        values.push_back(run.setting(key));
      }
    }
    auto row = std::find_if(rows.begin(), rows.end(), [&](const Row& other) { return other.values == values; });
    if (row == rows.end()) {
      row = rows.insert(rows.end(), Row{values, {}, {}});
    }
    if (dream) {
      row->dream.push_back(*dream);
    }
    if (game) {
      row->game.push_back(*game);
    }
    most = std::max({most, row->dream.size(), row->game.size()});
  }
  if (rows.empty()) {
    return "";
  }
  std::vector<std::vector<std::string>> cells(1);
  for (const std::string& key : keys) {
    if (key != "seed") {
      cells[0].push_back(short_name(key, keys));
    }
  }
  cells[0].insert(cells[0].end(), {"dream", "game"});
  if (most > 1) {
    cells[0].insert(cells[0].end(), {"each seed: dream", "each seed: game"});
  }
  cells.emplace_back(cells[0].size(), "---");
  for (const Row& row : rows) {
    cells.push_back(row.values);
    for (const auto* scores : {&row.dream, &row.game}) {
      cells.back().push_back(scores->empty() ? "–" : shown(pooled(*scores)));
    }
    if (most > 1) {
      cells.back().insert(cells.back().end(), {each(row.dream), each(row.game)});
    }
  }
  std::string text;
  for (const std::vector<std::string>& line : cells) {
    text += "|";
    for (const std::string& cell : line) {
      text += " " + cell + " |";
    }
    text += "\n";
  }
  return text;
}

}  // namespace reverie
