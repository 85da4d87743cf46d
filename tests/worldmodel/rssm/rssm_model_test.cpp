#include "worldmodel/rssm/rssm_model.h"

#include <cmath>

#include "tests/temporary_folder.h"
#include "tests/test.hpp"
#include "tests/world_model_conformance.h"
#include "tests/worldmodel/tiny_world.h"
#include "worldmodel/nn/tensor_math.h"
#include "worldmodel/rssm/arrival_sampler.h"
#include "worldmodel/vae/latent_store.h"

using namespace reverie;
using torch::Tensor;

namespace {

constexpr int kActions = 2;

RssmConfig tiny(GruKind gru, Stochastic stochastic, RssmInput input = RssmInput::latent) {
  RssmConfig config;
  config.input = input;
  config.gru = gru;
  config.stochastic = stochastic;
  config.stochastic_size = 3;
  config.classes = 4;
  config.deterministic_size = 6;
  config.hidden_size = 8;
  config.trunk_size = 10;
  config.reward_head = RssmReward::value;
  return config;
}

Rssm tiny_rssm(const RssmConfig& config) {
  VaeConfig vae;
  vae.channels = {4, 4, 8, 8};
  return Rssm(kTinyLatent, kActions, config, vae, 3);
}

RssmModel tiny_model_of(const RssmConfig& config, Precision precision = Precision::float32) {
  return RssmModel(config.input == RssmInput::pixels ? Vae(nullptr) : tiny_vae(), tiny_rssm(config), precision);
}

Noise noise_for(const WorldModelSpec& spec, std::int64_t rows, std::uint64_t seed) {
  return {normal_tensor({rows, spec.observe_normals}, seed), uniform_tensor({rows, spec.observe_uniforms}, seed + 1)};
}

// observe() along an episode, against the unroll of the sampler's window of it.
void check_observe_is_the_training_unroll(const RssmConfig& config) {
  torch::NoGradGuard no_grad;
  const TemporaryFolder folder;
  const RecordedEpisode episode = flickering_episode(3, 12, {2, 5});
  const EpisodeStore store({record(folder.path(), {episode})}, 1);
  const RssmModel model = tiny_model_of(config);
  const Rssm rssm = tiny_rssm(config);
  const bool pixels = config.input == RssmInput::pixels;
  LatentStore latents(store, "one");
  WorkerPool pool(1);
  latents.encode(tiny_vae(), torch::kFloat32, pool);
  const RecordedFrames frames(store);
  ArrivalSampler sampler(pixels ? static_cast<const EmbeddedEpisodes&>(frames) : latents, {0}, 1, 13, true, 1);
  const ArrivalBatch batch = sampler.next();
  const Tensor latent =
      pixels ? rssm->vae()
                   ->encode(frames_to_tensor(episode.frames.data(), 13, kFrameSize, kFrameSize), torch::kFloat32)
                   .mean.unsqueeze(1)
             : batch.latent_mean;
  std::vector<Noise> noise;
  std::vector<Tensor> drawn;
  for (std::uint64_t t = 0; t < 13; ++t) {
    noise.push_back(noise_for(model.spec(), 1, 40 + 2 * t));
    drawn.push_back(rssm->random_part().is_gaussian() ? noise.back().normals : noise.back().uniforms);
  }
  const RssmUnrolled unrolled =
      rssm->unroll(latent, batch, torch::zeros({1, 6}), torch::zeros({1, rssm->random_part().width()}),
                   torch::stack(drawn), rssm->layers(torch::kFloat32));
  ModelState state = model.initial_state(1);
  for (Tensor& part : state.parts) {
    part.fill_(std::numeric_limits<float>::quiet_NaN());  // what was there before an episode must not matter
  }
  const Tensor actions = torch::tensor(episode.actions).view({12, kActions});
  for (std::int64_t t = 0; t < 13; ++t) {
    CAPTURE(t);
    const Tensor action = t == 0 ? torch::full({1, kActions}, 9.0f) : actions.slice(0, t - 1, t);
    const Tensor frame = frames_to_tensor(episode.frames.data() + static_cast<std::size_t>(t) * episode.frame_size(), 1,
                                          kFrameSize, kFrameSize);
    state =
        model.observe(state, action, frame, torch::full({1}, t == 0 ? 1.0f : 0.0f), noise[static_cast<std::size_t>(t)]);
    const double close = pixels ? 1e-4 : 5e-3;  // latents are stored in half precision
    CHECK(max_difference(state.parts[1], unrolled.stochastic[t]) < close);
    CHECK(max_difference(state.parts[2], unrolled.deterministic[t]) < close);
  }
}

}  // namespace

TEST_CASE("an RSSM keeps the contract of world models, with every GRU and both random parts", "[worldmodel]") {
  for (const GruKind gru : {GruKind::planet, GruKind::reset_after, GruKind::layer_norm}) {
    for (const Stochastic stochastic : {Stochastic::gaussian, Stochastic::categorical}) {
      CAPTURE(static_cast<int>(gru), static_cast<int>(stochastic));
      const RssmModel model = tiny_model_of(tiny(gru, stochastic));
      WorldModelClaims claims;
      claims.differentiable = stochastic == Stochastic::gaussian;  // a drawn class moves by jumps
      claims.idle_parts = {0};                                     // z follows from s and h
      WorldModelConformance(model, claims).check();
    }
  }
  WorldModelClaims claims;
  claims.differentiable = true;
  claims.idle_parts = {0};
  const RssmModel from_pixels = tiny_model_of(tiny(GruKind::planet, Stochastic::gaussian, RssmInput::pixels));
  WorldModelConformance(from_pixels, claims).check();
}

TEST_CASE("observe along a recorded episode is the unroll that trains the RSSM", "[worldmodel]") {
  for (const Stochastic stochastic : {Stochastic::gaussian, Stochastic::categorical}) {
    for (const RssmInput input : {RssmInput::latent, RssmInput::pixels}) {
      CAPTURE(static_cast<int>(stochastic), static_cast<int>(input));
      check_observe_is_the_training_unroll(tiny(GruKind::planet, stochastic, input));
    }
  }
}

TEST_CASE("the arrival form gives a frame the action, reward and end that came with it", "[worldmodel]") {
  const TemporaryFolder folder;
  // Action 0 of step t is t, action 1 the episode's seed; rewards are 1 at steps 2 and 5.
  const EpisodeStore store({record(folder.path(), {flickering_episode(3, 6, {2, 5}), flickering_episode(4, 4, {0})})},
                           1);
  const RecordedFrames frames(store);
  ArrivalSampler sampler(frames, {0, 1}, 1, 5, true, 1);
  std::vector<float> action, reward, first, rewarded, terminated, seeds;
  std::vector<int> brightness;
  for (int window = 0; window < 5; ++window) {  // 7 + 5 entries and again
    const ArrivalBatch batch = sampler.next();
    for (std::int64_t t = 0; t < 5; ++t) {
      action.push_back(batch.action[t][0][0].item<float>());
      seeds.push_back(batch.action[t][0][1].item<float>());
      reward.push_back(batch.reward[t][0].item<float>());
      first.push_back(batch.first[t][0].item<float>());
      rewarded.push_back(batch.rewarded[t][0].item<float>());
      terminated.push_back(batch.terminated[t][0].item<float>());
      brightness.push_back(batch.frame[t][0][0][0][0].item<int>());
    }
  }
  int episodes = 0;
  for (std::size_t begin = 0; begin + 7 <= action.size();) {
    REQUIRE(first[begin] == 1.0f);
    CHECK(action[begin] == 0.0f);
    CHECK(seeds[begin] == 0.0f);  // nothing led to it
    CHECK(rewarded[begin] == 0.0f);
    CHECK(rewarded[begin + 1] == 0.0f);  // the first step's reward is masked
    const bool longer = seeds[begin + 1] == 3.0f;
    const std::size_t steps = longer ? 6 : 4;
    for (std::size_t t = 1; t <= steps; ++t) {
      CHECK(action[begin + t] == static_cast<float>(t - 1));
      CHECK(reward[begin + t] == (((longer && (t == 3 || t == 6)) || (!longer && t == 1)) ? 1.0f : -0.1f));
      CHECK(first[begin + t] == 0.0f);
      CHECK(rewarded[begin + t] == (t == 1 ? 0.0f : 1.0f));
      CHECK(terminated[begin + t] == (longer && t == 6 ? 1.0f : 0.0f));  // odd seeds end
      CHECK(brightness[begin + t] == static_cast<int>((t * 83 + (longer ? 3u : 4u) * 29) % 256));
    }
    begin += steps + 1;
    ++episodes;
  }
  CHECK(episodes >= 3);
}

TEST_CASE("a latent set by hand stays, is decoded, and turns the RSSM's state to it", "[worldmodel]") {
  const RssmModel model = tiny_model_of(tiny(GruKind::planet, Stochastic::gaussian));
  const ModelState state = model.initial_state(2);
  const Tensor latent = normal_tensor({2, kTinyLatent}, 5);
  const ModelState turned = model.with_latent(state, latent);
  CHECK(torch::equal(model.latent_of(turned), latent));
  CHECK(torch::equal(model.decode(turned), model.decode_latent(latent)));
  CHECK(torch::equal(turned.parts[2], state.parts[2]));
  CHECK_FALSE(torch::equal(turned.parts[1], state.parts[1]));
}

TEST_CASE("a colder dream of an RSSM varies less, and its belief is finite", "[worldmodel]") {
  for (const Stochastic stochastic : {Stochastic::gaussian, Stochastic::categorical}) {
    const RssmModel model = tiny_model_of(tiny(GruKind::reset_after, stochastic));
    const std::int64_t rows = 500;
    ModelState state = model.initial_state(static_cast<int>(rows));
    state.parts[2].fill_(0.7f);  // a prior that prefers something
    const Noise noise = noise_for(model.spec(), rows, 8);
    const Tensor action = torch::ones({rows, kActions});
    const auto spread = [&](float temperature) {
      return model.imagine(state, action, temperature, noise).state.parts[1].var(0).sum().item<double>();
    };
    CHECK(spread(0.001f) < spread(1.0f));
    const LatentDistribution next =
        model.latent_distribution(model.embed(uniform_tensor({rows, 3, kFrameSize, kFrameSize}, 9)));
    const Tensor nats = model.negative_log_likelihood(state, action, next);
    CHECK(torch::isfinite(nats).all().item<bool>());
    // Both are the same squared distance in V's deviations, and what does not hang on it.
    const Tensor sigma = torch::exp(0.5 * next.log_variance).clamp_min(0.1);
    const Tensor rest = (torch::log(sigma) + 0.5 * std::log(2.0 * M_PI)).mean(1);
    CHECK(max_difference(model.surprise(state, action, next, {}), (nats - rest) * model.latent_size()) < 1e-2);
    CHECK((model.entropy(state, action) >= 0.0f).all().item<bool>());
  }
}
