#include "experiments/scoring/showcase.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "env/error.h"
#include "experiments/scoring/arena.h"

namespace reverie {

Showcase choose_showcase(const Experiment& experiment, const WorldModel& model, const SavedPolicy& policy) {
  const std::vector<std::uint64_t> seeds = evaluation_seeds(0, kShowcaseGames);
  std::vector<Showcase> games;
  for (const EpisodeResult& result : Arena::game(experiment, model, 1).play(policy, seeds)) {
    games.push_back({seeds[games.size()], result.episode_return});
  }
  std::stable_sort(games.begin(), games.end(), [](const Showcase& left, const Showcase& right) {
    return left.episode_return < right.episode_return;
  });
  return games[games.size() / 2];
}

void write_showcase(const RunDirectory& run, const Showcase& showcase) {
  write_json(run.showcase(), {{"seed", showcase.seed},
                              {"return", showcase.episode_return},
                              {"chosen", str("the median return of game seeds 0 to ", kShowcaseGames - 1)}});
}

std::optional<std::uint64_t> showcase_seed(const RunDirectory& run) {
  if (!std::filesystem::exists(run.showcase())) {
    return std::nullopt;
  }
  const nlohmann::ordered_json json = read_json(run.showcase());
  if (!json.contains("seed") || !json["seed"].is_number_unsigned()) {
    throw Error(ErrorKind::data, str(run.showcase().string(), ": expected a seed, an integer of at least 0"));
  }
  return json["seed"].get<std::uint64_t>();
}

}  // namespace reverie
