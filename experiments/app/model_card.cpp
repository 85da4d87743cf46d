#include "experiments/app/model_card.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "experiments/models/model_family.h"
#include "experiments/report/run_record.h"
#include "experiments/run/text.h"

namespace reverie {
namespace {

// As text of a page: a name from somebody's folder makes no headings, links or tables.
std::string plain(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 32) {
      escaped += ' ';
      continue;
    }
    if (std::string("\\`*_[]<>|#&!").find(c) != std::string::npos) {
      escaped += '\\';
    }
    escaped += c;
  }
  return escaped;
}

std::string whole(double number) {
  return str(static_cast<long long>(std::llround(number)));
}

// The command of the run's first session; empty where it is not known.
std::string made_by(const RunDirectory& run) {
  const std::filesystem::path file = run.folder() / "run.json";
  if (!std::filesystem::exists(file)) {
    return "";
  }
  const nlohmann::ordered_json json = read_json(file);
  if (!json.contains("sessions") || json["sessions"].empty() || !json["sessions"][0].contains("command")) {
    return "";
  }
  std::string command;
  for (const auto& word : json["sessions"][0]["command"]) {
    command += (command.empty() ? "" : " ") + (word.is_string() ? word.get<std::string>() : "");
  }
  std::erase_if(command, [](char c) { return c == '`' || static_cast<unsigned char>(c) < 32; });
  return command;
}

}  // namespace

std::string model_card(const Experiment& run, int iteration, bool picture, std::uintmax_t bytes) {
  const RunRecord record = read_runs({run.run.folder()}).front();
  std::string card = "# A world model of " + plain(run.config.game.name) + "\n\n";
  card +=
      "A world model that was trained on recordings of the game, and a controller, C, that learnt with it. Made and "
      "played by Reverie; weights in half precision, no recordings.\n\n";
  if (picture) {
    card +=
        "![Left the game, right the dream](clip.png)\n\n"
        "*Left: the controller in the game. Right: the dream from the first of these frames under the same "
        "actions.*\n\n";
  }
  card += "| | |\n| --- | --- |\n";
  card += str("| model | ", plain(run.config.model.kind), ", iteration ", iteration, " |\n");
  for (const auto& [what, words] : family_of(run.config).highlights(run.config)) {
    card += "| " + plain(what) + " | " + plain(words) + " |\n";
  }
  card += str("| size | ", megabytes(bytes), " |\n");
  if (record.recorded_steps) {
    card += "| real steps that it saw | " + whole(*record.recorded_steps) + " |\n";
  }
  for (const auto& [name, score] : record.scores) {
    card += str("| ", plain(name), " | ", whole(score.mean), " ± ", whole(score.deviation), " over ", score.episodes,
                " episodes |\n");
  }
  card += "\n";
  if (!record.played.empty()) {
    card += "The scores: " + plain(record.played) + ", before the weights became half precision.\n\n";
  }
  if (const std::string command = made_by(run.run); !command.empty()) {
    card += "Made by:\n\n```sh\n" + command + "\n```\n\n";
  }
  card +=
      "Use it, in this folder:\n\n```sh\nreverie play .                # watch, drive and dream\n"
      "reverie evaluate .            # score it again\nreverie compare . --out page.html\n"
      "reverie export . dream.html   # the dream as one page for a browser\n```\n\n"
      "Its limits: it knows what its recordings show, and its dreams pay for things that the game does not. "
      "`config.yaml` says all of its settings.\n";
  return card;
}

}  // namespace reverie
