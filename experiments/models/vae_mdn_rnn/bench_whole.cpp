// The rows of the parts at work together: dream step, encoded-game step, evolution, two workers.
#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "agent/learn/cma_es.h"
#include "agent/rollout_worker.h"
#include "env/batch_environment.h"
#include "env/error.h"
#include "env/games.h"
#include "env/processors.h"
#include "experiments/models/vae_mdn_rnn/bench.h"
#include "experiments/models/vae_mdn_rnn/bench_networks.h"
#include "experiments/run/machine.h"
#include "worldmodel/dream_environment.h"
#include "worldmodel/encoded_environment.h"
#include "worldmodel/nn/adam.h"
#include "worldmodel/nn/data_parallel.h"
#include "worldmodel/nn/tensor_math.h"

namespace reverie {
namespace {

constexpr int kDreamRows = 256;
constexpr int kGames = 64;
constexpr int kPopulation = 64;
const std::vector<float> kActionLow = {-1.0f, 0.0f, 0.0f};
const std::vector<float> kActionHigh = {1.0f, 1.0f, 1.0f};

Precision fast_precision() {
  return resolve_precision(Precision::automatic);
}

StartStates one_start(const WorldModel& model) {
  StartStates starts;
  starts.states = model.initial_state(1);
  starts.first = {1};
  starts.paid = {1};
  return starts;
}

DreamConfig endless_dream() {
  DreamConfig config;
  config.horizon = 1 << 30;
  config.end = DreamEnd::never;
  return config;
}

std::vector<double> random_controller(int num_parameters, std::uint64_t seed) {
  std::vector<float> values(static_cast<std::size_t>(num_parameters));
  Rng(seed).fill_normal(values);
  std::vector<double> parameters;
  for (const float value : values) {
    parameters.push_back(0.1 * static_cast<double>(value));
  }
  return parameters;
}

std::vector<EvaluationJob> random_population(int feature_size, int episodes) {
  const int num_parameters = Controller::num_parameters({}, feature_size, kBenchAction);
  std::vector<EvaluationJob> jobs(kPopulation);
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    jobs[i].policy = controller_policy(random_controller(num_parameters, i));
    for (int episode = 0; episode < episodes; ++episode) {
      jobs[i].episode_seeds.push_back(static_cast<std::uint64_t>(episode));
    }
  }
  return jobs;
}

double total_steps(const std::vector<std::vector<EpisodeResult>>& results) {
  double steps = 0.0;
  for (const auto& episodes : results) {
    for (const EpisodeResult& episode : episodes) {
      steps += episode.episode_length;
    }
  }
  return steps;
}

// Every row busy with a controller of its own.
template <typename Environment>
void start_all(Environment& environment, Controller& controller) {
  std::vector<int> rows;
  std::vector<std::uint64_t> seeds;
  for (int row = 0; row < environment.spec().batch_size; ++row) {
    rows.push_back(row);
    seeds.push_back(static_cast<std::uint64_t>(row));
    controller.set_row(row, random_controller(controller.num_parameters(), static_cast<std::uint64_t>(row)));
  }
  environment.reset(rows, seeds);
}

double bench_dream_step(Bench& bench) {
  const VaeMdnRnn model = random_world_model(256, fast_precision());
  const StartStates starts = one_start(model);
  DreamEnvironment environment(model, starts, endless_dream(), kActionLow, kActionHigh, kDreamRows);
  Controller controller({}, environment.spec().observation_size(), kBenchAction, kDreamRows);
  start_all(environment, controller);
  std::vector<float> action(std::size_t{kDreamRows} * kBenchAction);
  ModelState state = model.initial_state(kDreamRows);
  const torch::Tensor same_action = random_tensor({kDreamRows, kBenchAction});
  const Noise noise{random_tensor({kDreamRows, kBenchLatent}), torch::rand({kDreamRows, kBenchLatent})};
  const auto dream = [&] {
    controller.act(environment.observation(), action);
    environment.step(action);
    return double{kDreamRows};
  };
  const auto imagine = [&] {
    state = model.imagine(state, same_action, 1.0f, noise).state;
    return double{kDreamRows};
  };
  const std::vector<double> rates = bench.measure({timed(dream), timed(imagine)});
  bench.add({"dream step: M, C, bookkeeping", "steps/s", rates[0], rates[1], "M imagine alone",
             to_string(fast_precision()), kDreamRows});
  return rates[0];
}

// A model that counts the rows it imagines.
class CountingModel : public WorldModel {
 public:
  explicit CountingModel(const WorldModel& model) : model_(model) {}
  const WorldModelSpec& spec() const override { return model_.spec(); }
  ModelState initial_state(int batch_size) const override { return model_.initial_state(batch_size); }
  ModelState observe(const ModelState& state, const torch::Tensor& action, const torch::Tensor& frame,
                     const torch::Tensor& first, const Noise& noise) const override {
    return model_.observe(state, action, frame, first, noise);
  }
  ModelState begin_dream(const ModelState& from, const Noise& noise) const override {
    return model_.begin_dream(from, noise);
  }
  Imagined imagine(const ModelState& state, const torch::Tensor& action, float temperature,
                   const Noise& noise) const override {
    rows_ += static_cast<double>(action.size(0));
    return model_.imagine(state, action, temperature, noise);
  }
  torch::Tensor features(const ModelState& state) const override { return model_.features(state); }
  torch::Tensor decode(const ModelState& state) const override { return model_.decode(state); }

  double take_rows() { return std::exchange(rows_, 0.0); }

 private:
  const WorldModel& model_;
  mutable double rows_ = 0;
};

// A population whose dreams end at very different times: 1,024 episodes of 5 to 1,000 steps, 180 in the mean.
void bench_useful_steps(Bench& bench) {
  MdnRnn mdn_rnn(kBenchLatent, kBenchAction, MdnRnnConfig{}, 1);
  {
    torch::NoGradGuard no_grad;
    mdn_rnn->end_weight.zero_();
    mdn_rnn->end_bias.fill_(-5.2f);  // ends one step in 180
  }
  const VaeMdnRnn world(Vae(VaeConfig{}, 1), mdn_rnn, {}, fast_precision());
  CountingModel model(world);
  const StartStates starts = one_start(model);
  DreamConfig config;
  config.end = DreamEnd::sample;
  config.horizon = 1000;
  DreamEnvironment environment(model, starts, config, kActionLow, kActionHigh, kDreamRows);
  RolloutWorker worker(environment, {});
  std::vector<EvaluationJob> jobs = random_population(environment.spec().observation_size(), 16);
  for (std::size_t job = 0; job < jobs.size(); ++job) {  // episodes of their own, or all candidates would end alike
    for (std::uint64_t& seed : jobs[job].episode_seeds) {
      seed += 1000 * job;
    }
  }
  DreamEnvironment full(model, starts, endless_dream(), kActionLow, kActionHigh, kDreamRows);
  Controller controller({}, full.spec().observation_size(), kBenchAction, kDreamRows);
  start_all(full, controller);
  std::vector<float> action(std::size_t{kDreamRows} * kBenchAction);
  const auto evaluate_population = [&] { return total_steps(worker.evaluate(jobs)); };
  const auto all_busy = [&] {
    controller.act(full.observation(), action);
    full.step(action);
    return double{kDreamRows};
  };
  const std::vector<double> rates = bench.measure({timed(evaluate_population), timed(all_busy)});
  bench.add({"dream evaluation, uneven episodes", "steps/s", rates[0], rates[1], "dream steps with every row busy",
             to_string(fast_precision()), kDreamRows});
  model.take_rows();
  const double useful = evaluate_population();
  bench.add({"dream evaluation, uneven episodes", "useful", useful, model.take_rows(), "all steps computed, a count",
             to_string(fast_precision()), kDreamRows});
}

void bench_encoded_step(Bench& bench) {
  const VaeMdnRnn model = random_world_model(256, fast_precision());
  const GameFactory make_game = make_game_factory({});
  BatchEnvironment game(make_game, kGames, kFrameSize, kFrameSize, 1 << 30);
  EncodedEnvironment environment(game, model);
  Controller controller({}, environment.spec().observation_size(), kBenchAction, kGames);
  std::vector<float> action(std::size_t{kGames} * kBenchAction);
  BatchEnvironment bare_game(make_game, kGames, kFrameSize, kFrameSize, 1 << 30);
  constexpr int kSteps = 200;
  const std::vector<Drive> drives = bench_drives(find_game(GameConfig().name));
  const auto drive_of = [&](int row) -> const Drive& { return drives[static_cast<std::size_t>(row) % drives.size()]; };
  const auto action_of = [&](int row, int step) -> const std::vector<float>& {  // an ended row's are ignored
    const std::vector<std::vector<float>>& actions = drive_of(row).actions;
    return actions[std::min(static_cast<std::size_t>(step), actions.size() - 1)];
  };
  std::vector<int> rows;
  std::vector<std::uint64_t> seeds;
  for (int row = 0; row < kGames; ++row) {
    rows.push_back(row);
    seeds.push_back(drive_of(row).seed);
  }
  const auto take_actions = [&](int step) {
    for (const int row : rows) {
      std::copy_n(action_of(row, step).begin(), kBenchAction,
                  action.begin() + static_cast<std::ptrdiff_t>(row) * kBenchAction);
    }
  };
  std::vector<float> ignored = action;
  const auto act = [&](std::span<const float> observation) { controller.act(observation, ignored); };
  const torch::Tensor latent = random_tensor({kGames, kBenchLatent});
  const torch::Tensor first = torch::zeros({kGames}), act_tensor = random_tensor({kGames, kBenchAction});
  ModelState state = model.initial_state(kGames);
  const std::vector<float> features(static_cast<std::size_t>(kGames * environment.spec().observation_size()), 0.1f);
  const auto whole = [&] {
    for (int step = 0; step < kSteps; ++step) {
      act(environment.observation());
      take_actions(step);
      environment.step(action);
    }
    return double{kGames} * kSteps;
  };
  const auto play = [&] {
    for (int step = 0; step < kSteps; ++step) {
      take_actions(step);
      bare_game.step(action);
    }
    return double{kGames} * kSteps;
  };
  const auto encode = [&] {
    model.encode(frames_to_tensor(bare_game.observation().data(), kGames, kFrameSize, kFrameSize));
    return double{kGames};
  };
  const auto remember = [&] {
    state = model.observe_latent(state, act_tensor, latent, first);
    return double{kGames};
  };
  const auto control = [&] {
    act(features);
    return double{kGames};
  };
  const std::vector<double> rates = bench.measure({timed(whole, [&] { environment.reset(rows, seeds); }),
                                                   timed(play, [&] { bare_game.reset(rows, seeds); }), timed(encode),
                                                   timed(remember), timed(control)});
  bench.add({"encoded-game step: game, V, M, C", "steps/s", rates[0],
             in_sequence({rates[1], rates[2], rates[3], rates[4]}), "the sum of its parts measured alone",
             to_string(fast_precision()), kGames});
}

// Ask and tell against the evaluation of 64 candidates x 16 dreams x 1,000 steps on all cores.
void bench_evolution(Bench& bench, double dream_rate) {
  for (const int dimension : {867, 1088}) {
    CmaEsConfig config;
    config.population_size = kPopulation;
    CmaEs strategy(config, std::vector<double>(static_cast<std::size_t>(dimension), 0.0), 1);
    std::vector<double> candidates(static_cast<std::size_t>(kPopulation * dimension)), fitness(kPopulation);
    const auto ask_and_tell = [&] {
      constexpr int kGenerations = 6;  // the decomposition is not in every one
      for (int i = 0; i < kGenerations; ++i) {
        strategy.ask(candidates);
        for (std::size_t k = 0; k < kPopulation; ++k) {
          fitness[k] = candidates[k * static_cast<std::size_t>(dimension)];
        }
        strategy.tell(fitness);
      }
      return double{kGenerations};
    };
    const double rate = bench.measure({timed(ask_and_tell)})[0];
    const double evaluation = dream_rate * usable_threads() / (kPopulation * 16 * 1000.0);
    bench.add({str("CMA-ES ask and tell, n = ", dimension), "1/s", rate, 0.0, "", "float64", kPopulation});
    bench.add({str("a generation, n = ", dimension), "1/s", in_sequence({rate, evaluation}), evaluation,
               "its evaluation alone, 64 x 16 dreams of 1,000 steps on all cores", to_string(fast_precision()),
               kPopulation});
  }
}

// The same work for any number of workers, each with as much to do.
enum WorkerJob { kDreamEvaluation, kGameEvaluation, kVaeTraining };

class WorkerLoad {
 public:
  WorkerLoad(int job, int num_workers)
      : job_(job), pool_(num_workers, use_one_thread), model_(random_world_model(256, fast_precision())) {
    if (job == kVaeTraining) {
      adam_.emplace(*vae_);
      parallel_.emplace(
          vae_, [] { return Vae(VaeConfig{}, 1); }, num_workers, pool_);
      return;
    }
    starts_ = one_start(model_);
    const bool dream = job == kDreamEvaluation;
    DreamConfig config;
    config.horizon = 40;
    config.end = DreamEnd::never;
    std::vector<FeatureEnvironment*> environments;
    const RowSubset subset =
        dream ? DreamEnvironment::try_rows(model_, kDreamRows) : EncodedEnvironment::try_rows(model_, kGames);
    for (int worker = 0; worker < num_workers; ++worker) {
      if (dream) {
        environments_.push_back(
            std::make_unique<DreamEnvironment>(model_, starts_, config, kActionLow, kActionHigh, subset));
      } else {
        games_.push_back(std::make_unique<BatchEnvironment>(make_game_factory({}), kGames, kFrameSize, kFrameSize, 40));
        environments_.push_back(std::make_unique<EncodedEnvironment>(*games_.back(), model_, subset));
      }
      environments.push_back(environments_.back().get());
    }
    evaluator_ = std::make_unique<ParallelEvaluator>(pool_, environments, ControllerConfig{});
    jobs_ = random_population(environments.front()->spec().observation_size(), (dream ? 8 : 1) * num_workers);
  }

  double run() {
    if (job_ != kVaeTraining) {
      return total_steps(evaluator_->evaluate(jobs_));
    }
    parallel_->backward([](const Vae& replica, int) {
      const torch::Tensor frames =
          torch::full({kVaeBatch, 3, kFrameSize, kFrameSize}, 0.5f).contiguous(torch::MemoryFormat::ChannelsLast);
      return vae_loss(replica, frames, torch::ones({kVaeBatch, kBenchLatent}), compute_type(fast_precision())).total;
    });
    adam_->step(1e-6, {}, &pool_);
    return double{kVaeBatch} * parallel_->num_shards();
  }

 private:
  static constexpr int kVaeBatch = 64;
  int job_;
  WorkerPool pool_;
  VaeMdnRnn model_;
  StartStates starts_;
  std::vector<std::unique_ptr<BatchEnvironment>> games_;
  std::vector<std::unique_ptr<FeatureEnvironment>> environments_;
  std::unique_ptr<ParallelEvaluator> evaluator_;
  std::vector<EvaluationJob> jobs_;
  Vae vae_{VaeConfig{}, 1};
  std::optional<Adam> adam_;
  std::optional<DataParallel<Vae>> parallel_;
};

}  // namespace

void bench_whole(Bench& bench) {
  double dream_rate = 0.0;
  if (bench.wants("dream step: M, C, bookkeeping") || bench.wants("a generation") || bench.wants("CMA-ES")) {
    dream_rate = bench_dream_step(bench);
  }
  if (bench.wants("dream evaluation, uneven episodes")) {
    bench_useful_steps(bench);
  }
  if (bench.wants("encoded-game step: game, V, M, C")) {
    bench_encoded_step(bench);
  }
  if (bench.wants("a generation") || bench.wants("CMA-ES")) {
    bench_evolution(bench, dream_rate);
  }
}

double serve_worker_job(int job, double seconds) {
  static std::unique_ptr<WorkerLoad> load;
  static int loaded = -1;
  if (loaded != job) {
    load = std::make_unique<WorkerLoad>(job, 1);
    loaded = job;
    load->run();
  }
  return timed([] { return load->run(); })(seconds);
}

void bench_workers(Bench& bench, const std::function<double(int job)>& side_by_side) {
  struct Job {
    WorkerJob job;
    const char *name, *unit;
    int batch;
  };
  for (const Job& job : {Job{kDreamEvaluation, "2 workers: dream evaluation", "steps/s", kDreamRows},
                         Job{kGameEvaluation, "2 workers: game evaluation", "steps/s", kGames},
                         Job{kVaeTraining, "2 workers: V training", "frames/s", 64}}) {
    if (!bench.wants(job.name)) {
      continue;
    }
    WorkerLoad load(job.job, 2);
    const std::vector<double> rates =
        bench.measure({timed([&] { return load.run(); }), [&](double) { return side_by_side(job.job); }});
    bench.add({job.name, job.unit, rates[0], rates[1], "two processes of one worker side by side",
               to_string(fast_precision()), job.batch});
  }
}

}  // namespace reverie
