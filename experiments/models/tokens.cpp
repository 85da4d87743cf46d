#include "experiments/models/tokens.h"

#include <zstd.h>

#include <algorithm>

#include "agent/plan/cem_planner.h"
#include "env/discrete.h"
#include "env/error.h"
#include "experiments/models/saved.h"
#include "worldmodel/data/tensor_file.h"

namespace reverie {
namespace {

constexpr std::size_t kMostActions = 60000;  // that are clustered

// The actions of some episodes, each [steps * action].
std::vector<std::vector<float>> actions_of(const EpisodeStore& episodes, const std::vector<int>& indices,
                                           bool driven_alone) {
  std::vector<std::vector<float>> actions;
  for (const int index : indices) {
    const RecordedEpisode episode = episodes.read(index);
    if (!driven_alone || episode.policy == "controller") {
      actions.push_back(episode.actions);
    }
  }
  return actions;
}

double zstd_bits(const std::vector<int>& codes) {
  std::vector<std::uint8_t> bytes(codes.begin(), codes.end());
  std::vector<char> packed(ZSTD_compressBound(bytes.size()));
  const std::size_t size = ZSTD_compress(packed.data(), packed.size(), bytes.data(), bytes.size(), 19);
  return 8.0 * static_cast<double>(size) / static_cast<double>(codes.size());
}

}  // namespace

std::filesystem::path tokens_path(const RunDirectory& run, int iteration) {
  return run.iteration(iteration) / "tokens.safetensors";
}

void save_tokens(const Experiment& experiment, int iteration, const ActionTokens& tokens) {
  TensorFile file;
  file.tensors["codes"] = torch::tensor(tokens.codes).view({tokens.num_codes(), tokens.action_size});
  std::vector<std::int64_t> merges;
  for (const auto& [left, right] : tokens.merges) {
    merges.insert(merges.end(), {left, right});
  }
  file.tensors["merges"] = torch::tensor(merges, torch::kInt64).view({-1, 2});
  write_tensor_file(tokens_path(experiment.run, iteration), kTokensKind, file);
}

ActionTokens load_tokens(const Experiment& experiment, int iteration) {
  const std::filesystem::path path = tokens_path(experiment.run, iteration);
  file_identity(path, kTokensKind, "tokens");
  const TensorFile file = read_tensor_file(path, kTokensKind);
  ActionTokens tokens;
  tokens.action_size = experiment.action_size();
  const torch::Tensor codes = take_tensor(file, path, "codes", torch::kFloat32, {-1, tokens.action_size}).contiguous();
  const torch::Tensor merges = take_tensor(file, path, "merges", torch::kInt64, {-1, 2}).contiguous();
  check_finite(codes, path, "codes");
  tokens.codes.assign(codes.data_ptr<float>(), codes.data_ptr<float>() + codes.numel());
  for (std::int64_t i = 0; i < merges.size(0); ++i) {
    tokens.merges.emplace_back(static_cast<int>(merges[i][0].item<std::int64_t>()),
                               static_cast<int>(merges[i][1].item<std::int64_t>()));
  }
  tokens.check(path.string());
  return tokens;
}

SavedPolicy planner_of(const Experiment& experiment, const PlannerConfig& planner, const DreamConfig& dream,
                       int iteration, const std::string& model) {
  if (planner.actions == PlanActions::held) {
    return planner_policy(planner, dream, model);
  }
  const ActionTokens tokens = load_tokens(experiment, iteration);
  return planner_policy(planner, dream, model, &tokens);
}

TokensReport learn_tokens(const Experiment& experiment, int iteration, const TokensQuestion& question) {
  const EpisodeStore episodes = experiment.episodes(iteration);
  std::vector<std::vector<float>> train = actions_of(episodes, episodes.train(), true);
  const bool driven = !train.empty();
  if (!driven) {
    train = actions_of(episodes, episodes.train(), false);
  }
  TokensReport report;
  ActionTokens& tokens = report.tokens;
  const int size = tokens.action_size = experiment.action_size();
  std::vector<float> all;
  for (const std::vector<float>& actions : train) {
    all.insert(all.end(), actions.begin(), actions.end());
  }
  const std::vector<double> deviation = deviation_of(all, size);
  if (experiment.game.actions == ActionKind::discrete) {
    for (int action = 0; action < size; ++action) {
      std::vector<float> one(static_cast<std::size_t>(size));
      set_one_hot(one, static_cast<std::size_t>(action));
      tokens.codes.insert(tokens.codes.end(), one.begin(), one.end());
    }
  } else {
    std::vector<float> some;
    const std::size_t count = all.size() / static_cast<std::size_t>(size);
    const std::size_t stride = std::max<std::size_t>(1, count / kMostActions);
    for (std::size_t i = 0; i < count; i += stride) {
      const auto at = all.begin() + static_cast<std::ptrdiff_t>(i) * size;
      some.insert(some.end(), at, at + size);
    }
    tokens.codes = cluster_actions(some, size, question.codes, experiment.config.seed);
  }
  const auto as_codes = [&](const std::vector<std::vector<float>>& of_episodes) {
    std::vector<std::vector<int>> codes;
    for (const std::vector<float>& actions : of_episodes) {
      codes.push_back(nearest_codes(actions, tokens, deviation));
    }
    return codes;
  };
  tokens.merges = learn_merges(as_codes(train), tokens.num_codes(), question.limits);

  std::vector<std::vector<float>> held_out = actions_of(episodes, episodes.held_out(), driven);
  held_out = held_out.empty() ? actions_of(episodes, episodes.held_out(), false) : held_out;
  std::vector<int> codes, said;
  std::vector<double> steps_of(static_cast<std::size_t>(tokens.num_tokens()), 0.0);
  const std::vector<std::vector<int>> expansions = tokens.expansions();
  for (const std::vector<int>& episode : as_codes(held_out)) {
    codes.insert(codes.end(), episode.begin(), episode.end());
    for (const int token : to_tokens(tokens, episode)) {
      said.push_back(token);
      steps_of[static_cast<std::size_t>(token)] +=
          static_cast<double>(expansions[static_cast<std::size_t>(token)].size());
    }
  }
  report.steps = std::ssize(codes);
  report.steps_a_token = static_cast<double>(codes.size()) / static_cast<double>(said.size());
  report.code_bits = entropy_bits(codes);
  report.token_bits = entropy_bits(said) / report.steps_a_token;
  report.zstd_bits = zstd_bits(codes);
  for (int token = 0; token < tokens.num_tokens(); ++token) {
    report.most_said.emplace_back(token, steps_of[static_cast<std::size_t>(token)] / static_cast<double>(codes.size()));
  }
  std::stable_sort(report.most_said.begin(), report.most_said.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  save_tokens(experiment, iteration, tokens);
  return report;
}

}  // namespace reverie
