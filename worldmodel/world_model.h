// The interface of a trained world model: functions on an explicit state.
#pragma once

#include <torch/torch.h>

#include <span>
#include <vector>

namespace reverie {

class RecordedView;
class LatentView;
class BeliefView;

struct WorldModelSpec {
  int feature_size = 0;  // of features()
  int action_size = 0;
  int frame_height = 0, frame_width = 0;
  // Random numbers a row needs for one call.
  int observe_normals = 0, observe_uniforms = 0;
  int begin_dream_normals = 0, begin_dream_uniforms = 0;
  int imagine_normals = 0, imagine_uniforms = 0;
};

struct ModelState {
  std::vector<torch::Tensor> parts;  // each [batch, ...], of any type; only the model knows what they are
};

ModelState gather(const ModelState& state, std::span<const int> rows);
// Row rows[i] of state becomes row i of from, in place.
void scatter(ModelState& state, std::span<const int> rows, const ModelState& from);

// What one call draws, per row, from that row's own Rng: float32 [batch, n] with n given by the spec. There may be more
// columns: a model reads the first n only.
struct Noise {
  torch::Tensor normals, uniforms;
};
Noise gather(const Noise& noise, std::span<const int> rows);

torch::Tensor to_index(std::span<const int> rows);  // int64
torch::Tensor gather(const torch::Tensor& tensor, std::span<const int> rows);

struct Imagined {
  ModelState state;
  torch::Tensor reward;            // [batch], expected
  torch::Tensor terminated_logit;  // [batch]
};

// State and noise are arguments: the same inputs give the same outputs, a planner can branch from a state, and
// gradients flow through imagine(). A row's outputs depend on that row's inputs and on the batch size only. All
// functions are const and may be called from several threads at once. What a function returns belongs to the caller: it
// shares memory neither with what the model keeps nor with an argument, so callers may write into it. Actions, frames,
// `first`, features, rewards and logits are float32, contiguous or not; a model may use a lower precision inside.
// Training is not part of the interface: every model has its own losses, data and stages.
// tests/world_model_conformance.h checks it.
class WorldModel {
 public:
  virtual ~WorldModel() = default;
  virtual const WorldModelSpec& spec() const = 0;
  virtual ModelState initial_state(int batch_size) const = 0;

  // The state after `action` [batch, action] was taken and `frame` ([batch, 3, height, width], 0 to 1) was seen. Rows
  // where `first` [batch] is 1 hold an episode's first frame: neither their state nor their action matters, whatever
  // they hold (NaN, too).
  virtual ModelState observe(const ModelState& state, const torch::Tensor& action, const torch::Tensor& frame,
                             const torch::Tensor& first, const Noise& noise) const = 0;

  // Called where a dream starts: draws into the state what stays fixed during the dream (a dropout mask, a member of an
  // ensemble).
  virtual ModelState begin_dream(const ModelState& from, const Noise& noise) const = 0;

  // The state after `action`, without a frame. temperature > 0 scales the randomness of the dream; 1 is the model's own
  // belief.
  virtual Imagined imagine(const ModelState& state, const torch::Tensor& action, float temperature,
                           const Noise& noise) const = 0;

  virtual torch::Tensor features(const ModelState& state) const = 0;  // [batch, feature_size], what a policy sees
  virtual torch::Tensor decode(const ModelState& state) const = 0;    // [batch, 3, height, width], to look at a dream

  // What else it may offer (views.h); null where it does not.
  virtual const RecordedView* recorded() const { return nullptr; }
  virtual const LatentView* latent() const { return nullptr; }
  virtual const BeliefView* belief() const { return nullptr; }
};

// What the policies of an environment see: the model's features, contiguous.
torch::Tensor contiguous_features(const WorldModel& model, const ModelState& state);

}  // namespace reverie
