#include "experiments/stages/begin_from.h"

#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>

#include "env/error.h"
#include "env/number_text.h"
#include "experiments/config/config_writer.h"
#include "experiments/models/saved.h"
#include "experiments/models/words.h"
#include "experiments/run/digest.h"
#include "experiments/run/stop_flag.h"
#include "experiments/stages/stages.h"
#include "worldmodel/data/tensor_file.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

constexpr const char* kEpisodes = "episodes";
constexpr const char* kWorldModel = "world-model";

// An existing folder's path without "." and ".." and links, so that two spellings of it are equal.
fs::path real_path(const fs::path& folder) {
  std::error_code error;
  const fs::path found = fs::weakly_canonical(fs::absolute(folder), error);
  const fs::path path = error ? fs::absolute(folder) : found;
  return path.has_filename() ? path : path.parent_path();  // "run/"
}

[[noreturn]] void refuse(const fs::path& folder, const std::string& what) {
  throw Error(ErrorKind::data, str(folder.string(), ": ", what));
}

// Each key of the game, and of a world model each that its weights were made for.
void check_fits(const ExperimentConfig& config, const Experiment& other, bool world_model, bool changed_game) {
  const auto wanted = flat_config("config", print_config(config));
  const auto found = flat_config("config", print_config(other.config));
  std::vector<std::string> keys = {"game.name"};
  if (changed_game) {
    keys.emplace_back("game.action_repeat");
  } else if (config.game.name == other.config.game.name) {
    for (const auto& [key, value] : wanted) {
      if (key.starts_with("game.") && key != "game.name") {
        keys.push_back(key);
      }
    }
  }
  if (world_model) {
    keys.emplace_back("model.kind");
    if (config.model.kind == other.config.model.kind) {
      const std::vector<std::string> more = config.model.config->weight_keys();
      keys.insert(keys.end(), more.begin(), more.end());
    }
  }
  std::string differing;
  for (const std::string& key : keys) {
    const std::string& here = wanted.at(key);
    const auto there = found.find(key);
    if (there == found.end() || there->second != here) {
      differing += str(differing.empty() ? "" : "; ", key, ": expected ", here, ", found ",
                       there == found.end() ? "nothing" : there->second);
    }
  }
  const ModelConfig &here = *config.model.config, &there = *other.config.model.config;
  if (here.frame_height() != there.frame_height() || here.frame_width() != there.frame_width()) {
    differing += str(differing.empty() ? "" : "; ", "frames: expected ", here.frame_height(), " x ", here.frame_width(),
                     ", found ", there.frame_height(), " x ", there.frame_width());
  }
  if (!differing.empty()) {
    throw Error(ErrorKind::config, str(other.run.folder().string(), ": does not fit this config: ", differing));
  }
}

// The newest iteration with a world model, where one is wanted; else, or where there is none, the newest with episodes.
int choose_iteration(const Experiment& other, const OriginRequest& request) {
  const std::vector<int> iterations = other.run.iterations();
  const auto newest = [&](const auto& is_there) {
    const auto found = std::find_if(iterations.rbegin(), iterations.rend(), is_there);
    return found == iterations.rend() ? -1 : *found;
  };
  int chosen = request.world_model ? newest([&](int k) { return has_model(other, k); }) : -1;
  if (chosen < 0 && request.episodes) {
    chosen = newest([&](int k) { return other.has_episodes(k); });
  }
  if (chosen < 0) {
    refuse(other.run.folder(), str("expected ", request.world_model ? "a trained world model" : "",
                                   request.world_model && request.episodes ? " or " : "",
                                   request.episodes ? "recorded episodes" : "", ", found none"));
  }
  return chosen;
}

// Checksums by name, of the weights and the start states. Loads them once, so that what is damaged, belongs to other
// weights or is of other sizes than its config says is refused before a new run is made of it.
std::map<std::string, std::string> look_at_model(const Experiment& other, int iteration, bool needs_starts) {
  std::map<std::string, std::string> files;
  const std::vector<WeightFile> weights = family_of(other.config).weights(other.config, other.run, iteration);
  for (const WeightFile& file : weights) {
    files[file.path.filename().string()] = file_identity(file.path, file.kind, file.command);
  }
  const std::map<std::string, std::string> made_with = read_tensor_metadata(weights.back().path, weights.back().kind);
  for (const WeightFile& file : weights) {
    const std::string& checksum = files.at(file.path.filename().string());
    const bool named =
        std::any_of(made_with.begin(), made_with.end(), [&](const auto& entry) { return entry.second == checksum; });
    if (!named) {
      refuse(weights.back().path, str("was not made with the ", file.path.filename().string(),
                                      " beside it: run `reverie ", weights.back().command, "`"));
    }
  }
  const std::unique_ptr<WorldModel> model = load_world_model(other, iteration);
  if (has_start_states(other, iteration)) {
    for (const StartSet set : {StartSet::train, StartSet::held_out}) {
      load_start_states(other, *model, iteration, set);
    }
    const fs::path path = other.run.start_states(iteration);
    files[path.filename().string()] = file_identity(path, kStartStatesKind, "train-controller");
  } else if (needs_starts) {
    refuse(
        other.run.iteration(iteration),
        "a world model alone needs start states beside it, found none: run `reverie train-controller` there first, or "
        "keep its episodes too");
  }
  if (has_words(other, iteration)) {
    const fs::path path = words_path(other.run, iteration);
    files[path.filename().string()] = file_identity(path, kWordsKind, "words");
  }
  return files;
}

std::string digest_of_episodes(const EpisodeStore& episodes) {
  std::string checksums;
  for (int i = 0; i < episodes.size(); ++i) {
    checksums += episodes.checksum(i);
  }
  return digest_of(checksums);
}

void write_down(const RunDirectory& run, const Origin& origin) {
  write_json(run.origin(), to_json(origin));
  std::cerr << "begins with the ";
  if (origin.num_episodes > 0) {
    std::cerr << origin.num_episodes << " episodes" << (origin.world_model ? " and the " : "");
  }
  std::cerr << (origin.world_model ? "world model" : "") << (origin.controller.empty() ? "" : " and controller")
            << " of " << origin.run.string() << ", iteration " << origin.iteration << "\n";
}

// Files of tensors are never written in place, so a link is as good as a copy.
void link_or_copy(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::create_hard_link(from, to, error);
  if (error) {
    write_file_atomically(to, read_file(from));
  }
}

void bring_model(const Experiment& experiment, const RunDirectory& other) {
  const Origin& origin = *experiment.origin;
  for (const auto& [name, checksum] : origin.files) {
    write_file_atomically(experiment.run.iteration(0) / name, read_file(other.iteration(origin.iteration) / name));
  }
  const std::map<std::string, std::string> brought = look_at_model(experiment, 0, false);
  for (const auto& [name, checksum] : origin.files) {
    const auto found = brought.find(name);
    if (found == brought.end() || found->second != checksum) {
      refuse(experiment.run.iteration(0) / name,
             str("expected what ", origin.run.string(), " had when this run began, found another: make the run anew"));
    }
  }
}

void bring_controller(const Experiment& experiment, const RunDirectory& other) {
  const Origin& origin = *experiment.origin;
  const fs::path to = experiment.run.controller(0) / origin.controller;
  make_folder(experiment.run.controller(0));
  write_file_atomically(to, read_file(other.controller(origin.iteration) / origin.controller));
  if (file_identity(to, kControllerKind, "train-controller") != origin.controller_checksum) {
    refuse(to,
           str("expected what ", origin.run.string(), " had when this run began, found another: make the run anew"));
  }
}

void bring_episodes(const Experiment& experiment, const Experiment& other) {
  const Origin& origin = *experiment.origin;
  const EpisodeStore recorded = other.episodes(origin.iteration);
  make_folder(experiment.run.episodes(0));
  for (int i = 0; i < recorded.size(); ++i) {
    const fs::path to = episode_path(experiment.run.episodes(0), i);
    if (!fs::exists(to)) {
      link_or_copy(recorded.path(i), to);
    }
    if (stop_requested()) {
      throw Stopped();
    }
  }
  if (recorded.size() != origin.num_episodes || digest_of_episodes(experiment.episodes(0)) != origin.episodes) {
    refuse(experiment.run.episodes(0), str("expected the episodes that ", origin.run.string(),
                                           " had when this run began, found others: make the run anew"));
  }
}

}  // namespace

OriginRequest parse_origin(const std::string& from, const std::string& keep) {
  OriginRequest request;
  request.run = from;
  const std::size_t colon = from.find_last_of(':');
  if (!fs::is_directory(from) && colon != std::string::npos) {
    int iteration = 0;
    if (read_number(from.substr(colon + 1), iteration) != NumberText::good || iteration < 0 || colon == 0) {
      throw Error(ErrorKind::usage, str("--from ", from, ": expected the folder of a run, or RUN:ITERATION"));
    }
    request.run = from.substr(0, colon);
    request.iteration = iteration;
  }
  if (!keep.empty()) {
    request.episodes = request.world_model = false;
    request.all = true;
    for (std::size_t start = 0; start <= keep.size();) {
      const std::size_t end = std::min(keep.find(',', start), keep.size());
      const std::string word = keep.substr(start, end - start);
      bool& wanted = word == kEpisodes ? request.episodes : request.world_model;
      if ((word != kEpisodes && word != kWorldModel) || wanted) {
        throw Error(ErrorKind::usage, str("--keep ", keep, ": expected episodes, world-model or episodes,world-model"));
      }
      wanted = true;
      start = end + 1;
    }
  }
  return request;
}

bool is_same(const OriginRequest& asked, const OriginRequest& before) {
  return asked.controller_and_changed_game == before.controller_and_changed_game &&
         real_path(asked.run) == real_path(before.run) && (!asked.iteration || asked.iteration == before.iteration) &&
         (!asked.all || (asked.episodes == before.episodes && asked.world_model == before.world_model));
}

Origin find_origin(const OriginRequest& request, const ExperimentConfig& config) {
  const Experiment other = Experiment::open(request.run);
  const int iteration = request.iteration ? *request.iteration : choose_iteration(other, request);
  const bool model_there = has_model(other, iteration), episodes_there = other.has_episodes(iteration);
  const fs::path place = other.run.iteration(iteration);
  if (request.all && request.world_model && !model_there) {
    refuse(place, "--keep world-model: expected the weights of a trained world model there, found none");
  }
  if (request.all && request.episodes && !episodes_there) {
    refuse(place,
           "--keep episodes: expected recorded episodes there and in each iteration before, found none or not all");
  }
  if (config.dreams() && config.dream.reward == DreamReward::words && model_there && !has_words(other, iteration)) {
    refuse(place,
           "dream.reward words: expected words for the world model there, found none: run `reverie words` first");
  }
  Origin origin;
  origin.run = real_path(request.run);
  origin.config = digest_of(read_file(other.run.config()));
  origin.iteration = iteration;
  origin.earlier_iterations = iteration + (other.origin ? other.origin->earlier_iterations : 0);
  origin.world_model = request.world_model && model_there;
  const bool takes_episodes = request.episodes && episodes_there;
  if (!origin.world_model && !takes_episodes) {
    refuse(place, "expected a trained world model or recorded episodes there, found neither");
  }
  check_fits(config, other, origin.world_model, request.controller_and_changed_game);
  if (takes_episodes) {
    const EpisodeStore episodes = other.episodes(iteration);
    origin.num_episodes = episodes.size();
    origin.episodes = digest_of_episodes(episodes);
    origin.split_seed = other.split_seed();
  }
  if (origin.world_model) {
    origin.files = look_at_model(other, iteration, !takes_episodes);
  }
  if (request.controller_and_changed_game) {
    const fs::path path = other.run.generation(iteration, load_controller(other, iteration, -1).generation);
    origin.controller = path.filename().string();
    origin.controller_checksum = file_identity(path, kControllerKind, "train-controller");
  }
  return origin;
}

void check_fits(const Origin& origin, const ExperimentConfig& config) {
  check_fits(config, Experiment::open(origin.run), origin.world_model, !origin.controller.empty());
}

void settle_origin(const RunDirectory& run, bool is_new, const std::optional<OriginRequest>& request,
                   const std::optional<Origin>& origin) {
  if (is_new) {
    if (origin) {
      write_down(run, *origin);
    } else {
      fs::remove(run.origin());  // of a session that ended before its run was made
    }
    return;
  }
  if (!request) {
    return;
  }
  const std::optional<Origin> before = read_origin(run.origin());
  const bool same = before && is_same(*request, {before->run, before->iteration, before->num_episodes > 0,
                                                 before->world_model, true, !before->controller.empty()});
  if (!same) {
    throw Error(ErrorKind::config,
                str(run.folder().string(), ": this run began with ",
                    before ? str(before->run.string(), ":", before->iteration, ", ", before->kept()) : "nothing",
                    ", another --from asked for (name another folder with --run, or go on without --from)"));
  }
}

void bring_origin(const Experiment& experiment) {
  if (!experiment.origin) {
    return;
  }
  const Origin& origin = *experiment.origin;
  std::vector<Stage> taken = {collect_stage()};
  if (origin.world_model) {
    const std::vector<Stage> more = family_of(experiment.config).stages();
    taken.insert(taken.end(), more.begin(), more.end());
  }
  if (!origin.controller.empty()) {
    taken.push_back(train_controller_stage());
  }
  if (std::all_of(taken.begin(), taken.end(), [&](const Stage& stage) { return is_done(stage, experiment, 0); })) {
    return;
  }
  const Experiment other = Experiment::open(origin.run);
  make_folder(experiment.run.iteration(0));
  if (origin.world_model) {
    bring_model(experiment, other.run);
  }
  if (!origin.controller.empty()) {
    bring_controller(experiment, other.run);
  }
  if (origin.num_episodes > 0) {
    bring_episodes(experiment, other);
  }
  for (const Stage& stage : taken) {
    mark_taken(stage, experiment, origin);
  }
}

}  // namespace reverie
