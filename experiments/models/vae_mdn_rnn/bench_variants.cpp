// Rows of other forms of M, beside the paper's in the same run.
#include "env/error.h"
#include "experiments/models/vae_mdn_rnn/bench.h"
#include "experiments/models/vae_mdn_rnn/bench_networks.h"
#include "worldmodel/nn/adam.h"

namespace reverie {
namespace {

using torch::Tensor;

Measurement imagining(const MdnRnnConfig& config, Precision precision, int batch) {
  const auto model = std::make_shared<VaeMdnRnn>(Vae(VaeConfig{}, 1), MdnRnn(kBenchLatent, kBenchAction, config, 1),
                                                 VaeMdnRnnConfig{}, precision);
  const Tensor action = random_tensor({batch, kBenchAction});
  const Noise noise{random_tensor({batch, kBenchLatent}), torch::rand({batch, kBenchLatent})};
  const auto state = std::make_shared<ModelState>(model->initial_state(batch));
  return timed([=] {
    *state = model->imagine(*state, action, 1.0f, noise).state;
    return static_cast<double>(batch);
  });
}

Measurement training(const MdnRnnConfig& config, Precision precision, std::int64_t sequences) {
  constexpr std::int64_t kWindow = 32;
  const MdnRnn mdn_rnn(kBenchLatent, kBenchAction, config, 1);
  const auto adam = std::make_shared<Adam>(*mdn_rnn);
  const SequenceBatch sequence{random_tensor({kWindow, sequences, kBenchLatent}),
                               random_tensor({kWindow, sequences, kBenchAction}),
                               random_tensor({kWindow, sequences, kBenchLatent}),
                               torch::zeros({kWindow, sequences}),
                               torch::zeros({kWindow, sequences}),
                               torch::zeros({kWindow, sequences})};
  const std::vector<Tensor> blank = mdn_rnn->blank(sequences);
  const Noise noise = mdn_rnn->draw_noise(kWindow * sequences, 1);
  return timed([=] {
    mdn_rnn->loss(sequence, blank, noise, compute_type(precision)).total.backward();
    adam->step(1e-6, {.value = 1.0});
    return static_cast<double>(kWindow * sequences);
  });
}

// Dreaming and learning, each beside the paper's M.
void bench_variant(Bench& bench, const std::string& name, const MdnRnnConfig& config) {
  constexpr int kBatch = 256, kSequences = 32;
  const std::string dreams = "M imagine, " + name,
                    learns = str("M training, ", name, ", ", kSequences, " sequences of 32");
  for (const Precision precision : bench_precisions()) {
    if (bench.wants(dreams)) {
      const std::vector<double> rates =
          bench.measure({imagining(config, precision, kBatch), imagining({}, precision, kBatch)});
      bench.add({dreams, "steps/s", rates[0], rates[1], "LSTM and mixture", to_string(precision), kBatch});
    }
    if (bench.wants(learns)) {
      const std::vector<double> rates =
          bench.measure({training(config, precision, kSequences), training({}, precision, kSequences)});
      bench.add({learns, "steps/s", rates[0], rates[1], "LSTM and mixture", to_string(precision), kSequences});
    }
  }
}

}  // namespace

void bench_heads(Bench& bench) {
  MdnRnnConfig config;
  config.latent_head = LatentHead::joint_mixture;
  bench_variant(bench, "joint mixture", config);
  config.latent_head = LatentHead::flow;
  bench_variant(bench, str("flow of ", config.flow.steps), config);
}

void bench_transformer(Bench& bench) {
  MdnRnnConfig config;
  config.memory = Memory::transformer;
  config.hidden_size = 128;
  bench_variant(bench, "transformer 128, latent attention", config);
  config.transformer.attention = Attention::full;
  bench_variant(bench, "transformer 128, full attention", config);
}

}  // namespace reverie
