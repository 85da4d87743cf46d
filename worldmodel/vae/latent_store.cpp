#include "worldmodel/vae/latent_store.h"

#include <algorithm>
#include <mutex>
#include <optional>

#include "env/atomic_file.h"
#include "env/error.h"
#include "env/random.h"
#include "worldmodel/data/tensor_file.h"
#include "worldmodel/nn/tensor_math.h"
#include "worldmodel/nn/tensor_message.h"
#include "worldmodel/vae/vae_inference.h"

namespace reverie {
namespace {

constexpr const char* kKind = "latents/1";
constexpr std::int64_t kEncodeBatch = 64;
constexpr double kLargestLogVariance = 22.18;  // 2 ln 65504, rounded down

bool is_current(const std::filesystem::path& path, const std::string& vae_id) {
  if (!std::filesystem::exists(path)) {
    return false;
  }
  const auto metadata = read_tensor_metadata(path, kKind);
  const auto found = metadata.find("vae");
  return found != metadata.end() && found->second == vae_id;
}

LatentDistribution encode_frames(const RecordedEpisode& episode, const VaeInference& vae, const WorkerPool& pool) {
  std::vector<torch::Tensor> means, log_variances;
  const std::int64_t num_frames = episode.num_steps() + 1;
  for (std::int64_t begin = 0; begin < num_frames; begin += kEncodeBatch) {
    pool.throw_if_ending();
    const std::int64_t count = std::min(kEncodeBatch, num_frames - begin);
    const LatentDistribution latent =
        vae.encode(frames_to_tensor(episode.frames.data() + static_cast<std::size_t>(begin) * episode.frame_size(),
                                    count, episode.height, episode.width));
    means.push_back(latent.mean);
    log_variances.push_back(latent.log_variance);
  }
  return {torch::cat(means), torch::cat(log_variances)};
}

// The first place where values lie outside low to high or are NaN, in words; empty where there is none.
std::string outlier(const torch::Tensor& values, const char* name, double low, double high) {
  const torch::Tensor bad = torch::logical_and(values >= low, values <= high).logical_not();
  if (!bad.any().item<bool>()) {
    return "";
  }
  const torch::Tensor place = bad.nonzero()[0];
  return str("frame ", place[0].item<std::int64_t>(), ", dimension ", place[1].item<std::int64_t>(), ": ", name, " ",
             values.masked_select(bad)[0].item<float>(), ", expected ", low, " to ", high);
}

void put_vae(MessageWriter& message, const Vae& vae, torch::ScalarType type) {
  const VaeConfig& config = vae->config();
  message.put(config.latent_size);
  message.put_numbers(std::span<const int>(config.channels));
  message.put(config.kl_floor);
  message.put(static_cast<int>(type));
  put_weights(message, *vae);
}

}  // namespace

std::string fault_of(const LatentDistribution& latent) {
  torch::NoGradGuard no_grad;
  constexpr double kLargest = 65504.0;  // of float16
  const std::string fault = outlier(latent.mean, "mean", -kLargest, kLargest);
  return fault.empty() ? outlier(latent.log_variance, "log variance", -kLargest, kLargestLogVariance) : fault;
}

namespace {

// The file of an episode's latents.
TensorFile latents_of(const RecordedEpisode& episode, const VaeInference& vae, const WorkerPool& pool,
                      const std::string& name, const std::string& vae_id) {
  const LatentDistribution latent = encode_frames(episode, vae, pool);
  if (const std::string fault = fault_of(latent); !fault.empty()) {
    throw Error(ErrorKind::data, str(name, ": V's latents cannot be stored: ", fault,
                                     ": V has diverged; try a smaller vae.learning_rate"));
  }
  const std::int64_t steps = episode.num_steps();
  TensorFile file;
  file.metadata["vae"] = vae_id;
  file.tensors["mean"] = latent.mean.to(torch::kFloat16);
  file.tensors["log_variance"] = latent.log_variance.to(torch::kFloat16);
  file.tensors["actions"] = torch::tensor(episode.actions).view({steps, episode.action_size()});
  file.tensors["rewards"] = torch::tensor(episode.rewards);
  file.tensors["terminated"] = torch::tensor(episode.terminated, torch::kUInt8);
  return file;
}

// Context: V, the type of its products and its identity. A task's message is an episode's file with its name, its
// result the file of its latents.
class Encoder : public TaskEquipment {
 public:
  Encoder(MessageReader& context, WorkerPool& pool) : pool_(pool) {
    VaeConfig config;
    config.latent_size = context.take_within("latent size", 1, 1024);
    config.channels = context.take_numbers<int>();
    config.kl_floor = context.take<double>();
    if (config.channels.size() != 4) {
      context.fail(str("expected 4 channels, found ", config.channels.size()));
    }
    const auto type = static_cast<torch::ScalarType>(context.take<int>());
    const Vae vae(config, 0);
    take_weights(context, *vae);
    inference_.emplace(vae, type);
    vae_id_ = context.take_text();
  }

  void work_on(int, MessageReader& message, int, MessageWriter& result) override {
    torch::NoGradGuard no_grad;
    const std::string name = message.take_text();
    const RecordedEpisode episode = unpack_episode(message.take_bytes(), name);
    const Bytes file = tensor_file_bytes(kKind, latents_of(episode, *inference_, pool_, name, vae_id_));
    result.put_numbers(std::span<const std::byte>(file));
  }

 private:
  WorkerPool& pool_;
  std::optional<VaeInference> inference_;
  std::string vae_id_;
};

}  // namespace

std::filesystem::path LatentStore::path(int episode) const {
  const std::filesystem::path& recorded = episodes_.path(episode);
  std::string name = recorded.filename().string();
  name.replace(0, std::string("episode").size(), "latents");
  return recorded.parent_path().parent_path() / "latents" / name;
}

void LatentStore::encode(const Vae& vae, torch::ScalarType type, WorkerPool& pool,
                         const std::function<void(int, int)>& on_episode) {
  std::vector<int> stale;
  for (int episode = 0; episode < episodes_.size(); ++episode) {
    std::filesystem::create_directories(path(episode).parent_path());
    if (!is_current(path(episode), vae_id_)) {
      stale.push_back(episode);
    }
  }
  const VaeInference inference(vae, type);
  std::mutex mutex;
  int done = 0;
  const auto tell = [&] {
    const std::lock_guard lock(mutex);
    ++done;
    if (on_episode) {
      on_episode(done, static_cast<int>(stale.size()));
    }
  };
  const auto at = [&](int task) { return stale[static_cast<std::size_t>(task)]; };
  const auto work = [&](int task, int) {
    torch::NoGradGuard no_grad;
    const std::string name = episodes_.path(at(task)).string();
    write_tensor_file(path(at(task)), kKind, latents_of(episodes_.read(at(task)), inference, pool, name, vae_id_));
    tell();
  };
  Equipped helpers;
  if (pool.team() != nullptr && !stale.empty()) {
    MessageWriter context;
    put_vae(context, vae, type);
    context.put_text(vae_id_);
    helpers = {pool.team(), kEncodeEquipment, context.take()};
  }
  Elsewhere elsewhere = helpers.elsewhere();
  elsewhere.pack = [&](int task, int, MessageWriter& message) {
    message.put_text(episodes_.path(at(task)).string());
    message.put_text(read_file(episodes_.path(at(task))));
  };
  elsewhere.unpack = [&](int task, MessageReader& message) {
    write_file_atomically(path(at(task)), message.take_bytes());  // whoever reads it compares its checksum
    tell();
  };
  Team::run(pool, static_cast<int>(stale.size()), work, elsewhere);
}

std::unique_ptr<Equipment> take_encoder(MessageReader& context, WorkerPool& pool) {
  return std::make_unique<Encoder>(context, pool);
}

EmbeddedEpisode LatentStore::read(int episode) const {
  const std::filesystem::path file_path = path(episode);
  const TensorFile file = read_tensor_file(file_path, kKind);
  if (take_metadata(file.metadata, file_path, "vae") != vae_id_) {
    throw Error(ErrorKind::data, str(file_path.string(), ": holds latents of another V: train the world model again"));
  }
  const std::int64_t steps = episodes_.num_steps(episode);
  EmbeddedEpisode result;
  for (const char* part : {"mean", "log_variance"}) {
    result.embedding.parts.push_back(
        take_tensor(file, file_path, part, torch::kFloat16, {steps + 1, -1}).to(torch::kFloat32));
    check_finite(result.embedding.parts.back(), file_path, part);
  }
  result.action = take_tensor(file, file_path, "actions", torch::kFloat32, {steps, -1});
  result.reward = take_tensor(file, file_path, "rewards", torch::kFloat32, {steps});
  result.terminated = take_tensor(file, file_path, "terminated", torch::kUInt8, {steps}).to(torch::kFloat32);
  check_finite(result.action, file_path, "actions");
  check_finite(result.reward, file_path, "rewards");
  return result;
}

}  // namespace reverie
