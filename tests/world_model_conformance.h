// What every WorldModel must do: see worldmodel/world_model.h. VaeMdnRnn and the tests' toy model pass it.
#pragma once

#include <torch/torch.h>

#include <cmath>
#include <functional>
#include <limits>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/test.hpp"
#include "tests/worldmodel/tensors.h"
#include "worldmodel/world_model.h"

namespace reverie {

// What the tests must know of a model beside its spec.
struct WorldModelClaims {
  // Noise that is drawn but may change nothing ("observe normals"), as in a model that takes means.
  std::set<std::string> idle_noise;
  // Gradients flow through imagine() from the action and the state's parts of floating point to the reward, the end's
  // logit and the next state. Checked with uniforms of 0, so that what they choose stays the same choice.
  bool differentiable = false;
  // Parts of the state that imagine() does not read, by their index.
  std::set<std::size_t> idle_parts = {};
  // Checks that observe() along an episode is the unroll that the model was trained by. Empty: it has none.
  std::function<void(const WorldModel&)> observe_is_the_training_unroll;
};

class WorldModelConformance {
 public:
  // The model must outlive it.
  WorldModelConformance(const WorldModel& model, WorldModelClaims claims) : model_(model), claims_(std::move(claims)) {}

  void check() const {
    shapes_and_types_are_as_the_spec_says();
    equal_inputs_give_equal_outputs_and_stay_as_they_were();
    a_row_depends_neither_on_its_index_nor_on_its_neighbours();
    what_is_returned_belongs_to_the_caller();
    two_threads_may_call_at_once();
    a_first_frame_forgets_what_was_before();
    noise_is_read_as_far_as_the_spec_says();
    inputs_need_not_be_contiguous();
    features_are_the_same_when_made_contiguous();
    states_survive_gather_and_scatter();
    if (claims_.differentiable) {
      the_gradient_through_imagine_is_the_slope();
    }
    if (claims_.observe_is_the_training_unroll) {
      claims_.observe_is_the_training_unroll(model_);
    }
  }

 private:
  using Tensor = torch::Tensor;

  // All that the functions take beside a state, for one batch.
  struct Inputs {
    Tensor action, frame, first;
    Noise observe, begin_dream, imagine;
    float temperature = 1.2f;
  };

  // All that the functions return for one state and one set of inputs, each under its name.
  using Outputs = std::vector<std::pair<std::string, Tensor>>;

  static Noise random_noise(int batch, int normals, int uniforms, std::uint64_t seed) {
    return {normal_tensor({batch, normals}, seed), uniform_tensor({batch, uniforms}, seed + 1)};
  }

  Inputs random_inputs(int batch, std::uint64_t seed) const {
    const WorldModelSpec& spec = model_.spec();
    Inputs inputs;
    inputs.action = normal_tensor({batch, spec.action_size}, 100 * seed).clamp(-1.0f, 1.0f);
    inputs.frame = uniform_tensor({batch, 3, spec.frame_height, spec.frame_width}, 100 * seed + 1);
    inputs.first = torch::zeros({batch});
    inputs.observe = random_noise(batch, spec.observe_normals, spec.observe_uniforms, 100 * seed + 2);
    inputs.begin_dream = random_noise(batch, spec.begin_dream_normals, spec.begin_dream_uniforms, 100 * seed + 4);
    inputs.imagine = random_noise(batch, spec.imagine_normals, spec.imagine_uniforms, 100 * seed + 6);
    return inputs;
  }

  // A state that the model reaches by itself: after an episode's first frames, the start of a dream and a step of it.
  ModelState lived_state(int batch, std::uint64_t seed) const {
    torch::NoGradGuard no_grad;
    ModelState state = model_.initial_state(batch);
    for (std::uint64_t t = 0; t < 3; ++t) {
      Inputs inputs = random_inputs(batch, 10 * seed + t);
      inputs.first.fill_(t == 0 ? 1.0f : 0.0f);
      state = model_.observe(state, inputs.action, inputs.frame, inputs.first, inputs.observe);
    }
    const Inputs inputs = random_inputs(batch, 10 * seed + 3);
    state = model_.begin_dream(state, inputs.begin_dream);
    return model_.imagine(state, inputs.action, inputs.temperature, inputs.imagine).state;
  }

  static void add(Outputs& outputs, const std::string& name, const ModelState& state) {
    for (std::size_t part = 0; part < state.parts.size(); ++part) {
      outputs.emplace_back(name + " part " + std::to_string(part), state.parts[part]);
    }
  }

  Outputs call(const ModelState& state, const Inputs& inputs) const {
    torch::NoGradGuard no_grad;
    Outputs outputs;
    add(outputs, "initial_state", model_.initial_state(static_cast<int>(inputs.action.size(0))));
    add(outputs, "observe", model_.observe(state, inputs.action, inputs.frame, inputs.first, inputs.observe));
    add(outputs, "begin_dream", model_.begin_dream(state, inputs.begin_dream));
    const Imagined next = model_.imagine(state, inputs.action, inputs.temperature, inputs.imagine);
    add(outputs, "imagine", next.state);
    outputs.emplace_back("reward", next.reward);
    outputs.emplace_back("terminated_logit", next.terminated_logit);
    outputs.emplace_back("features", model_.features(state));
    outputs.emplace_back("decode", model_.decode(state));
    return outputs;
  }

  static bool same(const Tensor& a, const Tensor& b) {
    return a.scalar_type() == b.scalar_type() && a.sizes() == b.sizes() && torch::equal(a, b);
  }

  static bool same(const ModelState& a, const ModelState& b) {
    bool equal = a.parts.size() == b.parts.size();
    for (std::size_t part = 0; equal && part < a.parts.size(); ++part) {
      equal = same(a.parts[part], b.parts[part]);
    }
    return equal;
  }

  static bool same(const Outputs& a, const Outputs& b) {
    bool equal = a.size() == b.size();
    for (std::size_t i = 0; equal && i < a.size(); ++i) {
      equal = same(a[i].second, b[i].second);
    }
    return equal;
  }

  static void check_same(const Outputs& a, const Outputs& b) {
    REQUIRE(a.size() == b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
      INFO(a[i].first);
      CHECK(same(a[i].second, b[i].second));
    }
  }

  // Memory of their own.
  static ModelState copy_of(const ModelState& state) {
    ModelState copy;
    for (const Tensor& part : state.parts) {
      copy.parts.push_back(part.clone());
    }
    return copy;
  }
  static Noise copy_of(const Noise& noise) { return {noise.normals.clone(), noise.uniforms.clone()}; }
  static Inputs copy_of(const Inputs& inputs) {
    return {inputs.action.clone(),       inputs.frame.clone(),    inputs.first.clone(), copy_of(inputs.observe),
            copy_of(inputs.begin_dream), copy_of(inputs.imagine), inputs.temperature};
  }
  static Outputs copy_of(const Outputs& outputs) {
    Outputs copy;
    for (const auto& [name, tensor] : outputs) {
      copy.emplace_back(name, tensor.clone());
    }
    return copy;
  }

  static bool same(const Noise& a, const Noise& b) {
    return same(a.normals, b.normals) && same(a.uniforms, b.uniforms);
  }
  static bool same(const Inputs& a, const Inputs& b) {
    return same(a.action, b.action) && same(a.frame, b.frame) && same(a.first, b.first) && same(a.observe, b.observe) &&
           same(a.begin_dream, b.begin_dream) && same(a.imagine, b.imagine);
  }

  // The rows of everything in another order.
  static Tensor moved(const Tensor& tensor, const std::vector<int>& order) { return gather(tensor, order); }
  static Inputs moved(const Inputs& inputs, const std::vector<int>& order) {
    return {moved(inputs.action, order),
            moved(inputs.frame, order),
            moved(inputs.first, order),
            gather(inputs.observe, order),
            gather(inputs.begin_dream, order),
            gather(inputs.imagine, order),
            inputs.temperature};
  }
  static Outputs moved(const Outputs& outputs, const std::vector<int>& order) {
    Outputs result;
    for (const auto& [name, tensor] : outputs) {
      result.emplace_back(name, moved(tensor, order));
    }
    return result;
  }

  static bool is_finite(const Tensor& tensor) {
    return !tensor.is_floating_point() || tensor.to(torch::kFloat32).isfinite().all().item<bool>();
  }

  void shapes_and_types_are_as_the_spec_says() const {
    const WorldModelSpec& spec = model_.spec();
    CHECK(spec.feature_size > 0);
    CHECK(spec.action_size > 0);
    for (const int batch : {1, 3}) {
      const ModelState initial = model_.initial_state(batch), state = lived_state(batch, 1);
      REQUIRE_FALSE(initial.parts.empty());
      const Outputs outputs = call(state, random_inputs(batch, 2));
      REQUIRE(outputs.size() == 4 * initial.parts.size() + 4);
      std::size_t next = 0;
      for (int call = 0; call < 4; ++call) {  // initial_state, observe, begin_dream, imagine
        for (std::size_t part = 0; part < initial.parts.size(); ++part, ++next) {
          INFO(outputs[next].first);
          CHECK(outputs[next].second.sizes() == initial.parts[part].sizes());
          CHECK(outputs[next].second.scalar_type() == initial.parts[part].scalar_type());
          REQUIRE(outputs[next].second.dim() >= 1);
          CHECK(outputs[next].second.size(0) == batch);
        }
      }
      const std::vector<std::vector<std::int64_t>> shapes = {
          {batch}, {batch}, {batch, spec.feature_size}, {batch, 3, spec.frame_height, spec.frame_width}};
      for (const std::vector<std::int64_t>& shape : shapes) {
        INFO(outputs[next].first);
        CHECK(outputs[next].second.sizes().vec() == shape);
        CHECK((outputs[next].second.scalar_type() == torch::kFloat32));
        ++next;
      }
      const Tensor& picture = outputs.back().second;
      CHECK(picture.min().item<float>() >= 0.0f);
      CHECK(picture.max().item<float>() <= 1.0f);
      for (const auto& [name, tensor] : outputs) {
        INFO(name);
        CHECK(is_finite(tensor));
      }
      CHECK(is_finite(model_.features(initial)));
    }
  }

  void equal_inputs_give_equal_outputs_and_stay_as_they_were() const {
    const ModelState state = lived_state(3, 3), state_before = copy_of(state);
    const Inputs inputs = random_inputs(3, 4), inputs_before = copy_of(inputs);
    const Outputs once = copy_of(call(state, inputs));
    call(lived_state(3, 5), random_inputs(3, 6));  // a model has no memory beside the state
    call(lived_state(2, 5), random_inputs(2, 6));
    check_same(once, call(state, inputs));
    check_same(once, call(state_before, inputs_before));
    CHECK(same(state, state_before));
    CHECK(same(inputs, inputs_before));
  }

  void a_row_depends_neither_on_its_index_nor_on_its_neighbours() const {
    for (const int batch : {3, 16, 37}) {
      const ModelState state = lived_state(batch, 7), other_state = lived_state(batch, 8);
      Inputs inputs = random_inputs(batch, 9), other_inputs = random_inputs(batch, 10);
      inputs.first[1] = 1.0f;
      const Outputs outputs = call(state, inputs);
      std::vector<int> order;
      for (int row = 0; row < batch; ++row) {
        order.push_back((5 * row + 2) % batch);
      }
      INFO("batch " << batch);
      check_same(moved(outputs, order), call(gather(state, order), moved(inputs, order)));
      // Row 0 keeps its own, all others get another's.
      const std::vector<int> first_row = {0};
      ModelState mixed_state = copy_of(other_state);
      scatter(mixed_state, first_row, gather(state, first_row));
      Inputs mixed = copy_of(other_inputs);
      mixed.action[0].copy_(inputs.action[0]);
      mixed.frame[0].copy_(inputs.frame[0]);
      mixed.first[0].copy_(inputs.first[0]);
      for (const auto& [to, from] :
           {std::pair(&mixed.observe, &inputs.observe), std::pair(&mixed.begin_dream, &inputs.begin_dream),
            std::pair(&mixed.imagine, &inputs.imagine)}) {
        to->normals[0].copy_(from->normals[0]);
        to->uniforms[0].copy_(from->uniforms[0]);
      }
      check_same(moved(outputs, first_row), moved(call(mixed_state, mixed), first_row));
    }
  }

  void what_is_returned_belongs_to_the_caller() const {
    const ModelState state = lived_state(3, 11), state_before = copy_of(state);
    const Inputs inputs = random_inputs(3, 12), inputs_before = copy_of(inputs);
    const Outputs expected = copy_of(call(state, inputs));
    const Outputs taken = call(state, inputs);
    for (std::size_t i = 0; i < taken.size(); ++i) {
      INFO(taken[i].first);
      REQUIRE_NOTHROW(taken[i].second.fill_(static_cast<int>(i) + 50));  // throws where rows share their memory
    }
    for (std::size_t i = 0; i < taken.size(); ++i) {
      INFO(taken[i].first);
      CHECK((taken[i].second == static_cast<int>(i) + 50).all().item<bool>());  // nor does it share another's
    }
    CHECK(same(state, state_before));
    CHECK(same(inputs, inputs_before));
    check_same(expected, call(state_before, inputs_before));
  }

  void two_threads_may_call_at_once() const {
    constexpr int kRounds = 8;
    const ModelState states[2] = {lived_state(3, 13), lived_state(5, 14)};
    const Inputs inputs[2] = {random_inputs(3, 15), random_inputs(5, 16)};
    Outputs expected[2];
    bool equal[2] = {true, true};
    std::vector<std::thread> threads;
    for (int i = 0; i < 2; ++i) {
      expected[i] = copy_of(call(states[i], inputs[i]));
    }
    for (int i = 0; i < 2; ++i) {
      threads.emplace_back([this, &states, &inputs, &expected, &equal, i] {
        for (int round = 0; round < kRounds; ++round) {
          equal[i] = equal[i] && same(call(states[i], inputs[i]), expected[i]);
        }
      });
    }
    for (std::thread& thread : threads) {
      thread.join();
    }
    CHECK(equal[0]);
    CHECK(equal[1]);
  }

  void a_first_frame_forgets_what_was_before() const {
    const std::vector<int> row = {1};
    Inputs inputs = random_inputs(3, 17);
    inputs.first[1] = 1.0f;
    const ModelState state = lived_state(3, 18);
    const auto observe = [&](const ModelState& from, const Tensor& action) {
      torch::NoGradGuard no_grad;
      return model_.observe(from, action, inputs.frame, inputs.first, inputs.observe);
    };
    const ModelState expected = observe(state, inputs.action);
    ModelState other = copy_of(state);
    scatter(other, row, gather(lived_state(3, 19), row));
    CHECK(same(observe(other, inputs.action), expected));
    scatter(other, row, gather(model_.initial_state(3), row));
    CHECK(same(observe(other, inputs.action), expected));
    for (Tensor& part : other.parts) {
      if (part.is_floating_point()) {
        part[1].fill_(std::numeric_limits<float>::quiet_NaN());
      }
    }
    Tensor action = inputs.action.clone();
    action[1].fill_(std::numeric_limits<float>::quiet_NaN());
    CHECK(same(observe(other, action), expected));
  }

  void noise_is_read_as_far_as_the_spec_says() const {
    const WorldModelSpec& spec = model_.spec();
    const ModelState state = lived_state(3, 20);
    const Inputs inputs = random_inputs(3, 21), others = random_inputs(3, 22);
    const Outputs expected = call(state, inputs);
    struct Kind {
      const char* name;
      Noise Inputs::*noise;
      Tensor Noise::*numbers;
      int count;
    };
    const Kind kinds[] = {
        {"observe normals", &Inputs::observe, &Noise::normals, spec.observe_normals},
        {"observe uniforms", &Inputs::observe, &Noise::uniforms, spec.observe_uniforms},
        {"begin_dream normals", &Inputs::begin_dream, &Noise::normals, spec.begin_dream_normals},
        {"begin_dream uniforms", &Inputs::begin_dream, &Noise::uniforms, spec.begin_dream_uniforms},
        {"imagine normals", &Inputs::imagine, &Noise::normals, spec.imagine_normals},
        {"imagine uniforms", &Inputs::imagine, &Noise::uniforms, spec.imagine_uniforms},
    };
    for (const Kind& kind : kinds) {
      INFO(kind.name);
      Inputs changed = copy_of(inputs);
      Tensor& numbers = changed.*kind.noise.*kind.numbers;
      numbers = torch::cat({numbers, torch::full({3, 2}, std::numeric_limits<float>::quiet_NaN())}, 1);
      check_same(expected, call(state, changed));  // what is beyond the count is not read
      if (kind.count > 0 && claims_.idle_noise.count(kind.name) == 0) {
        numbers = others.*kind.noise.*kind.numbers;
        CHECK_FALSE(same(expected, call(state, changed)));
      }
    }
  }

  // The same values, every second of a tensor that holds each twice.
  static Tensor strided(const Tensor& tensor) {
    return torch::stack({tensor, tensor}, tensor.dim()).select(tensor.dim(), 0);
  }
  static Noise strided(const Noise& noise) { return {strided(noise.normals), strided(noise.uniforms)}; }

  void inputs_need_not_be_contiguous() const {
    const ModelState state = lived_state(3, 23);
    const Inputs inputs = random_inputs(3, 24);
    ModelState spread;
    for (const Tensor& part : state.parts) {
      spread.parts.push_back(strided(part));
    }
    Inputs other{strided(inputs.action),      inputs.frame.contiguous(torch::MemoryFormat::ChannelsLast),
                 strided(inputs.first),       strided(inputs.observe),
                 strided(inputs.begin_dream), strided(inputs.imagine),
                 inputs.temperature};
    check_same(call(state, inputs), call(spread, other));
  }

  void features_are_the_same_when_made_contiguous() const {
    const ModelState state = lived_state(3, 25);
    const Tensor features = model_.features(state), shown = contiguous_features(model_, state);
    CHECK(shown.is_contiguous());
    CHECK(same(shown, features));
    for (std::int64_t row = 0; row < 3; ++row) {
      for (std::int64_t i = 0; i < features.size(1); ++i) {
        CHECK(shown.data_ptr<float>()[row * features.size(1) + i] == features[row][i].item<float>());
      }
    }
  }

  void states_survive_gather_and_scatter() const {
    const ModelState state = lived_state(3, 26);
    const std::vector<int> rows = {2, 0};
    ModelState other = model_.initial_state(3);
    scatter(other, rows, gather(state, rows));
    CHECK(same(gather(other, rows), gather(state, rows)));
    const std::vector<int> untouched = {1};
    CHECK(same(gather(other, untouched), gather(model_.initial_state(3), untouched)));
  }

  // Along random directions through the action and the state, over two steps.
  void the_gradient_through_imagine_is_the_slope() const {
    constexpr double kStep = 1e-2;
    const ModelState start = lived_state(2, 27);
    Inputs inputs = random_inputs(2, 28);
    inputs.imagine.uniforms.zero_();
    std::vector<Tensor> at = {inputs.action};
    std::vector<bool> idle = {false};
    for (std::size_t part = 0; part < start.parts.size(); ++part) {
      if (start.parts[part].is_floating_point()) {
        at.push_back(start.parts[part]);
        idle.push_back(claims_.idle_parts.count(part) > 0);
      }
    }
    const auto outcome = [&](const std::vector<Tensor>& from) {
      ModelState state = start;
      std::size_t next = 1;
      for (Tensor& part : state.parts) {
        if (part.is_floating_point()) {
          part = from[next++];
        }
      }
      Tensor sum = torch::zeros({}, torch::kFloat64);
      const auto count = [&sum](const Tensor& values, std::uint64_t seed) {
        sum = sum + (values.to(torch::kFloat64) * normal_tensor(values.sizes(), seed).to(torch::kFloat64)).sum();
      };
      for (int step = 0; step < 2; ++step) {
        const Imagined imagined =
            model_.imagine(state, step == 0 ? from[0] : torch::full_like(from[0], 0.1f), 1.0f, inputs.imagine);
        state = imagined.state;
        count(imagined.reward, 29);
        count(imagined.terminated_logit, 30);
        for (std::size_t part = 0; part < state.parts.size(); ++part) {
          if (state.parts[part].is_floating_point()) {
            count(state.parts[part], 31 + part);
          }
        }
      }
      return sum;
    };
    std::vector<Tensor> traced;
    for (const Tensor& tensor : at) {
      traced.push_back(tensor.clone().requires_grad_(true));
    }
    outcome(traced).backward();
    torch::NoGradGuard no_grad;
    for (std::size_t argument = 0; argument < at.size(); ++argument) {
      INFO((argument == 0 ? "the action" : "a part of the state"));
      const Tensor& gradient = traced[argument].grad();
      if (idle[argument]) {
        CHECK((!gradient.defined() || gradient.abs().max().item<double>() == 0.0));
        CHECK(outcome(at).item<double>() == [&] {
          std::vector<Tensor> from = at;
          from[argument] = from[argument] + 1.0f;
          return outcome(from).item<double>();
        }());
        continue;
      }
      REQUIRE(gradient.defined());
      CHECK(gradient.abs().max().item<double>() > 1e-4);
      for (std::uint64_t seed = 50; seed < 53; ++seed) {
        const Tensor direction = normal_tensor(at[argument].sizes(), seed);
        const auto along = [&](double by) {
          std::vector<Tensor> from = at;
          from[argument] = from[argument] + by * direction;
          return outcome(from).item<double>();
        };
        const double slope = (along(kStep) - along(-kStep)) / (2.0 * kStep);
        CHECK((gradient * direction).sum().item<double>() == Approx(slope).epsilon(0.01).margin(5e-3));
      }
    }
  }

  const WorldModel& model_;
  WorldModelClaims claims_;
};

inline void check_world_model(const WorldModel& model, WorldModelClaims claims = {}) {
  WorldModelConformance(model, std::move(claims)).check();
}

}  // namespace reverie
