#include "experiments/run/origin.h"

#include <nlohmann/json.hpp>

#include "env/error.h"
#include "experiments/run/digest.h"
#include "experiments/run/run_directory.h"

namespace reverie {

using Json = nlohmann::ordered_json;

std::string Origin::kept() const {
  const std::string data = num_episodes > 0 ? world_model ? "episodes and world model" : "episodes" : "world model";
  return data + (controller.empty() ? "" : " and controller");
}

std::string Origin::keep_option() const {
  return num_episodes > 0 ? world_model ? "episodes,world-model" : "episodes" : "world-model";
}

std::string Origin::words() const {
  return str(run.filename().string(), ":", iteration, " (", kept(), ")");
}

std::string Origin::identity() const {
  std::string text = episodes;
  for (const auto& [name, checksum] : files) {
    text += name + checksum;
  }
  return digest_of(text + controller_checksum);
}

Json to_json(const Origin& origin) {
  Json json = {{"run", origin.run.string()},
               {"config", origin.config},
               {"iteration", origin.iteration},
               {"earlier_iterations", origin.earlier_iterations}};
  if (origin.world_model) {
    json["world_model"] = origin.files;
  }
  if (origin.num_episodes > 0) {
    json["episodes"] = {
        {"count", origin.num_episodes}, {"checksum", origin.episodes}, {"split_seed", origin.split_seed}};
  }
  if (!origin.controller.empty()) {
    json["controller"] = {{"file", origin.controller}, {"checksum", origin.controller_checksum}};
  }
  return json;
}

std::optional<Origin> read_origin(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path)) {
    return std::nullopt;
  }
  const Json json = read_json(path);
  try {
    Origin origin;
    origin.run = json.at("run").get<std::string>();
    origin.config = json.at("config").get<std::string>();
    origin.iteration = json.at("iteration").get<int>();
    origin.earlier_iterations = json.at("earlier_iterations").get<int>();
    origin.world_model = json.contains("world_model");
    if (origin.world_model) {
      origin.files = json["world_model"].get<std::map<std::string, std::string>>();
    }
    if (json.contains("episodes")) {
      origin.num_episodes = json["episodes"].at("count").get<int>();
      origin.episodes = json["episodes"].at("checksum").get<std::string>();
      origin.split_seed = json["episodes"].at("split_seed").get<std::uint64_t>();
    }
    if (json.contains("controller")) {
      origin.controller = json["controller"].at("file").get<std::string>();
      origin.controller_checksum = json["controller"].at("checksum").get<std::string>();
    }
    std::map<std::string, std::string> named = origin.files;
    named.emplace(origin.controller, origin.controller_checksum);
    for (const auto& [name, checksum] : named) {
      if (name.find('/') != std::string::npos) {
        throw Error(ErrorKind::data, str(path.string(), ": expected names of files, found ", name));
      }
    }
    if (origin.iteration >= 0 && origin.earlier_iterations >= 0 && origin.num_episodes >= 0 &&
        (origin.world_model || origin.num_episodes > 0)) {
      return origin;
    }
  } catch (const Json::exception&) {
  }
  throw Error(ErrorKind::data,
              str(path.string(), ": expected what `reverie train --from` writes, found something else"));
}

}  // namespace reverie
