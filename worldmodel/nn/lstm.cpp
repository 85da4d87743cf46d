#include "worldmodel/nn/lstm.h"

#include "env/error.h"
#include "worldmodel/nn/kernels.h"
#include "worldmodel/nn/tensor_math.h"

namespace reverie {
namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

class LstmFunction : public torch::autograd::Function<LstmFunction> {
 public:
  static tensor_list forward(AutogradContext* context, const Tensor& x, const Tensor& first, const Tensor& hidden0,
                             const Tensor& cell0, const Tensor& weight_input, const Tensor& weight_hidden,
                             const Tensor& bias, std::int64_t type_number) {
    const auto type = static_cast<torch::ScalarType>(type_number);
    const std::int64_t time = x.size(0), batch = x.size(1), hidden_size = hidden0.size(1);
    const Tensor weight = weight_hidden.to(type);
    Tensor gates =
        matmul(x.reshape({time * batch, x.size(2)}), weight_input, type).view({time, batch, 4 * hidden_size});
    const Tensor keep = (1.0f - first).unsqueeze(2);  // [time, batch, 1]
    Tensor hidden_before = torch::empty({time, batch, hidden_size});
    Tensor cell_before = torch::empty({time, batch, hidden_size});
    Tensor hidden = torch::empty({time, batch, hidden_size});
    Tensor cell = torch::empty({time, batch, hidden_size});
    for (std::int64_t t = 0; t < time; ++t) {
      Tensor before = hidden_before[t];
      torch::mul_out(before, t == 0 ? hidden0 : hidden[t - 1], keep[t]);
      Tensor c_before = cell_before[t];
      torch::mul_out(c_before, t == 0 ? cell0 : cell[t - 1], keep[t]);
      gates[t].add_(torch::mm(before.to(type), weight).to(torch::kFloat32));
      kernels::lstm_forward(static_cast<int>(batch), static_cast<int>(hidden_size), gates[t].data_ptr<float>(),
                            bias.data_ptr<float>(), c_before.data_ptr<float>(), cell[t].data_ptr<float>(),
                            hidden[t].data_ptr<float>());
    }
    context->save_for_backward({x, keep, weight_input, weight_hidden, gates, hidden_before, cell_before, cell});
    context->saved_data["type"] = type_number;
    const Tensor last_hidden = hidden[time - 1].clone(), last_cell = cell[time - 1].clone();
    context->mark_non_differentiable({last_hidden, last_cell});
    return {hidden, last_hidden, last_cell};
  }

  static tensor_list backward(AutogradContext* context, tensor_list d_outputs) {
    const auto saved = context->get_saved_variables();
    const Tensor &x = saved[0], &keep = saved[1], &weight_input = saved[2], &weight_hidden = saved[3],
                 &gates = saved[4], &hidden_before = saved[5], &cell_before = saved[6], &cell = saved[7];
    const auto type = static_cast<torch::ScalarType>(context->saved_data["type"].toInt());
    const Tensor d_hidden = d_outputs[0].contiguous();
    const std::int64_t time = x.size(0), batch = x.size(1), hidden_size = cell.size(2);
    const Tensor weight_back = weight_hidden.to(type).t();
    Tensor d_gates = torch::empty_like(gates);
    Tensor d_before = torch::zeros({batch, hidden_size});  // the gradient of this step's hidden state from later steps
    Tensor d_cell = torch::zeros({batch, hidden_size});
    for (std::int64_t t = time - 1; t >= 0; --t) {
      const Tensor d_here = d_before.add_(d_hidden[t]);
      kernels::lstm_backward(static_cast<int>(batch), static_cast<int>(hidden_size), gates[t].data_ptr<float>(),
                             cell_before[t].data_ptr<float>(), cell[t].data_ptr<float>(), d_here.data_ptr<float>(),
                             d_cell.data_ptr<float>(), d_gates[t].data_ptr<float>());
      if (t > 0) {
        d_before = torch::mm(d_gates[t].to(type), weight_back).to(torch::kFloat32).mul_(keep[t]);
        d_cell.mul_(keep[t]);
      }
    }
    const Tensor flat = d_gates.view({time * batch, 4 * hidden_size});
    const Tensor d_x = context->needs_input_grad(0) ? matmul(flat, weight_input.t(), type).view(x.sizes()) : Tensor();
    const Tensor d_weight_input = matmul(x.reshape({time * batch, x.size(2)}).t(), flat, type);
    const Tensor d_weight_hidden = matmul(hidden_before.view({time * batch, hidden_size}).t(), flat, type);
    return {d_x, Tensor(), Tensor(), Tensor(), d_weight_input, d_weight_hidden, flat.sum(0), Tensor()};
  }
};

}  // namespace

LstmResult lstm_unroll(const Tensor& x, const Tensor& first, const Tensor& hidden, const Tensor& cell,
                       const LstmWeights& weights, torch::ScalarType type) {
  REVERIE_CHECK(x.dim(), ==, 3);
  REVERIE_CHECK(hidden.sizes(), ==, cell.sizes());
  const tensor_list result = LstmFunction::apply(x, first, hidden, cell, weights.input, weights.hidden, weights.bias,
                                                 static_cast<std::int64_t>(type));
  return {result[0], result[1], result[2]};
}

std::tuple<Tensor, Tensor> lstm_step(const Tensor& x, const Tensor& hidden, const Tensor& cell,
                                     const LstmWeights& weights) {
  const Tensor gates = torch::mm(x, weights.input) + torch::mm(hidden, weights.hidden) + weights.bias;
  const std::vector<Tensor> part = gates.chunk(4, 1);
  const Tensor next = torch::sigmoid(part[1]) * cell + torch::sigmoid(part[0]) * torch::tanh(part[2]);
  return {torch::sigmoid(part[3]) * torch::tanh(next), next};
}

}  // namespace reverie
