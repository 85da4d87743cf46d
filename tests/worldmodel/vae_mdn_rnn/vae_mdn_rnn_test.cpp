#include "worldmodel/vae_mdn_rnn/vae_mdn_rnn.h"

#include "tests/test.hpp"
#include "tests/world_model_conformance.h"
#include "tests/worldmodel/tiny_world.h"
#include "worldmodel/nn/tensor_math.h"

using namespace reverie;
using torch::Tensor;

namespace {

constexpr int kActions = 2;

VaeMdnRnnConfig without_noise() {
  VaeMdnRnnConfig config;
  config.latent_noise = 0.0;
  return config;
}

ModelState random_state(std::int64_t batch, std::uint64_t seed = 7) {
  return {{normal_tensor({batch, kTinyLatent}, seed), normal_tensor({batch, kTinyHidden}, seed + 1).tanh(),
           normal_tensor({batch, kTinyHidden}, seed + 2)}};
}

Noise random_noise(std::int64_t batch, std::uint64_t seed = 17) {
  return {normal_tensor({batch, kTinyLatent}, seed), uniform_tensor({batch, kTinyLatent}, seed + 1)};
}

Tensor permuted(const Tensor& tensor, const Tensor& order) {
  return tensor.index_select(0, order);
}

// Of a model of tiny_vae and tiny_mdn_rnn that takes the mean latent.
void check_observe_is_the_unroll_that_trains_m(const WorldModel& model) {
  torch::NoGradGuard no_grad;
  const RecordedEpisode episode = flickering_episode(3, 12);
  const std::int64_t steps = episode.num_steps();
  const Tensor frames = frames_to_tensor(episode.frames.data(), steps + 1, kFrameSize, kFrameSize);
  const Tensor actions = torch::tensor(episode.actions).view({steps, 1, kActions}) * 0.1f;
  const Vae vae = tiny_vae();
  const MdnRnn mdn_rnn = tiny_mdn_rnn(kActions);

  const Tensor z = vae->encode(frames, torch::kFloat32).mean;  // [T + 1, latent]
  const SequenceBatch sequence{z.slice(0, 0, steps).unsqueeze(1), actions,
                               z.slice(0, 1).unsqueeze(1),        torch::zeros({steps, 1}),
                               torch::zeros({steps, 1}),          torch::zeros({steps, 1})};
  const Tensor zero = torch::zeros({1, kTinyHidden});
  const LstmResult unrolled = lstm_unroll(torch::cat({sequence.latent, sequence.action}, 2), sequence.first, zero, zero,
                                          mdn_rnn->lstm(), torch::kFloat32);

  ModelState state = random_state(1);  // what was there before an episode must not matter
  const Noise noise = random_noise(1);
  for (std::int64_t t = 0; t <= steps; ++t) {
    const Tensor before = t == 0 ? torch::full({1, kActions}, 9.0f) : actions[t - 1];
    state = model.observe(state, before, frames.slice(0, t, t + 1), torch::full({1}, t == 0 ? 1.0f : 0.0f), noise);
    const Tensor h = t == 0 ? zero : unrolled.hidden[t - 1];  // from (z_{t-1}, a_{t-1})
    CAPTURE(t);
    CHECK(max_difference(state.parts[0], z.slice(0, t, t + 1)) < 1e-5);
    CHECK(max_difference(state.parts[1], h) < 1e-5);
  }
  CHECK(max_difference(state.parts[2], unrolled.last_cell) < 1e-5);
  CHECK(max_difference(state.parts[1], mdn_rnn->loss(sequence, {zero, zero}, {}, torch::kFloat32).carried[0]) < 1e-5);
}

}  // namespace

TEST_CASE("the model keeps the contract of world models, whatever it shows of itself", "[worldmodel]") {
  VaeMdnRnnConfig config;
  config.features = GENERATE(Features::z, Features::zh, Features::zch, Features::zh_now);
  config.latent_noise = GENERATE(1.0, 0.0);
  WorldModelClaims claims;
  claims.differentiable = true;
  if (config.latent_noise == 0.0) {
    claims.idle_noise = {"observe normals"};
    claims.observe_is_the_training_unroll = check_observe_is_the_unroll_that_trains_m;
  }
  check_world_model(tiny_model(kActions, config), claims);
}

TEST_CASE("in bfloat16 it keeps it too, but for gradients, which are float32's", "[worldmodel]") {
  check_world_model(VaeMdnRnn(tiny_vae(), tiny_mdn_rnn(kActions), {}, Precision::bfloat16));
}

TEST_CASE("with a joint mixture it keeps it too, and its likelihood is the one that M is trained by", "[worldmodel]") {
  const MdnRnn mdn_rnn = tiny_mdn_rnn(kActions, RewardHead::value, 2, 0, LatentHead::joint_mixture);
  const VaeMdnRnn model(tiny_vae(), mdn_rnn, {}, Precision::float32);
  CHECK(model.spec().imagine_uniforms == 1);
  WorldModelClaims claims;
  claims.differentiable = true;
  check_world_model(model, claims);

  const ModelState state = random_state(5);
  const Tensor action = normal_tensor({5, kActions}, 60), latent = normal_tensor({5, kTinyLatent}, 61);
  const Tensor hidden = model.imagine(state, action, 1.0f, random_noise(5)).state.parts[1];
  const Tensor output = torch::mm(hidden, mdn_rnn->mixture_weight) + mdn_rnn->mixture_bias;
  const Tensor nats = mixture_nll(output, latent, mdn_rnn->mixture_shape());
  CHECK(model.negative_log_likelihood(state, action, {latent, latent}).mean().item<double>() ==
        Approx(nats.item<double>()).epsilon(1e-4));
  const Mixture mixture = model.mixture(state, action);
  CHECK(mixture.log_weight.sizes() == torch::IntArrayRef({5, 1, 3}));
  CHECK(model.entropy(state, action).max().item<double>() < std::log(3.0) / kTinyLatent + 1e-6);
}

TEST_CASE("with a flow it keeps it too, and says no likelihood", "[worldmodel]") {
  const MdnRnn mdn_rnn = tiny_mdn_rnn(kActions, RewardHead::value, 2, GENERATE(0, 9), LatentHead::flow);
  {
    torch::NoGradGuard no_grad;
    mdn_rnn->flow->deviation.mul_(0.7f);
  }
  const VaeMdnRnn model(tiny_vae(), mdn_rnn, {}, Precision::float32);
  CHECK(model.spec().imagine_uniforms == 0);
  CHECK(static_cast<const WorldModel&>(model).belief() == nullptr);
  WorldModelClaims claims;
  claims.differentiable = true;
  check_world_model(model, claims);
  check_world_model(VaeMdnRnn(tiny_vae(), mdn_rnn, {}, Precision::bfloat16));
}

TEST_CASE("with a transformer in the LSTM's place it keeps it too, and observes as it was trained", "[worldmodel]") {
  MdnRnnConfig config = tiny_mdn_rnn(kActions)->config();
  config.memory = Memory::transformer;
  config.transformer.heads = 2;
  config.transformer.head_size = config.transformer.key_value_latent = 4;
  config.transformer.position_size = 4;
  config.transformer.feed_forward = 8;
  config.transformer.window = 5;
  config.transformer.attention = GENERATE(Attention::latent, Attention::full);
  const MdnRnn mdn_rnn(kTinyLatent, kActions, config, 2);
  VaeMdnRnnConfig of_model;
  of_model.features = GENERATE(Features::zh, Features::zh_now);
  of_model.latent_noise = 0.0;
  const VaeMdnRnn model(tiny_vae(), mdn_rnn, of_model, Precision::float32);
  WorldModelClaims claims;
  claims.differentiable = true;
  claims.idle_noise = {"observe normals"};
  // From token to token the ring holds all that is remembered: h is what came out.
  claims.idle_parts = {1};
  check_world_model(model, claims);

  torch::NoGradGuard no_grad;
  constexpr std::int64_t kTime = 14;
  const Tensor z = normal_tensor({kTime, 2, kTinyLatent}, 71), action = normal_tensor({kTime, 2, kActions}, 72);
  Tensor first = torch::zeros({kTime, 2});
  first[0].fill_(1.0f);
  first[8][1] = 1.0f;
  const Tensor unrolled =
      mdn_rnn->transformer->unroll(torch::cat({z, action}, 2), first, mdn_rnn->blank(2), torch::kFloat32).output;
  ModelState state = model.initial_state(2);
  for (std::int64_t t = 0; t < kTime; ++t) {
    state = model.observe_latent(state, action[std::max<std::int64_t>(t - 1, 0)], z[t], first[t]);
    for (std::int64_t row = 0; row < 2; ++row) {
      CAPTURE(t, row);
      const bool begins = first[t][row].item<float>() == 1.0f;
      const Tensor expected = begins ? torch::zeros({kTinyHidden}) : unrolled[t - 1][row];
      CHECK(max_difference(state.parts[1][row], expected) < 2e-5);
    }
  }
}

TEST_CASE("observe along a recorded episode is the unroll that trains M", "[worldmodel]") {
  check_observe_is_the_unroll_that_trains_m(tiny_model(kActions, without_noise()));
}

TEST_CASE("rows where an episode begins forget, whatever their action; the others remember", "[worldmodel]") {
  const VaeMdnRnn model = tiny_model(kActions, without_noise());
  const ModelState before = random_state(3);
  const Tensor latent = normal_tensor({3, kTinyLatent}, 5);
  Tensor action = normal_tensor({3, kActions}, 6);
  const ModelState none = model.observe_latent(before, action, latent, torch::zeros({3}));
  action[1].fill_(std::numeric_limits<float>::quiet_NaN());
  const ModelState one = model.observe_latent(before, action, latent, torch::tensor({0.0f, 1.0f, 0.0f}));
  for (const std::size_t part : {1, 2}) {
    CHECK(one.parts[part][1].abs().max().item<float>() == 0.0f);
    CHECK(torch::equal(one.parts[part][0], none.parts[part][0]));
    CHECK(torch::equal(one.parts[part][2], none.parts[part][2]));
  }
  CHECK(torch::equal(one.parts[0], latent));
}

TEST_CASE("latent noise scales how far z lies from its mean", "[worldmodel]") {
  const LatentDistribution latent{normal_tensor({2, kTinyLatent}, 1), normal_tensor({2, kTinyLatent}, 2)};
  const Tensor normals = normal_tensor({2, kTinyLatent}, 3);
  CHECK(torch::equal(tiny_model(kActions, without_noise()).sample_latent(latent, normals), latent.mean));
  for (const double noise : {0.3, 1.0}) {
    VaeMdnRnnConfig config;
    config.latent_noise = noise;
    const Tensor expected = latent.mean + noise * torch::exp(latent.log_variance / 2) * normals;
    CHECK(max_difference(tiny_model(kActions, config).sample_latent(latent, normals), expected) < 1e-6);
  }
}

TEST_CASE("imagining with gradients is imagining without", "[worldmodel]") {
  const VaeMdnRnn model = tiny_model(kActions, {}, GENERATE(0, 9));
  ModelState plain = random_state(16), tracked = plain;
  for (int step = 0; step < 3; ++step) {
    const Tensor action = normal_tensor({16, kActions}, 30 + static_cast<std::uint64_t>(step));
    const Noise noise = random_noise(16, 40 + 2 * static_cast<std::uint64_t>(step));
    const Imagined a = model.imagine(plain, action, 1.2f, noise);
    const Imagined b = model.imagine(tracked, action.clone().requires_grad_(true), 1.2f, noise);
    for (std::size_t part = 0; part < 3; ++part) {
      CHECK(max_difference(a.state.parts[part], b.state.parts[part]) < 1e-5);
    }
    CHECK(max_difference(a.reward, b.reward) < 1e-5);
    CHECK(max_difference(a.terminated_logit, b.terminated_logit) < 1e-5);
    CHECK_FALSE(a.reward.requires_grad());
    CHECK(b.reward.requires_grad());
    plain = a.state;
    tracked = b.state;
  }
}

TEST_CASE("the gradient through three imagined steps is the slope along the first action", "[worldmodel]") {
  constexpr float kStep = 1e-2f;
  const VaeMdnRnn model = tiny_model(kActions);
  const ModelState start = random_state(2);
  Noise noise = random_noise(2);
  noise.uniforms.zero_();  // the first component, however its weight moves
  const auto outcome = [&](const Tensor& action) {
    ModelState state = start;
    Tensor sum = torch::zeros({});
    for (int step = 0; step < 3; ++step) {
      Imagined next = model.imagine(state, step == 0 ? action : torch::full_like(action, 0.1f), 1.0f, noise);
      state = next.state;
      sum = sum + next.reward.sum() + next.terminated_logit.sum() + state.parts[0].sum();
    }
    return sum;
  };
  const Tensor action = normal_tensor({2, kActions}, 50).requires_grad_(true);
  outcome(action).backward();
  torch::NoGradGuard no_grad;
  for (std::int64_t i = 0; i < action.numel(); ++i) {
    const auto moved = [&](float by) {
      const Tensor copy = action.clone();
      copy.view({-1})[i] += by;
      return outcome(copy).item<double>();
    };
    const double slope = (moved(kStep) - moved(-kStep)) / (2.0 * kStep);
    CHECK(action.grad().view({-1})[i].item<double>() == Approx(slope).epsilon(0.01).margin(1e-3));
    CHECK(std::abs(slope) > 1e-2);
  }
}

TEST_CASE("a row's bits depend neither on its index nor on its neighbours", "[worldmodel]") {
  torch::NoGradGuard no_grad;
  const VaeMdnRnn model(tiny_vae(), tiny_mdn_rnn(kActions), {}, GENERATE(Precision::float32, Precision::bfloat16));
  const std::int64_t batch = GENERATE(3, 16, 37);
  const Tensor order = (torch::arange(batch) * 5 + 2).remainder(batch);
  const ModelState state = random_state(batch);
  const Noise noise = random_noise(batch);
  const Tensor action = normal_tensor({batch, kActions}, 60);
  const Tensor frame = uniform_tensor({batch, 3, kFrameSize, kFrameSize}, 61);
  Tensor first = torch::zeros({batch});
  first[1] = 1.0f;

  ModelState moved_state;
  for (const Tensor& part : state.parts) {
    moved_state.parts.push_back(permuted(part, order));
  }
  const Noise moved_noise = {permuted(noise.normals, order), permuted(noise.uniforms, order)};
  const Imagined dreamt = model.imagine(state, action, 1.1f, noise);
  const Imagined moved_dream = model.imagine(moved_state, permuted(action, order), 1.1f, moved_noise);
  const ModelState seen = model.observe(state, action, frame, first, noise);
  const ModelState moved_seen =
      model.observe(moved_state, permuted(action, order), permuted(frame, order), permuted(first, order), moved_noise);
  CHECK(torch::equal(moved_dream.reward, permuted(dreamt.reward, order)));
  CHECK(torch::equal(moved_dream.terminated_logit, permuted(dreamt.terminated_logit, order)));
  for (std::size_t part = 0; part < 3; ++part) {
    CHECK(torch::equal(moved_dream.state.parts[part], permuted(dreamt.state.parts[part], order)));
    CHECK(torch::equal(moved_seen.parts[part], permuted(seen.parts[part], order)));
  }
}

TEST_CASE("a planner may branch from one row expanded to many", "[worldmodel]") {
  const VaeMdnRnn model = tiny_model(kActions);
  const ModelState one = random_state(1);
  ModelState expanded, copied;
  for (const Tensor& part : one.parts) {
    expanded.parts.push_back(part.expand({8, -1}));
    copied.parts.push_back(part.repeat({8, 1}));
  }
  const Tensor action = normal_tensor({8, kActions}, 60);
  const Imagined a = model.imagine(expanded, action, 1.0f, random_noise(8)),
                 b = model.imagine(copied, action, 1.0f, random_noise(8));
  CHECK(torch::equal(a.reward, b.reward));
  CHECK(torch::equal(a.state.parts[0], b.state.parts[0]));
  CHECK(torch::equal(a.state.parts[2], b.state.parts[2]));
}

TEST_CASE("the features are z, z and h before or with this frame, or z, c and h", "[worldmodel]") {
  const ModelState state = random_state(2);
  const Tensor &z = state.parts[0], &h = state.parts[1], &c = state.parts[2];
  const auto features = [&state](Features kind) {
    VaeMdnRnnConfig config;
    config.features = kind;
    const VaeMdnRnn model = tiny_model(kActions, config);
    const Tensor result = model.features(state);
    CHECK(model.spec().feature_size == result.size(1));
    CHECK(result.is_contiguous());
    return result;
  };
  CHECK(torch::equal(features(Features::z), z));
  CHECK(torch::equal(features(Features::zh), torch::cat({z, h}, 1)));
  CHECK(torch::equal(features(Features::zch), torch::cat({z, c, h}, 1)));
  const Tensor rest = torch::zeros({z.size(0), kActions});
  const Tensor h_now = tiny_model(kActions).imagine(state, rest, 1.0f, random_noise(2)).state.parts[1];
  CHECK(max_difference(h_now, h) > 1e-3);
  CHECK(torch::equal(features(Features::zh_now), torch::cat({z, h_now}, 1)));
  ModelState traced{{z.clone().requires_grad_(true), h, c}};
  VaeMdnRnnConfig now;
  now.features = Features::zh_now;
  const Tensor with_gradient = tiny_model(kActions, now).features(traced);
  CHECK(max_difference(with_gradient, torch::cat({z, h_now}, 1)) < 1e-5);
  with_gradient.slice(1, kTinyLatent).sum().backward();
  CHECK(traced.parts[0].grad().abs().max().item<float>() > 1e-4f);

  const Vae vae(VaeConfig{}, 1);
  const MdnRnn mdn_rnn(32, 3, MdnRnnConfig{}, 1);
  const auto size = [&](Features kind) {
    return VaeMdnRnn(vae, mdn_rnn, {kind, 1.0}, Precision::float32).spec().feature_size;
  };
  CHECK(size(Features::z) == 32);
  CHECK(size(Features::zh) == 288);
  CHECK(size(Features::zch) == 544);
  CHECK(size(Features::zh_now) == 288);
}

TEST_CASE("the mixture shown is normalised, and imagination draws from it", "[worldmodel]") {
  const VaeMdnRnn model = tiny_model(kActions, {}, GENERATE(0, 9));
  const ModelState state = random_state(5);
  const Tensor action = normal_tensor({5, kActions}, 60);
  const Mixture mixture = model.mixture(state, action);
  CHECK(mixture.log_weight.sizes() == torch::IntArrayRef({5, kTinyLatent, 3}));
  CHECK(mixture.mean.sizes() == mixture.log_weight.sizes());
  CHECK(mixture.log_sigma.sizes() == mixture.log_weight.sizes());
  CHECK(max_difference(mixture.log_weight.exp().sum(2), torch::ones({5, kTinyLatent})) < 1e-6);

  Noise noise = random_noise(5);
  noise.uniforms.zero_();
  const Tensor expected =
      mixture.mean.select(2, 0) + mixture.log_sigma.select(2, 0).exp() * std::sqrt(1.3f) * noise.normals;
  CHECK(max_difference(model.imagine(state, action, 1.3f, noise).state.parts[0], expected) < 1e-5);
}

TEST_CASE("the reward imagined is the one the head means", "[worldmodel]") {
  const auto reward_of = [](RewardHead head, double scale) {
    MdnRnnConfig config = tiny_mdn_rnn(kActions)->config();
    config.reward_head = head;
    config.reward_scale = scale;
    config.end_head = false;
    const MdnRnn mdn_rnn(kTinyLatent, kActions, config, 1);
    if (head != RewardHead::none) {
      torch::NoGradGuard no_grad;
      mdn_rnn->reward_weight.zero_();
      mdn_rnn->reward_bias.fill_(std::log(3.0f));
      mdn_rnn->reward_levels.copy_(torch::tensor({-0.1f, 3.1f}));
    }
    const VaeMdnRnn model(tiny_vae(), mdn_rnn, {}, Precision::float32);
    const Imagined next = model.imagine(random_state(2), torch::zeros({2, kActions}), 1.0f, random_noise(2));
    CHECK(next.terminated_logit.max().item<float>() < -20.0f);  // nothing ends without a head for it
    return next.reward[1].item<double>();
  };
  CHECK(reward_of(RewardHead::event, 1.0) == Approx(0.75 * 3.1 - 0.25 * 0.1));  // probability 3/4 that the step paid
  CHECK(reward_of(RewardHead::value, 5.0) == Approx(5.0 * std::log(3.0)));
  CHECK(reward_of(RewardHead::none, 1.0) == 0.0);
}

TEST_CASE("the model keeps weights of its own", "[worldmodel]") {
  const MdnRnn mdn_rnn = tiny_mdn_rnn(kActions);
  const VaeMdnRnn model(tiny_vae(), mdn_rnn, {}, Precision::float32);
  const Tensor before =
      model.imagine(random_state(2), torch::zeros({2, kActions}), 1.0f, random_noise(2)).state.parts[0];
  {
    torch::NoGradGuard no_grad;
    mdn_rnn->lstm_bias.add_(1.0f);
    mdn_rnn->mixture_bias.add_(1.0f);
  }
  CHECK(torch::equal(model.imagine(random_state(2), torch::zeros({2, kActions}), 1.0f, random_noise(2)).state.parts[0],
                     before));
}

TEST_CASE("surprise is the divergence of the encoder's draws from the belief about them", "[worldmodel]") {
  // With one Gaussian a dimension the mean surprise over draws is the closed form of KL(next, belief). Where M has seen
  // draws with half of V's deviation, its variance lacks three quarters of V's.
  MdnRnnConfig config = tiny_mdn_rnn(kActions)->config();
  config.mixtures = 1;
  const MdnRnn mdn_rnn(kTinyLatent, kActions, config, 3);
  VaeMdnRnnConfig of_model;
  of_model.latent_noise = GENERATE(1.0, 0.5);
  const VaeMdnRnn model(tiny_vae(), mdn_rnn, of_model, Precision::float32);
  constexpr std::int64_t kDraws = 20000;
  const auto repeated = [](const Tensor& row) { return row.expand({kDraws, row.size(1)}).contiguous(); };
  const ModelState one = random_state(1);
  ModelState state;
  for (const Tensor& part : one.parts) {
    state.parts.push_back(repeated(part));
  }
  const Tensor action = normal_tensor({1, kActions}, 60), mean = 0.5 * normal_tensor({1, kTinyLatent}, 61),
               log_variance = normal_tensor({1, kTinyLatent}, 62) - 1.0;
  const Tensor surprise = model.surprise(state, repeated(action), {repeated(mean), repeated(log_variance)},
                                         normal_tensor({kDraws, kTinyLatent}, 63));
  const Mixture belief = model.mixture(one, action);
  const double missing = 1.0 - of_model.latent_noise * of_model.latent_noise;
  const Tensor variance = (2.0 * belief.log_sigma.select(2, 0)).exp() + missing * log_variance.exp();
  const Tensor distance = mean - belief.mean.select(2, 0);
  const double expected =
      (0.5 * (variance.log() - log_variance + (log_variance.exp() + distance.square()) / variance - 1.0))
          .sum()
          .item<double>();
  CHECK(surprise.mean().item<double>() == Approx(expected).epsilon(0.02).margin(0.02));
}
