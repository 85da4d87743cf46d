#include "agent/rollout_worker.h"

#include <atomic>
#include <limits>
#include <memory>
#include <vector>

#include "env/error.h"
#include "env/random.h"
#include "tests/agent/counting_environment.h"
#include "tests/test.hpp"

namespace reverie {
namespace {

// Candidates of 4 parameters (3 features and a bias) with equal episode seeds.
std::vector<EvaluationJob> make_jobs(int num_candidates, int num_episodes) {
  std::vector<EvaluationJob> jobs;
  for (int i = 0; i < num_candidates; ++i) {
    std::vector<float> parameters(4);
    Rng(static_cast<std::uint64_t>(i)).fill_normal(parameters);
    EvaluationJob job{controller_policy({parameters.begin(), parameters.end()}), {}};
    for (int episode = 0; episode < num_episodes; ++episode) {
      job.episode_seeds.push_back(derive_seed(1, Stream::controller_episode, static_cast<std::uint64_t>(episode)) %
                                  500);
    }
    jobs.push_back(job);
  }
  return jobs;
}

std::vector<std::vector<EpisodeResult>> evaluate_in_parallel(int num_threads, int num_environments, int batch_size,
                                                             std::span<const EvaluationJob> jobs) {
  WorkerPool pool(num_threads);
  std::vector<std::unique_ptr<CountingEnvironment>> environments;
  std::vector<FeatureEnvironment*> pointers;
  for (int i = 0; i < num_environments; ++i) {
    environments.push_back(std::make_unique<CountingEnvironment>(batch_size));
    pointers.push_back(environments.back().get());
  }
  return ParallelEvaluator(pool, pointers, {}).evaluate(jobs);
}

}  // namespace

TEST_CASE("results are given by candidate and by episode", "[agent]") {
  CountingEnvironment environment(2);
  RolloutWorker worker(environment, {});
  // A weight of 0 and a large bias: the action is 1 in one candidate and -1 in the other.
  const std::vector<EvaluationJob> jobs = {{controller_policy({0, 0, 0, 50}), {7, 5, 8}},
                                           {controller_policy({0, 0, 0, -50}), {5}},
                                           {controller_policy({0, 0, 0, 0}), {}}};
  const std::vector<std::vector<EpisodeResult>> results = worker.evaluate(jobs);
  REQUIRE(results.size() == 3);
  REQUIRE(results[0].size() == 3);
  REQUIRE(results[1].size() == 1);
  CHECK(results[2].empty());
  CHECK(results[0][0].episode_return == Approx(1.007));
  CHECK(results[0][1].episode_return == Approx(6 * 1.005));
  CHECK(results[0][2].episode_return == Approx(2 * 1.008));
  CHECK(results[1][0].episode_return == Approx(6 * -0.995));
}

TEST_CASE("equal candidates get equal results: they meet the same episodes", "[agent]") {
  std::vector<EvaluationJob> jobs = make_jobs(5, 6);
  jobs[4].policy = jobs[0].policy;
  CountingEnvironment environment(4);
  const auto results = RolloutWorker(environment, {}).evaluate(jobs);
  CHECK(results[4] == results[0]);
  CHECK(results[1] != results[0]);
}

TEST_CASE("results depend neither on threads nor on environments nor on rows", "[agent]") {
  const std::vector<EvaluationJob> jobs = make_jobs(9, 7);
  CountingEnvironment environment(1);
  const auto expected = RolloutWorker(environment, {}).evaluate(jobs);
  CHECK(evaluate_in_parallel(1, 1, 8, jobs) == expected);
  CHECK(evaluate_in_parallel(2, 2, 8, jobs) == expected);
  CHECK(evaluate_in_parallel(3, 4, 5, jobs) == expected);
  CHECK(evaluate_in_parallel(2, 3, 100, jobs) == expected);
}

TEST_CASE("candidates take turns, so that long and short episodes mix", "[agent]") {
  CountingEnvironment environment(1);
  const std::vector<EvaluationJob> jobs = {{controller_policy({0, 0, 0, 0}), {5, 12, 19}},
                                           {controller_policy({0, 0, 0, 0}), {7, 14}}};
  RolloutWorker(environment, {}).evaluate(jobs);
  CHECK(environment.started == std::vector<std::uint64_t>{5, 7, 12, 14, 19});
}

TEST_CASE("a stop ends an evaluation at the next step, and the evaluator goes on", "[agent]") {
  std::atomic<int> polls = 0;
  int stop_at = 5;
  WorkerPool pool(2, {}, [&] { return ++polls >= stop_at; });
  CountingEnvironment left(4), right(4);
  const std::vector<FeatureEnvironment*> environments = {&left, &right};
  ParallelEvaluator evaluator(pool, environments, {});
  const std::vector<EvaluationJob> jobs = make_jobs(9, 70);
  CHECK_THROWS_AS(evaluator.evaluate(jobs), Stopped);
  CHECK(left.num_steps + right.num_steps <= 5);
  CHECK_THROWS_AS(evaluator.evaluate(jobs), Stopped);
  CHECK(left.num_steps + right.num_steps <= 5);
  stop_at = std::numeric_limits<int>::max();
  CountingEnvironment environment(1);
  CHECK(evaluator.evaluate(jobs) == RolloutWorker(environment, {}).evaluate(jobs));
}

TEST_CASE("a worker refuses parameters of another controller", "[agent]") {
  CountingEnvironment environment(2);
  RolloutWorker worker(environment, {});
  const std::vector<EvaluationJob> jobs = {{controller_policy({1, 2, 3}), {1}}};
  CHECK_THROWS_WITH(worker.evaluate(jobs), "controller: expected 4 parameters, found 3");
}

}  // namespace reverie
