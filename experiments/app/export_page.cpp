// export RUN page.html: the dream as one file that opens in a browser.
#include <algorithm>
#include <cctype>
#include <iostream>
#include <nlohmann/json.hpp>

#include "agent/make_policy.h"
#include "env/batch_environment.h"
#include "env/error.h"
#include "experiments/app/commands.h"
#include "experiments/app/dream_block.h"
#include "experiments/app/half.h"
#include "experiments/models/page_network.h"
#include "experiments/models/saved.h"
#include "experiments/page/page_file.h"
#include "experiments/run/base64.h"
#include "experiments/run/png.h"
#include "experiments/run/text.h"
#include "experiments/scoring/evaluation.h"
#include "experiments/scoring/showcase.h"
#include "worldmodel/encoded_environment.h"
#include "worldmodel/views.h"

namespace reverie {
namespace {

using nlohmann::ordered_json;
using torch::Tensor;

constexpr int kMoments = 24;
constexpr int kMostSliders = 64;

// The moments where the page's dreams begin: an episode of the game, played by the run's controller.
struct Moments {
  std::vector<Tensor> states;  // one row each
  ordered_json shown = ordered_json::array();
  double usual_reward = 0;  // the largest that a step paid
};

Tensor joined(const ModelState& state) {
  std::vector<Tensor> parts;
  for (const Tensor& part : state.parts) {
    parts.push_back(part.reshape({part.size(0), -1}));
  }
  return torch::cat(parts, 1);
}

Moments play_moments(const Experiment& experiment, const WorldModel& model, const SavedPolicy& policy,
                     std::uint64_t seed) {
  BatchEnvironment game(experiment.make_game, 1, model.spec().frame_height, model.spec().frame_width);
  EncodedEnvironment encoded(game, model);
  const std::unique_ptr<Policy<float>> player = make_policy(policy, encoded, experiment.config.controller);
  const int row = 0;
  encoded.reset({&row, 1}, {&seed, 1});
  player->begin(0, {0, seed});
  std::vector<Tensor> states;
  std::vector<std::vector<std::uint8_t>> frames;
  std::vector<float> action(static_cast<std::size_t>(encoded.spec().action_size()));
  Moments moments;
  while (true) {
    states.push_back(joined(encoded.state()).clone());
    frames.emplace_back(game.observation().begin(), game.observation().end());
    if (!encoded.live(0)) {
      break;
    }
    player->act(encoded.observation(), action);
    encoded.step(action);
    if (states.size() > 1) {  // a first step may pay more, for what an episode begins with
      moments.usual_reward = std::max(moments.usual_reward, static_cast<double>(encoded.reward()[0]));
    }
  }
  const std::size_t last = std::max<std::size_t>(states.size(), 2) - 2;  // not the end itself
  const int count = std::min(kMoments, static_cast<int>(last) + 1);
  for (int i = 0; i < count; ++i) {
    const std::size_t at = last * static_cast<std::size_t>(i) / static_cast<std::size_t>(std::max(count - 1, 1));
    moments.states.push_back(states[at]);
    const std::vector<std::byte> png = encode_png(model.spec().frame_height, model.spec().frame_width, frames[at]);
    moments.shown.push_back({{"name", str(experiment.game.step_name, " ", at)}, {"picture", to_base64(png)}});
  }
  return moments;
}

// The latent's dimensions, those first that change the picture most when they move by a deviation.
ordered_json sliders(const WorldModel& model, const StartStates& starts) {
  const LatentView* const view = model.latent();
  if (view == nullptr) {
    return ordered_json::array();
  }
  torch::NoGradGuard no_grad;
  const Tensor latents = view->latent_of(starts.states).to(torch::kFloat32);
  const Tensor mean = latents.mean(0), deviation = latents.std(0).nan_to_num(1.0).clamp_min(1e-3);
  const Tensor moved = torch::diag(deviation);
  const Tensor change =
      (view->decode_latent(mean + moved) - view->decode_latent(mean - moved)).square().mean({1, 2, 3});
  ordered_json list = ordered_json::array();
  const Tensor order = change.argsort(0, true);
  for (std::int64_t i = 0; i < std::min<std::int64_t>(order.size(0), kMostSliders); ++i) {
    const std::int64_t d = order[i].item<std::int64_t>();
    list.push_back({{"index", d}, {"mean", mean[d].item<float>()}, {"deviation", deviation[d].item<float>()}});
  }
  return list;
}

template <typename Value>
void append(std::string& bytes, const Value* values, std::size_t count) {
  bytes.append(reinterpret_cast<const char*>(values), count * sizeof(Value));
}

void append_halves(std::string& bytes, const Tensor& tensor) {
  const Tensor half = to_half(tensor, "the world model");
  append(bytes, static_cast<const std::uint16_t*>(half.data_ptr()), static_cast<std::size_t>(half.numel()));
}

void check_link(const std::string& link) {
  if (!link.empty() && !link.starts_with("https://") && !link.starts_with("http://")) {
    throw Error(ErrorKind::usage,
                str("--link: expected an address that begins with https:// or http://, found ", link));
  }
}

}  // namespace

std::string dream_block(const Experiment& experiment, const std::string& link) {
  const int k = newest_complete_iteration(experiment);
  std::optional<PageNetwork> network = family_of(experiment.config).page_network(experiment, k);
  if (!network) {
    throw Error(ErrorKind::data,
                str(experiment.run.folder().string(), ": a world model of kind ", experiment.config.model.kind,
                    " cannot be a page yet; a folder as the output exports it"));
  }
  const ExperimentConfig config = experiment.config.at(k);
  const std::unique_ptr<WorldModel> model = load_world_model(experiment, k);
  const SavedPolicy policy = load_controller(experiment, k, -1).policy;
  const std::vector<double>& parameters = controller_parameters(policy);
  const Moments moments = play_moments(experiment, *model, policy, showcase_seed(experiment.run).value_or(0));
  const GameSpec& game = experiment.game;

  network->sizes[page::kEnd] = static_cast<int>(config.dream.end);
  if (config.dream.reward == DreamReward::constant) {
    network->sizes[page::kRewardHead] = 0;
  }
  network->sizes[page::kControllerHidden] = config.controller.hidden_size;
  network->sizes[page::kControllerBias] = config.controller.bias ? 1 : 0;
  network->sizes[page::kDiscrete] = game.actions == ActionKind::discrete ? 1 : 0;
  for (std::size_t i = 0; i < config.controller.squash.size(); ++i) {
    network->sizes[page::kSquash + i] = static_cast<int>(config.controller.squash[i]);
  }
  network->sizes[page::kMoments] = static_cast<int>(moments.states.size());
  network->sizes[page::kNoiseStream] = static_cast<int>(Stream::dream_noise);
  network->numbers[page::kConstantReward] = config.dream.constant_reward;

  ordered_json keys = ordered_json::array();
  for (const GameKey& key : find_game(config.game.name).keys) {
    keys.push_back({{"key", key.key},
                    {"group", key.group},
                    {"component", key.component},
                    {"value", key.value},
                    {"what", key.what},
                    {"ramp", key.ramp}});
  }
  std::string title = config.game.name;
  std::replace(title.begin(), title.end(), '_', ' ');
  title.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(title.front())));
  const ordered_json about = {
      {"title", title + ": a dream"},
      {"sentence", "Hold a key or a button below; let go and the agent drives on."},
      {"about", str("World model of run ", experiment.run.folder().filename().string(), ", iteration ", k,
                    ", weights in half precision, all in this file. Nothing is sent or loaded.")},
      {"link", link},
      {"temperature", config.dream.temperature},
      {"steps_per_second", game.steps_per_second},
      {"discrete", game.actions == ActionKind::discrete},
      {"action_names", game.action_names},
      {"low", game.action_low},
      {"high", game.action_high},
      {"ends", config.dream.end != DreamEnd::never},
      {"usual_reward", moments.usual_reward},
      {"keys", keys},
      {"sliders", sliders(*model, load_start_states(experiment, *model, k, StartSet::train))},
      {"moments", moments.shown}};
  std::string text = about.dump(-1, ' ', false, ordered_json::error_handler_t::replace);

  std::string content;
  const std::uint32_t text_size = static_cast<std::uint32_t>(text.size());
  append(content, &text_size, 1);
  text.resize((text.size() + 3) / 4 * 4, '\0');
  content += text;
  append(content, network->sizes.data(), network->sizes.size());
  append(content, network->numbers.data(), network->numbers.size());
  const std::vector<float> controller(parameters.begin(), parameters.end());
  append(content, controller.data(), controller.size());
  for (const Tensor& weight : network->weights) {
    append_halves(content, weight);
  }
  append_halves(content, torch::cat(moments.states, 0));
  const std::uint64_t checksum = page::checksum(reinterpret_cast<const unsigned char*>(content.data()), content.size());
  std::string block;
  append(block, &checksum, 1);
  return block + content;
}

void export_page(const ExportOptions& options) {
  check_link(options.link);
  if (!page_possible()) {
    throw Error(ErrorKind::usage,
                "export to a page: this program was built without it: install clang and lld, then build again");
  }
  check_writable(options.out);
  const Experiment experiment = Experiment::open(options.run, {"precision=float32"});
  const std::string html = make_page(dream_block(experiment, options.link));
  write_file_atomically(options.out, html);
  std::cerr << options.out.string() << ": " << megabytes(html.size()) << "\n";
}

}  // namespace reverie
