#include "worldmodel/nn/transformer.h"

#include <cmath>
#include <numbers>

#include "env/error.h"

namespace reverie {
namespace {

using torch::Tensor;

constexpr float kUnseen = -1e30f;    // the score of what may not be looked at; finite, since NaN spreads
constexpr float kNoEpisode = -1e9f;  // of an entry that was never written

// The parts of a step's key_value product.
struct Entry {
  Tensor kept, position;  // what attention keeps but for the position; the position's key, not rotated yet
};
Entry parts_of(const TransformerConfig& config, const Tensor& key_value) {
  const std::int64_t last = key_value.dim() - 1, kept = key_value.size(last) - config.position_size;
  return {key_value.slice(last, 0, kept), key_value.slice(last, kept)};
}

}  // namespace

void TransformerConfig::validate() const {
  check_ranges(*this);
  if (position_size % 2 != 0) {
    throw Error(ErrorKind::config, str("position_size: expected an even number, found ", position_size));
  }
}

Positions::Positions(int size, double base) {
  const Tensor pair = torch::arange(0, size, 2, torch::kFloat64);
  const Tensor wanted = torch::exp(pair * (-std::log(base) / size)) * (kPeriod / (2.0 * std::numbers::pi));
  const Tensor turns = torch::round(wanted).clamp_min(1.0);  // in a period
  const Tensor share = (torch::arange(kPeriod, torch::kFloat64).unsqueeze(1) * turns).remainder(kPeriod) / kPeriod;
  cos_ = torch::cos(share * (2.0 * std::numbers::pi)).to(torch::kFloat32);
  sin_ = torch::sin(share * (2.0 * std::numbers::pi)).to(torch::kFloat32);
}

Tensor Positions::turn(const Tensor& x, const Tensor& position) const {
  std::vector<std::int64_t> shape = position.sizes().vec();
  shape.push_back(cos_.size(1));
  const Tensor at = position.remainder(kPeriod).reshape({-1});
  const Tensor cos = cos_.index_select(0, at).view(shape), sin = sin_.index_select(0, at).view(shape);
  const std::int64_t last = x.dim() - 1, size = x.size(last);
  const Tensor even = x.slice(last, 0, size, 2), odd = x.slice(last, 1, size, 2);
  return torch::stack({even * cos - odd * sin, even * sin + odd * cos}, last + 1).flatten(last);
}

// Square root and division, which round the same wherever a number stands in a tensor.
Tensor rms_norm(const Tensor& x, const Tensor& gain) {
  constexpr double kEpsilon = 1e-6;
  return x / torch::sqrt(x.square().mean(-1, true) + kEpsilon) * gain;
}

TransformerImpl::TransformerImpl(std::int64_t inputs, int width, const TransformerConfig& config, ParameterMaker& make)
    : config_(config), width_(width), positions_(config.position_size, config.position_base) {
  const std::int64_t heads = std::int64_t{config.heads} * config.head_size, latent = config.key_value_latent;
  const std::int64_t queries = std::int64_t{config.heads} * (config.head_size + config.position_size);
  const auto product = [&](const std::string& name, std::int64_t in, std::int64_t out) {
    return register_parameter(name, make.glorot({in, out}, static_cast<double>(in), static_cast<double>(out)));
  };
  const auto filled = [&](const std::string& name, std::int64_t size, float value) {
    Tensor values = make.zeros({size});
    return register_parameter(name, values.fill_(value));
  };
  input = product("input", inputs, width);
  for (int i = 0; i < config.layers; ++i) {
    const std::string name = "layer" + std::to_string(i) + "_";
    Layer& layer = layers.emplace_back();
    layer.attention_gain = filled(name + "attention_gain", width, 1.0f);
    layer.query = product(name + "query", width, queries);
    layer.key_value = product(name + "key_value", width, config.entry_size());
    if (config.attention == Attention::latent) {
      layer.latent_gain = filled(name + "latent_gain", latent, 1.0f);
      layer.key_up = product(name + "key_up", latent, heads);
      layer.value_up = product(name + "value_up", latent, heads);
    }
    layer.output = product(name + "output", heads, width);
    layer.units_gain = filled(name + "units_gain", width, 1.0f);
    layer.units = product(name + "units", width, config.feed_forward);
    layer.units_bias = filled(name + "units_bias", config.feed_forward, 0.0f);
    layer.units_out = product(name + "units_out", config.feed_forward, width);
    layer.units_out_bias = filled(name + "units_out_bias", width, 0.0f);
  }
  gain = filled("gain", width, 1.0f);
}

std::vector<Tensor> TransformerImpl::blank_memory(std::int64_t batch) const {
  std::vector<Tensor> memory;
  for (int layer = 0; layer < config_.layers; ++layer) {
    memory.push_back(torch::zeros({batch, config_.window, config_.entry_size()}));
  }
  memory.push_back(torch::full({batch, config_.window}, kNoEpisode));
  return memory;
}

TransformerImpl::Unrolled TransformerImpl::unroll(const Tensor& x, const Tensor& first,
                                                  const std::vector<Tensor>& memory, torch::ScalarType type) const {
  const std::int64_t time = x.size(0), batch = x.size(1), window = config_.window, keys = window + time;
  const std::int64_t heads = config_.heads, size = config_.head_size, position_size = config_.position_size;
  // [batch * time, n] from here on, batch first.
  const auto linear = [&](const Tensor& rows, const Tensor& weight) { return matmul(rows, weight, type); };
  const Tensor steps = x.transpose(0, 1).reshape({batch * time, x.size(2)});

  const Tensor episodes = torch::cat({memory.back(), first.t().cumsum(1)}, 1);  // [batch, keys]
  const Tensor place = torch::arange(keys), now = place.slice(0, window);
  const Tensor behind = now.unsqueeze(1) - place.unsqueeze(0);  // [time, keys]
  const Tensor within = (behind >= 0).logical_and(behind < window);
  const Tensor same = episodes.slice(1, window).unsqueeze(2) == episodes.unsqueeze(1);  // [batch, time, keys]
  const Tensor unseen = same.logical_and(within.unsqueeze(0)).logical_not().unsqueeze(1);
  const double scale = 1.0 / std::sqrt(static_cast<double>(size + position_size));

  Unrolled result;
  Tensor u = linear(steps, input);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const Layer& layer = layers[i];
    const Tensor normed = rms_norm(u, layer.attention_gain);
    const Tensor query = linear(normed, layer.query).view({batch, time, heads, size + position_size}).transpose(1, 2);
    const Entry made = parts_of(config_, linear(normed, layer.key_value).view({batch, time, config_.entry_size()}));
    const Tensor kept = layer.latent_gain.defined() ? rms_norm(made.kept, layer.latent_gain) : made.kept;
    const Tensor entries = torch::cat({memory[i], torch::cat({kept, made.position}, 2)}, 1);  // [batch, keys, entry]
    const Entry all = parts_of(config_, entries);
    Tensor key, value;
    if (layer.latent_gain.defined()) {
      const Tensor latents = all.kept.reshape({batch * keys, config_.key_value_latent});
      key = linear(latents, layer.key_up);
      value = linear(latents, layer.value_up);
    } else {
      key = all.kept.slice(2, 0, heads * size);
      value = all.kept.slice(2, heads * size);
    }
    const auto by_head = [&](const Tensor& of_keys) {
      return of_keys.reshape({batch, keys, heads, size}).transpose(1, 2);  // [batch, heads, keys, size]
    };
    const Tensor position_key = positions_.turn(all.position, place.unsqueeze(0)).unsqueeze(1);
    const Tensor position_query = positions_.turn(query.slice(3, size), now);
    const Tensor scores = (torch::matmul(query.slice(3, 0, size), by_head(key).transpose(2, 3)) +
                           torch::matmul(position_query, position_key.transpose(2, 3))) *
                          scale;
    const Tensor attended = torch::matmul(torch::softmax(scores.masked_fill(unseen, kUnseen), 3), by_head(value));
    u = u + linear(attended.transpose(1, 2).reshape({batch * time, heads * size}), layer.output);
    const Tensor units = torch::relu(linear(rms_norm(u, layer.units_gain), layer.units) + layer.units_bias);
    u = u + linear(units, layer.units_out) + layer.units_out_bias;
    result.memory.push_back(entries.detach().slice(1, time).contiguous());
  }
  result.memory.push_back((episodes - episodes.slice(1, keys - 1)).slice(1, time).clamp_min(kNoEpisode).contiguous());
  result.output = rms_norm(u, gain).view({batch, time, width_}).transpose(0, 1);
  return result;
}

Tensor TransformerStep::Product::operator()(const Tensor& x, bool with_gradient) const {
  if (!with_gradient) {
    return frozen_(x.contiguous());
  }
  const Tensor y = torch::mm(x, weight_);
  return bias_.defined() ? y + bias_ : y;
}

TransformerStep::TransformerStep(const TransformerImpl& transformer, torch::ScalarType type)
    : config_(transformer.config()),
      positions_(config_.position_size, config_.position_base),
      input_(transformer.input, {}, type),
      gain_(transformer.gain.detach().clone()) {
  torch::NoGradGuard no_grad;
  const std::int64_t width = transformer.width(), heads = config_.heads, size = config_.head_size,
                     position_size = config_.position_size, latent = config_.key_value_latent;
  for (const TransformerImpl::Layer& from : transformer.layers) {
    Layer& layer = layers_.emplace_back();
    layer.attention_gain = from.attention_gain.detach().clone();
    layer.units_gain = from.units_gain.detach().clone();
    Tensor query = from.query.view({width, heads, size + position_size}), output = from.output;
    if (config_.attention == Attention::latent) {
      layer.latent_gain = from.latent_gain.detach().clone();
      // A head's score q . (c U) is (q U^T) . c, and its output (sum a c U) W is (sum a c) (U W).
      const Tensor key_up = from.key_up.view({latent, heads, size}).permute({1, 2, 0});      // [heads, size, latent]
      const Tensor value_up = from.value_up.view({latent, heads, size}).permute({1, 0, 2});  // [heads, latent, size]
      const Tensor of_content = torch::bmm(query.slice(2, 0, size).permute({1, 0, 2}), key_up);
      query = torch::cat({of_content.permute({1, 0, 2}), query.slice(2, size)}, 2);
      output = torch::bmm(value_up, output.view({heads, size, width})).view({heads * latent, width});
    }
    layer.query = Product(query.reshape({width, -1}), {}, type);
    layer.key_value = Product(from.key_value, {}, type);
    layer.output = Product(output, {}, type);
    layer.units = Product(from.units, from.units_bias, type);
    layer.units_out = Product(from.units_out, from.units_out_bias, type);
  }
}

std::vector<Tensor> TransformerStep::blank_ring(std::int64_t batch) const {
  std::vector<Tensor> ring;
  for (int layer = 0; layer < config_.layers; ++layer) {
    ring.push_back(torch::zeros({batch, config_.window, config_.entry_size()}));
  }
  ring.push_back(torch::zeros({batch}, torch::kInt64));
  return ring;
}

TransformerStep::Stepped TransformerStep::operator()(const Tensor& x, std::span<const Tensor> ring,
                                                     bool with_gradient) const {
  const std::int64_t batch = x.size(0), window = config_.window, heads = config_.heads, size = config_.head_size,
                     position_size = config_.position_size;
  const bool shared = config_.attention == Attention::latent;
  const std::int64_t content = shared ? config_.key_value_latent : size;  // numbers of a head's query
  const Tensor position = ring.back();
  const Tensor slots = torch::arange(window);
  const Tensor written = (slots.unsqueeze(0) == position.remainder(window).unsqueeze(1)).unsqueeze(2);
  const Tensor unseen = (slots.unsqueeze(0) > position.unsqueeze(1)).unsqueeze(1);  // [batch, 1, window]
  const double scale = 1.0 / std::sqrt(static_cast<double>(size + position_size));

  Stepped result;
  std::vector<Tensor> weights;
  Tensor u = input_(x, with_gradient);
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const Layer& layer = layers_[i];
    const Tensor normed = rms_norm(u, layer.attention_gain);
    const Tensor query = layer.query(normed, with_gradient).view({batch, heads, content + position_size});
    const Entry made = parts_of(config_, layer.key_value(normed, with_gradient));
    const Tensor kept = shared ? rms_norm(made.kept, layer.latent_gain) : made.kept;
    const Tensor entry = torch::cat({kept, positions_.turn(made.position, position)}, 1);
    const Tensor entries = torch::where(written, entry.unsqueeze(1), ring[i]);  // [batch, window, entry]
    const Entry all = parts_of(config_, entries);
    const Tensor position_query = positions_.turn(query.slice(2, content), position.unsqueeze(1));
    Tensor scores = torch::bmm(position_query, all.position.transpose(1, 2));
    const auto by_head = [&](std::int64_t begin) {  // [batch * heads, window, size]
      return all.kept.slice(2, begin, begin + heads * size)
          .view({batch, window, heads, size})
          .transpose(1, 2)
          .reshape({batch * heads, window, size});
    };
    const Tensor of_content = query.slice(2, 0, content);
    scores = scores + (shared ? torch::bmm(of_content, all.kept.transpose(1, 2))
                              : torch::bmm(of_content.reshape({batch * heads, 1, size}), by_head(0).transpose(1, 2))
                                    .view({batch, heads, window}));
    const Tensor looked = torch::softmax((scores * scale).masked_fill(unseen, kUnseen), 2);
    const Tensor attended = shared ? torch::bmm(looked, all.kept)
                                   : torch::bmm(looked.view({batch * heads, 1, window}), by_head(heads * size));
    u = u + layer.output(attended.reshape({batch, heads * content}), with_gradient);
    const Tensor units = torch::relu(layer.units(rms_norm(u, layer.units_gain), with_gradient));
    u = u + layer.units_out(units, with_gradient);
    result.ring.push_back(entries);
    weights.push_back(looked);
  }
  result.ring.push_back(position + 1);
  result.output = rms_norm(u, gain_);
  result.weights = torch::stack(weights, 1);
  return result;
}

}  // namespace reverie
