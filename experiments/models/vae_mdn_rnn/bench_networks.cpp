// The rows of V and M.
#include "experiments/models/vae_mdn_rnn/bench_networks.h"

#include <algorithm>

#include "env/error.h"
#include "env/random.h"
#include "experiments/models/vae_mdn_rnn/bench.h"
#include "worldmodel/nn/adam.h"
#include "worldmodel/nn/tensor_math.h"

namespace reverie {
namespace {

using torch::Tensor;

// One convolution of V, or a transposed one seen from its output.
struct Layer {
  int in, out, kernel, side_in, side_out;
};
constexpr Layer kEncoder[] = {{3, 32, 4, 64, 31}, {32, 64, 4, 31, 14}, {64, 128, 4, 14, 6}, {128, 256, 4, 6, 2}};
constexpr Layer kDecoder[] = {{128, 64, 5, 5, 13}, {64, 32, 6, 13, 30}, {32, 3, 6, 30, 64}};
constexpr std::int64_t kFlat = 1024;       // numbers between the convolutions and the dense layers
constexpr std::int64_t kFirst = 25 * 128;  // outputs of the first transposed convolution, whose input is 1 x 1

std::int64_t area(int side) {
  return std::int64_t{side} * side;
}

std::vector<Product> encoder_products(std::int64_t batch) {
  std::vector<Product> products;
  for (const Layer& layer : kEncoder) {
    products.push_back({batch * area(layer.side_out), layer.in * area(layer.kernel), layer.out});
  }
  products.push_back({batch, kFlat, 2 * kBenchLatent});
  return products;
}

std::vector<Product> decoder_products(std::int64_t batch) {
  std::vector<Product> products = {{batch, kBenchLatent, kFlat}, {batch, kFlat, kFirst}};
  for (const Layer& layer : kDecoder) {
    products.push_back({batch * area(layer.side_in), layer.in, layer.out * area(layer.kernel)});
  }
  return products;
}

// Forward, and the gradients by the weights and by the input.
std::vector<Product> with_gradients(const std::vector<Product>& forward) {
  std::vector<Product> products = forward;
  for (const Product& p : forward) {
    products.push_back({p.k, p.n, p.m});
    products.push_back({p.n, p.m, p.k});
  }
  return products;
}

// For each layer of the encoder the faster one of the bare convolution and the bare matrix product.
double encoder_limit(const Bench& bench, std::int64_t batch, torch::ScalarType type) {
  std::vector<double> layers;
  const std::vector<Product> products = encoder_products(batch);
  for (std::size_t i = 0; i < products.size(); ++i) {
    std::vector<Measurement> ways = {bare_products({products[i]}, type, static_cast<double>(batch))};
    if (i < std::size(kEncoder)) {
      const Layer& layer = kEncoder[i];
      const auto lay_out = [type](const Tensor& t) { return t.to(type).contiguous(torch::MemoryFormat::ChannelsLast); };
      const Tensor x = lay_out(random_tensor({batch, layer.in, layer.side_in, layer.side_in}));
      const Tensor weight = lay_out(random_tensor({layer.out, layer.in, layer.kernel, layer.kernel}));
      ways.push_back(timed([x, weight, batch] {
        torch::conv2d(x, weight, {}, 2);
        return static_cast<double>(batch);
      }));
    }
    const std::vector<double> rates = bench.measure(ways);
    layers.push_back(*std::max_element(rates.begin(), rates.end()));
  }
  return in_sequence(layers);
}

// V as a user of LibTorch would write it.
struct PlainVaeImpl : torch::nn::Module {
  torch::nn::Sequential encoder{nullptr}, decoder{nullptr};
  torch::nn::Linear mean{nullptr}, log_variance{nullptr}, dense{nullptr};

  PlainVaeImpl() {
    using namespace torch::nn;
    const auto conv = [](int in, int out) { return Conv2d(Conv2dOptions(in, out, 4).stride(2)); };
    const auto deconv = [](int in, int out, int kernel) {
      return ConvTranspose2d(ConvTranspose2dOptions(in, out, kernel).stride(2));
    };
    encoder = register_module("encoder", Sequential(conv(3, 32), ReLU(), conv(32, 64), ReLU(), conv(64, 128), ReLU(),
                                                    conv(128, 256), ReLU(), Flatten()));
    mean = register_module("mean", Linear(kFlat, kBenchLatent));
    log_variance = register_module("log_variance", Linear(kFlat, kBenchLatent));
    dense = register_module("dense", Linear(kBenchLatent, kFlat));
    decoder = register_module("decoder", Sequential(deconv(1024, 128, 5), ReLU(), deconv(128, 64, 5), ReLU(),
                                                    deconv(64, 32, 6), ReLU(), deconv(32, 3, 6), Sigmoid()));
  }

  Tensor loss(const Tensor& frame) {
    const Tensor features = encoder->forward(frame);
    const Tensor m = mean->forward(features), v = log_variance->forward(features);
    const Tensor z = m + torch::exp(0.5 * v) * torch::randn_like(m);
    const Tensor reconstruction = decoder->forward(dense->forward(z).view({-1, kFlat, 1, 1}));
    const Tensor kl = -0.5 * (1 + v - m.square() - v.exp()).sum(1);
    return (reconstruction - frame).square().sum() / frame.size(0) + kl.clamp_min(0.5 * kBenchLatent).mean();
  }
};

Measurement plain_vae_training(const std::vector<std::uint8_t>& bytes, std::int64_t batch) {
  const auto vae = std::make_shared<PlainVaeImpl>();
  const auto adam = std::make_shared<torch::optim::Adam>(vae->parameters(), torch::optim::AdamOptions(1e-6));
  return timed([&bytes, vae, adam, batch] {
    const Tensor frame = frames_to_tensor(bytes.data(), batch, kFrameSize, kFrameSize).contiguous();
    adam->zero_grad();
    vae->loss(frame).backward();
    adam->step();
    return static_cast<double>(batch);
  });
}

// M's step as a user of LibTorch would write it: an LSTM cell, a dense layer, and a draw from the mixture.
struct PlainMdnRnnImpl : torch::nn::Module {
  static constexpr std::int64_t kMixtures = 5;
  torch::nn::LSTMCell lstm{nullptr};
  torch::nn::Linear output{nullptr};

  explicit PlainMdnRnnImpl(int hidden_size) {
    lstm = register_module("lstm", torch::nn::LSTMCell(kBenchLatent + kBenchAction, hidden_size));
    output = register_module("output", torch::nn::Linear(hidden_size, 3 * kMixtures * kBenchLatent + 2));
  }

  ModelState imagine(const ModelState& state, const Tensor& action) {
    const auto [hidden, cell] =
        lstm->forward(torch::cat({state.parts[0], action}, 1), std::make_tuple(state.parts[1], state.parts[2]));
    const Tensor parts =
        output->forward(hidden).slice(1, 0, 3 * kMixtures * kBenchLatent).view({-1, 3, kBenchLatent, kMixtures});
    const Tensor chosen =
        torch::multinomial(torch::softmax(parts.select(1, 0), 2).view({-1, kMixtures}), 1).view({-1, kBenchLatent, 1});
    const Tensor mean = parts.select(1, 1).gather(2, chosen).squeeze(2);
    const Tensor log_sigma = parts.select(1, 2).gather(2, chosen).squeeze(2);
    return {{mean + torch::exp(log_sigma) * torch::randn_like(mean), hidden, cell}};
  }
};

std::vector<Product> imagine_products(std::int64_t batch, std::int64_t hidden) {
  return {{batch, kBenchLatent + kBenchAction + hidden, 4 * hidden}, {batch, hidden, 15 * kBenchLatent + 2}};
}

}  // namespace

VaeMdnRnn random_world_model(int hidden_size, Precision precision) {
  MdnRnnConfig config;
  config.hidden_size = hidden_size;
  return VaeMdnRnn(Vae(VaeConfig{}, 1), MdnRnn(kBenchLatent, kBenchAction, config, 1), {}, precision);
}

void bench_vae(Bench& bench) {
  constexpr int kLargest = 256;
  const std::vector<std::uint8_t> bytes = [] {
    std::vector<float> normals(std::size_t{3} * kFrameSize * kFrameSize * kLargest);
    Rng(1).fill_uniform(normals);
    std::vector<std::uint8_t> values;
    for (const float normal : normals) {
      values.push_back(static_cast<std::uint8_t>(255.0f * normal));
    }
    return values;
  }();
  for (const Precision precision : bench_precisions()) {
    const torch::ScalarType type = compute_type(precision);
    const VaeMdnRnn model = random_world_model(256, precision);
    for (const int batch : {1, 16, 64, 256}) {
      if (bench.wants("V encode")) {
        const auto encode = [&] {
          model.encode(frames_to_tensor(bytes.data(), batch, kFrameSize, kFrameSize));
          return static_cast<double>(batch);
        };
        const double rate = bench.measure({timed(encode)})[0];
        bench.add({"V encode", "frames/s", rate, encoder_limit(bench, batch, type),
                   "bare convolutions or matrix products, whichever is faster", to_string(precision), batch});
      }
    }
    if (bench.wants("V decode")) {
      constexpr int kBatch = 64;
      const Tensor latent = random_tensor({kBatch, kBenchLatent});
      const auto decode = [&] {
        model.decode_latent(latent);
        return double{kBatch};
      };
      const std::vector<double> rates =
          bench.measure({timed(decode), bare_products(decoder_products(kBatch), type, kBatch)});
      bench.add({"V decode", "frames/s", rates[0], rates[1], "bare matrix products", to_string(precision), kBatch});
    }
  }
  if (bench.wants("V training")) {
    constexpr int kBatch = 64;
    for (const Precision precision : bench_precisions()) {
      const torch::ScalarType type = compute_type(precision);
      Vae vae(VaeConfig{}, 1);
      Adam adam(*vae);
      const Tensor normals = random_tensor({kBatch, kBenchLatent});
      std::vector<Product> products = encoder_products(kBatch);
      for (const Product& product : decoder_products(kBatch)) {
        products.push_back(product);
      }
      products = with_gradients(products);
      const auto train = [&] {
        const Tensor frame = frames_to_tensor(bytes.data(), kBatch, kFrameSize, kFrameSize);
        vae_loss(vae, frame, normals, type).total.backward();
        adam.step(1e-6);
        return double{kBatch};
      };
      const std::vector<double> rates =
          bench.measure({timed(train), plain_vae_training(bytes, kBatch), bare_products(products, type, kBatch)});
      bench.add({"V training", "frames/s", rates[0], rates[1], "plain LibTorch modules, float32", to_string(precision),
                 kBatch});
      bench.add({"V training", "frames/s", rates[0], rates[2], "bare matrix products, forward and backward",
                 to_string(precision), kBatch});
    }
  }
}

void bench_mdn_rnn(Bench& bench) {
  for (const int hidden : {256, 512}) {
    const std::string name = str("M imagine, LSTM ", hidden);
    if (!bench.wants(name)) {
      continue;
    }
    for (const Precision precision : bench_precisions()) {
      const VaeMdnRnn model = random_world_model(hidden, precision);
      for (const int batch : {1, 16, 64, 256, 1024}) {
        const double units = batch;
        const Tensor action = random_tensor({batch, kBenchAction});
        const Noise noise{random_tensor({batch, kBenchLatent}), torch::rand({batch, kBenchLatent})};
        ModelState state = model.initial_state(batch);
        const auto imagine = [&] {
          state = model.imagine(state, action, 1.0f, noise).state;
          return units;
        };
        PlainMdnRnnImpl plain(hidden);
        ModelState plain_state = model.initial_state(batch);
        const auto imagine_plainly = [&] {
          torch::NoGradGuard no_grad;
          plain_state = plain.imagine(plain_state, action);
          return units;
        };
        std::vector<Measurement> measurements = {
            timed(imagine), bare_products(imagine_products(batch, hidden), compute_type(precision), units)};
        if (batch == 1) {
          measurements.push_back(timed(imagine_plainly));
        }
        const std::vector<double> rates = bench.measure(measurements);
        bench.add({name, "steps/s", rates[0], rates[1], "bare matrix products", to_string(precision), batch});
        if (batch == 1) {
          bench.add(
              {name, "steps/s", rates[0], rates[2], "plain LibTorch modules, float32", to_string(precision), batch});
        }
      }
    }
  }
  if (bench.wants("M training")) {
    constexpr std::int64_t kWindow = 32, kHidden = 256, kInput = kBenchLatent + kBenchAction,
                           kOutput = 15 * kBenchLatent;
    for (const Precision precision : bench_precisions()) {
      for (const std::int64_t sequences : {32, 100}) {
        const std::int64_t steps = kWindow * sequences;
        MdnRnn mdn_rnn(kBenchLatent, kBenchAction, MdnRnnConfig{}, 1);
        Adam adam(*mdn_rnn);
        const SequenceBatch sequence{random_tensor({kWindow, sequences, kBenchLatent}),
                                     random_tensor({kWindow, sequences, kBenchAction}),
                                     random_tensor({kWindow, sequences, kBenchLatent}),
                                     torch::zeros({kWindow, sequences}),
                                     torch::zeros({kWindow, sequences}),
                                     torch::zeros({kWindow, sequences})};
        const std::vector<Tensor> blank = mdn_rnn->blank(sequences);
        std::vector<Product> products = {{steps, kInput, 4 * kHidden}, {kInput, steps, 4 * kHidden},
                                         {steps, kHidden, kOutput},    {kHidden, steps, kOutput},
                                         {steps, kOutput, kHidden},    {kHidden, steps, 4 * kHidden}};
        for (std::int64_t step = 0; step < kWindow; ++step) {
          products.push_back({sequences, kHidden, 4 * kHidden});
          products.push_back({sequences, 4 * kHidden, kHidden});
        }
        const torch::ScalarType type = compute_type(precision);
        const auto units = static_cast<double>(steps);
        const auto train = [&] {
          mdn_rnn->loss(sequence, blank, {}, type).total.backward();
          adam.step(1e-6, {.value = 1.0});
          return units;
        };
        const std::vector<double> rates = bench.measure({timed(train), bare_products(products, type, units)});
        bench.add({str("M training, ", sequences, " sequences of 32"), "steps/s", rates[0], rates[1],
                   "bare matrix products, forward and backward", to_string(precision), static_cast<int>(sequences)});
      }
    }
  }
}

}  // namespace reverie
