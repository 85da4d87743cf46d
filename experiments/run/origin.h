// What a run took from another one instead of making it in its iteration 0: recorded episodes, a world model, or both.
// It lies in the run's origin.json before its first stage begins, and never changes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

namespace reverie {

struct Origin {
  std::filesystem::path run;  // the other run's folder, absolute
  std::string config;         // digest of its config.yaml
  int iteration = 0;          // of the other run
  // How many iterations' game seeds the other run has used before this one's iteration 0, so that later iterations
  // collect on new ones.
  int earlier_iterations = 0;

  bool world_model = false;
  std::map<std::string, std::string> files;  // of the world model and its start states: name and checksum

  int num_episodes = 0;          // 0: none were taken
  std::string episodes;          // digest of their checksums, in order
  std::uint64_t split_seed = 0;  // which of them are held out: the same ones as in the other run

  // Of the world model's iteration: name of its file and checksum; empty: none was taken.
  std::string controller, controller_checksum;

  std::string kept() const;         // "episodes and world model", "world model and controller"
  std::string keep_option() const;  // the same as --keep takes it: "episodes,world-model"
  std::string words() const;        // "other:2 (episodes and world model)", of the folder's last name
  std::string identity() const;     // changes when what was taken does
};

nlohmann::ordered_json to_json(const Origin& origin);

// None where there is no such file. Error (kind data) naming it where it is not what to_json() gave.
std::optional<Origin> read_origin(const std::filesystem::path& path);

}  // namespace reverie
