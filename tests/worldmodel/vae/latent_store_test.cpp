#include "worldmodel/vae/latent_store.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <set>
#include <stdexcept>

#include "env/error.h"
#include "tests/temporary_folder.h"
#include "tests/test.hpp"
#include "tests/worldmodel/tiny_world.h"
#include "worldmodel/data/tensor_file.h"
#include "worldmodel/nn/tensor_math.h"
#include "worldmodel/vae_mdn_rnn/sequence_sampler.h"

using namespace reverie;
using torch::Tensor;

namespace {

// Episodes of different lengths, seeds 0, 1, ... (which action 1 tells), encoded by a small V.
class Fixture {
 public:
  explicit Fixture(const std::vector<int>& lengths)
      : episodes_({record(folder_.path(), make(lengths))}, 1), store(episodes_, "one") {
    WorkerPool pool(1);
    store.encode(tiny_vae(), torch::kFloat32, pool);
  }

 private:
  static std::vector<RecordedEpisode> make(const std::vector<int>& lengths) {
    std::vector<RecordedEpisode> episodes;
    for (const int length : lengths) {
      episodes.push_back(flickering_episode(episodes.size(), length, {length / 2}));
    }
    return episodes;
  }

  TemporaryFolder folder_;
  EpisodeStore episodes_;

 public:
  LatentStore store;
};

int number(const Tensor& scalar) {
  return static_cast<int>(scalar.item<float>());
}

}  // namespace

TEST_CASE("latents are those of the recorded frames, to half precision, with all that M needs", "[worldmodel]") {
  torch::NoGradGuard no_grad;
  const TemporaryFolder folder;
  const RecordedEpisode recorded = flickering_episode(1, 70, {3});  // more frames than are encoded at once
  const EpisodeStore episodes({record(folder.path(), {recorded})}, 1);
  LatentStore store(episodes, "one");
  WorkerPool pool(1);
  const Vae vae = tiny_vae();
  store.encode(vae, torch::kFloat32, pool);
  CHECK(std::filesystem::exists(folder / "latents/latents-000000.safetensors"));

  const EmbeddedEpisode episode = store.read(0);
  const LatentDistribution expected =
      vae->encode(frames_to_tensor(recorded.frames.data(), 71, kFrameSize, kFrameSize), torch::kFloat32);
  CHECK(episode.num_steps() == 70);
  CHECK(relative_difference(episode.embedding.parts[0], expected.mean) < 1e-3);
  CHECK(max_difference(episode.embedding.parts[0], expected.mean) > 0.0);
  CHECK(relative_difference(episode.embedding.parts[1], expected.log_variance) < 1e-3);
  CHECK(torch::equal(episode.action, torch::tensor(recorded.actions).view({70, 2})));
  CHECK(torch::equal(episode.reward, torch::tensor(recorded.rewards)));
  CHECK(episode.terminated.sum().item<float>() == 1.0f);
  CHECK(episode.terminated[69].item<float>() == 1.0f);
}

TEST_CASE("latents are made once, and anew only for another V", "[worldmodel]") {
  const TemporaryFolder folder;
  const EpisodeStore episodes({record(folder.path(), {flickering_episode(0, 3), flickering_episode(1, 4)})}, 1);
  LatentStore store(episodes, "one");
  WorkerPool pool(2);
  const auto encode = [&](const Vae& vae, const std::string& id) {
    std::vector<std::pair<int, int>> calls;
    LatentStore(episodes, id).encode(vae, torch::kFloat32, pool, [&](int done, int total) {
      calls.emplace_back(done, total);
    });
    return calls;
  };
  using Calls = std::vector<std::pair<int, int>>;
  CHECK(encode(tiny_vae(1), "one") == Calls{{1, 2}, {2, 2}});
  const Tensor before = store.read(0).embedding.parts[0];
  CHECK(encode(tiny_vae(5), "one").empty());
  CHECK(torch::equal(store.read(0).embedding.parts[0], before));
  std::filesystem::remove(folder / "latents/latents-000001.safetensors");
  CHECK(encode(tiny_vae(1), "one") == Calls{{1, 1}});
  CHECK(encode(tiny_vae(5), "two") == Calls{{1, 2}, {2, 2}});
  CHECK_FALSE(torch::equal(LatentStore(episodes, "two").read(0).embedding.parts[0], before));
  CHECK_THROWS_AS(store.read(0), Error);  // those of another V
}

TEST_CASE("training windows run through whole episodes, each where the last one ended", "[worldmodel]") {
  constexpr int kWindow = 5, kRows = 3, kWindows = 12;
  const Fixture fixture({4, 7, 12, 1, 9});
  SequenceSampler sampler(fixture.store, {0, 1, 2, 3, 4}, kRows, kWindow, 0.0, 1);
  std::vector<int> next_step(kRows, 0), playing(kRows, -1);
  int starts_inside = 0;
  for (int window = 0; window < kWindows; ++window) {
    const SequenceBatch batch = sampler.next();
    REQUIRE(batch.latent.sizes() == torch::IntArrayRef({kWindow, kRows, kTinyLatent}));
    for (std::int64_t row = 0; row < kRows; ++row) {
      const std::size_t r = static_cast<std::size_t>(row);
      for (std::int64_t i = 0; i < kWindow; ++i) {
        const int t = number(batch.action[i][row][0]), episode = number(batch.action[i][row][1]);
        if (t == 0) {
          CHECK((playing[r] == -1 || next_step[r] == fixture.store.episodes().num_steps(playing[r])));
          playing[r] = episode;
          next_step[r] = 0;
          starts_inside += i > 0;
        }
        REQUIRE(episode == playing[r]);
        REQUIRE(t == next_step[r]++);
        const EmbeddedEpisode recorded = fixture.store.read(episode);
        CHECK(batch.first[i][row].item<float>() == (t == 0 ? 1.0f : 0.0f));
        CHECK(torch::equal(batch.latent[i][row], recorded.embedding.parts[0][t]));
        CHECK(torch::equal(batch.next_latent[i][row], recorded.embedding.parts[0][t + 1]));
        CHECK(torch::equal(batch.reward[i][row], recorded.reward[t]));
        CHECK(torch::equal(batch.terminated[i][row], recorded.terminated[t]));
      }
    }
  }
  CHECK(starts_inside > 10);
}

TEST_CASE("every episode is met once in each pass, in shuffled order", "[worldmodel]") {
  const Fixture fixture({2, 2, 2, 2, 2, 2});
  SequenceSampler sampler(fixture.store, {0, 1, 2, 4, 5}, 1, 2, 1.0, 3);
  std::vector<std::vector<int>> passes;
  for (int pass = 0; pass < 4; ++pass) {
    std::vector<int> met;
    for (int i = 0; i < 5; ++i) {
      met.push_back(number(sampler.next().action[0][0][1]));
    }
    passes.push_back(met);
    std::sort(met.begin(), met.end());
    CHECK(met == std::vector<int>{0, 1, 2, 4, 5});
  }
  CHECK(std::set<std::vector<int>>(passes.begin(), passes.end()).size() > 1);
}

TEST_CASE("z is drawn anew each time, and is the same z as next latent and as latent", "[worldmodel]") {
  constexpr std::int64_t kWindow = 20;
  const Fixture fixture({kWindow});
  const EmbeddedEpisode recorded = fixture.store.read(0);
  const auto squares_at = [&](double noise) {
    SequenceSampler sampler(fixture.store, {0}, 2, kWindow, noise, 1);
    const SequenceBatch batch = sampler.next();
    CHECK(torch::equal(batch.latent.slice(0, 1), batch.next_latent.slice(0, 0, kWindow - 1)));
    CHECK_FALSE(torch::equal(batch.latent.select(1, 0), batch.latent.select(1, 1)));
    CHECK_FALSE(torch::equal(sampler.next().latent, batch.latent));
    const Tensor deviation = (0.5f * recorded.embedding.parts[1]).exp().slice(0, 0, kWindow).unsqueeze(1);
    return ((batch.latent - recorded.embedding.parts[0].slice(0, 0, kWindow).unsqueeze(1)) / deviation)
        .square()
        .mean()
        .item<double>();
  };
  const double bound = 5.0 * std::sqrt(2.0 / (2.0 * kWindow * kTinyLatent));  // 5 standard errors of a mean square
  CHECK(std::abs(squares_at(1.0) - 1.0) < bound);
  CHECK(std::abs(squares_at(0.3) / 0.09 - 1.0) < bound);
}

TEST_CASE("a stop or a failure ends encoding, what is written stays, and it goes on to the same latents",
          "[worldmodel]") {
  const TemporaryFolder folder;
  std::vector<RecordedEpisode> recorded;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    recorded.push_back(flickering_episode(seed, 3));
  }
  const EpisodeStore episodes({record(folder.path(), recorded)}, 1);
  std::atomic<bool> stop = false;
  WorkerPool pool(2, {}, [&] { return stop.load(); });
  LatentStore store(episodes, "one");
  int most = 0;
  const auto stop_after_three = [&](int done, int) {
    most = done;
    stop = done >= 3;
  };
  CHECK_THROWS_AS(store.encode(tiny_vae(), torch::kFloat32, pool, stop_after_three), Stopped);
  CHECK(most >= 3);
  CHECK(most <= 4);  // one was under way on the other thread
  stop = false;
  int calls = 0;
  const auto fail = [&](int, int) {
    ++calls;
    throw std::runtime_error("no space left");
  };
  CHECK_THROWS_WITH(store.encode(tiny_vae(), torch::kFloat32, pool, fail), "no space left");
  CHECK(calls <= 2);
  int total = 0;
  store.encode(tiny_vae(), torch::kFloat32, pool, [&](int, int all) { total = all; });
  CHECK(total == 40 - most - calls);
  LatentStore again(episodes, "two");
  std::vector<EmbeddedEpisode> first;
  for (int episode = 0; episode < 40; ++episode) {
    first.push_back(store.read(episode));
  }
  again.encode(tiny_vae(), torch::kFloat32, pool);
  for (int episode = 0; episode < 40; ++episode) {
    CHECK(torch::equal(again.read(episode).embedding.parts[0],
                       first[static_cast<std::size_t>(episode)].embedding.parts[0]));
  }
}

TEST_CASE("equal seeds give equal training windows, other seeds others", "[worldmodel]") {
  const Fixture fixture({4, 7, 6});
  SequenceSampler a(fixture.store, {0, 1, 2}, 2, 5, 1.0, 1), b(fixture.store, {0, 1, 2}, 2, 5, 1.0, 1),
      c(fixture.store, {0, 1, 2}, 2, 5, 1.0, 2);
  bool differs = false;
  for (int window = 0; window < 6; ++window) {
    const SequenceBatch first = a.next(), same = b.next(), other = c.next();
    CHECK(torch::equal(first.latent, same.latent));
    CHECK(torch::equal(first.action, same.action));
    differs = differs || !torch::equal(first.latent, other.latent);
  }
  CHECK(differs);
}

TEST_CASE("latents that half precision cannot hold are neither written nor read", "[worldmodel]") {
  const TemporaryFolder folder;
  const EpisodeStore episodes({record(folder.path(), {flickering_episode(1, 5)})}, 1);
  LatentStore store(episodes, "one");
  WorkerPool pool(1);
  const std::filesystem::path path = folder / "latents/latents-000000.safetensors";
  const Vae diverged = tiny_vae();
  {
    torch::NoGradGuard no_grad;
    diverged->named_parameters()["head_bias"][kTinyLatent + 2] = 33696.0f;  // a log variance
  }
  const std::string refusal = message_of<Error>([&] { store.encode(diverged, torch::kFloat32, pool); });
  CHECK(
      refusal.find("episode-000000.safetensors: V's latents cannot be stored: frame 0, dimension 2: log variance 33") !=
      std::string::npos);
  CHECK(refusal.find("expected -65504 to 22.18: V has diverged") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(path));

  store.encode(tiny_vae(), torch::kFloat32, pool);
  TensorFile file = read_tensor_file(path, "latents/1");
  file.metadata = {{"vae", "one"}};
  const Tensor mean = file.tensors["mean"].clone();
  file.tensors["mean"][3][1] = INFINITY;
  write_tensor_file(path, "latents/1", file);
  CHECK(message_of<Error>([&] { store.read(0); }) ==
        path.string() + ": mean: expected finite values, found inf at [3, 1]");
  file.tensors["mean"] = mean;
  file.tensors["rewards"][2] = std::nanf("");
  write_tensor_file(path, "latents/1", file);
  CHECK(message_of<Error>([&] { store.read(0); }) ==
        path.string() + ": rewards: expected finite values, found nan at [2]");
}

TEST_CASE("the fault of latents is told by its place", "[worldmodel]") {
  LatentDistribution latent{torch::zeros({3, 2}), torch::zeros({3, 2})};
  latent.log_variance[0][0] = 22.1f;  // a deviation of 62944
  CHECK(fault_of(latent).empty());
  latent.log_variance[1][0] = 22.2f;  // 66171
  CHECK(fault_of(latent) == "frame 1, dimension 0: log variance 22.2, expected -65504 to 22.18");
  latent.mean[2][1] = std::nanf("");
  CHECK(fault_of(latent) == "frame 2, dimension 1: mean nan, expected -65504 to 65504");
}
