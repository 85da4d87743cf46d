#include "worldmodel/data/weights.h"

#include <cmath>

#include "env/error.h"
#include "tests/temporary_folder.h"
#include "tests/test.hpp"
#include "tests/worldmodel/tensors.h"
#include "worldmodel/vae_mdn_rnn/mdn_rnn.h"

using namespace reverie;
using torch::Tensor;

namespace {

MdnRnn make_module(std::uint64_t seed) {
  MdnRnnConfig config;
  config.hidden_size = 4;
  config.mixtures = 1;
  return MdnRnn(2, 1, config, seed);
}

// Copies, which a test may change.
std::map<std::string, Tensor> tensors_of(const MdnRnn& module) {
  auto tensors = module_tensors(*module);
  for (auto& [name, tensor] : tensors) {
    tensor = tensor.clone();
  }
  return tensors;
}

std::string refusal(const std::map<std::string, Tensor>& tensors) {
  MdnRnn module = make_module(2);
  return message_of<Error>([&] { load_module(*module, tensors, "run/mdn_rnn.safetensors"); });
}

}  // namespace

TEST_CASE("a module comes back from its tensors, buffers included", "[worldmodel]") {
  const MdnRnn from = make_module(1);
  from->reward_levels.copy_(torch::tensor({-0.1f, 3.2f}));
  MdnRnn to = make_module(2);
  auto tensors = tensors_of(from);
  tensors["of another module"] = torch::zeros({1});
  load_module(*to, tensors, "here");
  CHECK(torch::equal(to->reward_levels, from->reward_levels));
  const auto expected = from->named_parameters();
  for (const auto& parameter : to->named_parameters()) {
    CHECK(torch::equal(parameter.value(), expected[parameter.key()]));
    CHECK(parameter.value().requires_grad());
  }
}

TEST_CASE("what is to be saved is refused where it is not finite, whatever its type", "[worldmodel]") {
  auto tensors = tensors_of(make_module(1));
  tensors["steps"] = torch::tensor({3}, torch::kInt64);
  tensors["sigma"] = torch::tensor({0.1}, torch::kFloat64);
  check_finite(tensors, "here");
  for (const double bad : {std::nan(""), static_cast<double>(INFINITY)}) {
    tensors["sigma"] = torch::tensor({0.1, bad}, torch::kFloat64);
    CHECK(message_of<Error>([&] { check_finite(tensors, "here"); }) ==
          "here: sigma: expected finite numbers, found NaN or infinity");
  }
}

TEST_CASE("weights that do not fit are refused with the file and the tensor", "[worldmodel]") {
  auto tensors = tensors_of(make_module(1));
  tensors.erase("reward_bias");
  CHECK(refusal(tensors) ==
        "run/mdn_rnn.safetensors: expected a tensor 'reward_bias', found none: made with another config?");
  tensors = tensors_of(make_module(1));
  tensors["lstm_hidden"] = torch::zeros({16, 4});
  CHECK(refusal(tensors) ==
        "run/mdn_rnn.safetensors: lstm_hidden: expected shape [4, 16], found [16, 4]: made with another config?");
  for (const float bad : {std::nanf(""), -INFINITY}) {
    tensors = tensors_of(make_module(1));
    tensors["mixture_bias"][3] = bad;
    CHECK(refusal(tensors) ==
          str("run/mdn_rnn.safetensors: mixture_bias: expected finite values, found ", bad, " at [3]"));
  }
}

TEST_CASE("a weight file's shapes are compared before a module of the config's size is made", "[worldmodel]") {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder / "mdn_rnn.safetensors";
  TensorFile file;
  file.tensors = tensors_of(make_module(1));
  write_tensor_file(path, "mdn_rnn/1", file);
  int made = 0;
  const auto read = [&](int hidden_size, int mixtures) {
    return read_module(path, "mdn_rnn/1", [&](std::optional<std::uint64_t> seed) {
      MdnRnnConfig config;
      config.hidden_size = hidden_size;
      config.mixtures = mixtures;
      made += seed.has_value();
      return MdnRnn(2, 1, config, seed);
    });
  };
  CHECK(max_difference(read(4, 1)->lstm_input, file.tensors["lstm_input"]) == 0.0);
  CHECK(made == 1);
  // Far more than there is memory: 4 terabytes.
  CHECK(message_of<Error>([&] { read(500000, 1); }) ==
        path.string() + ": end_weight: expected shape [500000, 1], found [4, 1]: made with another config?");
  CHECK(made == 1);

  file.tensors.erase("end_bias");
  write_tensor_file(path, "mdn_rnn/1", file);
  CHECK(message_of<Error>([&] { read(4, 1); }) ==
        path.string() + ": expected a tensor 'end_bias', found none: made with another config?");
  CHECK(made == 1);
}
