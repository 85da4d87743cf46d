#include "worldmodel/start_states.h"

#include <algorithm>

#include "env/error.h"
#include "worldmodel/lead.h"
#include "worldmodel/nn/tensor_message.h"
#include "worldmodel/row_noise.h"

namespace reverie {

namespace {

constexpr std::size_t kRowsTogether = 64;
constexpr std::int64_t kRecently = 20;  // steps

// One episode that the model is being led through, and the moments whose states are kept.
struct Walk {
  EmbeddedEpisode episode;
  Noise noise;                       // of each observation, [T + 1, n]
  std::vector<std::uint8_t> wanted;  // [T]: no dream starts where the episode ended
};

Walk start_walk(const WorldModelSpec& spec, const EmbeddedEpisodes& source, int episode, double share,
                std::uint64_t seed) {
  Walk walk;
  walk.episode = source.read(episode);
  Rng rng(derive_seed(seed, Stream::start_state, static_cast<std::uint64_t>(episode)));
  const std::int64_t steps = walk.episode.num_steps();
  walk.noise = make_noise(static_cast<int>(steps) + 1, spec.observe_normals, spec.observe_uniforms);
  rng.fill_normal(numbers_in(walk.noise.normals));
  rng.fill_uniform(numbers_in(walk.noise.uniforms));
  walk.wanted.assign(static_cast<std::size_t>(steps), 1);
  for (std::size_t t = 1; t < walk.wanted.size(); ++t) {
    walk.wanted[t] = rng.uniform_double() < share ? 1 : 0;
  }
  return walk;
}

}  // namespace

void StartConfig::validate() const {
  check_ranges(*this);
  if (first_share + any_share > 1.0 + 1e-9) {
    throw Error(ErrorKind::config,
                str("first_share and any_share: expected a sum of at most 1, found ", first_share + any_share));
  }
}

void StartStates::check(const StartConfig& config) const {
  const auto need = [this](double share, const std::vector<std::uint8_t>& kind, const char* what) {
    if (share > 1e-9 && std::count(kind.begin(), kind.end(), 1) == 0) {
      throw Error(ErrorKind::data, str("dream.starts: expected recorded moments of the kind '", what,
                                       "', which have a share of ", share, ", found none among ", size()));
    }
  };
  if (size() == 0) {
    throw Error(ErrorKind::data, "dream.starts: no recorded moment to start from");
  }
  need(config.first_share, first, "first frame");
  need(1.0 - config.first_share - config.any_share, paid, "recently paid");
}

int StartStates::choose(const StartConfig& config, Rng& rng) const {
  const double which = rng.uniform_double();
  if (which < config.first_share) {
    return choose_among(first, rng);
  }
  if (which < config.first_share + config.any_share || config.first_share + config.any_share > 1.0 - 1e-9) {
    return static_cast<int>(rng.below(static_cast<std::uint64_t>(size())));
  }
  return choose_among(paid, rng);
}

int StartStates::choose_among(const std::vector<std::uint8_t>& kind, Rng& rng) const {
  const auto count = std::count(kind.begin(), kind.end(), 1);
  REVERIE_CHECK(count, >, 0);
  auto left = static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(count)));
  for (std::size_t row = 0; row < kind.size(); ++row) {
    if (kind[row] == 1 && left-- == 0) {
      return static_cast<int>(row);
    }
  }
  return 0;  // not reached: count > left
}

void put_start_states(TensorFile& file, const std::string& prefix, const StartStates& starts) {
  for (std::size_t part = 0; part < starts.states.parts.size(); ++part) {
    const torch::Tensor& values = starts.states.parts[part];
    file.tensors[str(prefix, "state", part)] = values.is_floating_point() ? values.to(torch::kFloat16) : values;
  }
  file.tensors[prefix + "first"] = torch::tensor(starts.first, torch::kUInt8);
  file.tensors[prefix + "paid"] = torch::tensor(starts.paid, torch::kUInt8);
}

StartStates take_start_states(const TensorFile& file, const std::filesystem::path& path, const std::string& prefix,
                              const WorldModel& model) {
  StartStates starts;
  const auto flags = [&](const std::string& name, std::int64_t count) {
    const torch::Tensor tensor = take_tensor(file, path, prefix + name, torch::kUInt8, {count});
    return std::vector<std::uint8_t>(tensor.data_ptr<std::uint8_t>(), tensor.data_ptr<std::uint8_t>() + tensor.numel());
  };
  starts.first = flags("first", -1);
  const std::int64_t rows = starts.size();
  starts.paid = flags("paid", rows);
  const std::vector<torch::Tensor> expected = model.initial_state(1).parts;
  for (std::size_t part = 0; part < expected.size(); ++part) {
    const std::string name = str(prefix, "state", part);
    std::vector<std::int64_t> shape = expected[part].sizes().vec();
    shape[0] = rows;
    torch::ScalarType type = expected[part].scalar_type();
    const auto found = file.tensors.find(name);
    const bool floating = expected[part].is_floating_point();
    if (floating && found != file.tensors.end() && found->second.is_floating_point()) {
      type = found->second.scalar_type();  // any floating-point type is accepted
    }
    const torch::Tensor values = take_tensor(file, path, name, type, shape);
    if (floating) {
      check_finite(values, path, name);
    }
    starts.states.parts.push_back(values.to(expected[part].scalar_type()));
  }
  if (const std::string more = str(prefix, "state", expected.size()); file.tensors.count(more) > 0) {
    throw Error(ErrorKind::data, str(path.string(), ": expected states of ", expected.size(),
                                     " parts, as the model has, found a tensor '", more, "' too"));
  }
  return starts;
}

StartStates record_start_states(const WorldModel& model, const EmbeddedEpisodes& source, std::vector<int> episodes,
                                int count, std::uint64_t seed, const std::function<void()>& on_step) {
  torch::NoGradGuard no_grad;
  REVERIE_CHECK(episodes.size(), >, 0u);
  Rng shuffle(derive_seed(seed, Stream::start_state, ~std::uint64_t{0}));
  for (std::size_t i = episodes.size(); i > 1; --i) {
    std::swap(episodes[i - 1], episodes[static_cast<std::size_t>(shuffle.below(i))]);
  }
  episodes.resize(std::min(episodes.size(), static_cast<std::size_t>(count)));
  std::int64_t others = 0;  // moments that are no first frame
  for (const int episode : episodes) {
    others += source.episodes().num_steps(episode) - 1;
  }
  const double share = (static_cast<double>(count) - static_cast<double>(episodes.size())) /
                       static_cast<double>(std::max<std::int64_t>(1, others));

  StartStates result;
  std::vector<ModelState> kept;
  for (std::size_t begin = 0; begin < episodes.size(); begin += kRowsTogether) {
    const std::size_t rows = std::min(kRowsTogether, episodes.size() - begin);
    std::vector<EmbeddedEpisode> walked;
    std::vector<Noise> noise;
    std::vector<std::vector<std::uint8_t>> wanted;
    std::int64_t longest = 0;
    for (std::size_t row = 0; row < rows; ++row) {
      Walk walk = start_walk(model.spec(), source, episodes[begin + row], share, seed);
      longest = std::max(longest, walk.episode.num_steps());
      walked.push_back(std::move(walk.episode));
      noise.push_back(std::move(walk.noise));
      wanted.push_back(std::move(walk.wanted));
    }
    lead(model, walked, noise, longest - 1, [&](std::int64_t t, const ModelState& state) {
      if (on_step) {
        on_step();
      }
      std::vector<int> chosen;
      for (std::size_t row = 0; row < rows; ++row) {
        const auto at = static_cast<std::size_t>(t);
        if (at < wanted[row].size() && wanted[row][at]) {
          chosen.push_back(static_cast<int>(row));
          // Not the first step, whose reward belongs to the reset.
          const torch::Tensor recent =
              walked[row].reward.slice(0, std::min(t, std::max<std::int64_t>(1, t - kRecently)), t);
          result.first.push_back(t == 0);
          result.paid.push_back((recent > 0).any().item<bool>());
        }
      }
      if (!chosen.empty()) {
        kept.push_back(gather(state, chosen));
      }
    });
  }
  for (std::size_t part = 0; part < kept.front().parts.size(); ++part) {
    std::vector<torch::Tensor> pieces;
    for (const ModelState& state : kept) {
      pieces.push_back(state.parts[part]);
    }
    result.states.parts.push_back(torch::cat(pieces));
  }
  return result;
}

void put_start_states(MessageWriter& message, const StartStates& starts) {
  put_tensors(message, starts.states.parts);
  message.put_numbers(std::span<const std::uint8_t>(starts.first));
  message.put_numbers(std::span<const std::uint8_t>(starts.paid));
}

StartStates take_start_states(MessageReader& message) {
  StartStates starts;
  starts.states.parts = take_tensors(message);
  starts.first = message.take_numbers<std::uint8_t>();
  starts.paid = message.take_numbers<std::uint8_t>();
  for (const torch::Tensor& part : starts.states.parts) {
    if (part.dim() < 1 || part.size(0) != starts.size() || starts.paid.size() != starts.first.size()) {
      message.fail(str("expected ", starts.size(), " start states, found a part of shape ", part.sizes()));
    }
  }
  return starts;
}

}  // namespace reverie
