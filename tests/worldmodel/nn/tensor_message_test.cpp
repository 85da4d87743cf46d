#include "worldmodel/nn/tensor_message.h"

#include "env/random.h"
#include "tests/temporary_folder.h"
#include "tests/test.hpp"

namespace reverie {

TEST_CASE("a tensor arrives with its numbers and its strides", "[tensor_message]") {
  const torch::Tensor whole = torch::arange(2 * 6 * 5, torch::kFloat32).view({2, 6, 5});
  const std::vector<torch::Tensor> tensors = {whole,
                                              whole.slice(1, 2, 4),      // a piece of a batch, with gaps
                                              whole.permute({2, 0, 1}),  // in another order
                                              torch::zeros({0, 3}),      // nothing
                                              torch::tensor(7.0),        // one number
                                              torch::tensor({1, 2, 3}, torch::kUInt8),
                                              whole.to(torch::kBFloat16),
                                              torch::Tensor(),  // none
                                              torch::zeros({4}).expand({3, 4})};
  MessageWriter message;
  put_tensors(message, tensors);
  const Bytes bytes = message.take();
  MessageReader reader(bytes, "rank 1");
  const std::vector<torch::Tensor> read = take_tensors(reader);
  reader.expect_end();
  REQUIRE(read.size() == tensors.size());
  for (std::size_t i = 0; i < read.size(); ++i) {
    REQUIRE(read[i].defined() == tensors[i].defined());
    if (read[i].defined()) {
      CHECK(read[i].scalar_type() == tensors[i].scalar_type());
      CHECK(read[i].sizes() == tensors[i].sizes());
      CHECK(torch::equal(read[i], tensors[i]));
    }
  }
  CHECK(read[1].strides() == tensors[1].strides());
  CHECK(read[2].strides() == tensors[2].strides());
}

TEST_CASE("a module's weights and gradients arrive to the bit", "[tensor_message]") {
  torch::nn::Linear sent(3, 2), received(3, 2);
  const torch::Tensor input = torch::randn({4, 3});
  sent->bias.set_requires_grad(false);
  received->bias.set_requires_grad(false);
  MessageWriter message;
  put_weights(message, *sent);
  put_backward(message, *sent, sent(input).square().sum());
  CHECK(!sent->weight.grad().defined());
  const Bytes bytes = message.take();
  MessageReader reader(bytes, "rank 1");
  take_weights(reader, *received);
  CHECK(torch::equal(received->weight, sent->weight));
  take_gradients(reader, *received);
  reader.expect_end();
  CHECK(!received->bias.grad().defined());  // a parameter without a gradient has none there, too
  sent(input).square().sum().backward();
  CHECK(torch::equal(received->weight.grad(), sent->weight.grad()));
  MessageReader wrong(bytes, "rank 1");
  CHECK_THROWS_WITH(take_weights(wrong, *torch::nn::Linear(5, 2)),
                    ContainsSubstring("a message from rank 1: expected 10 numbers"));
}

TEST_CASE("damaged tensors end in one line", "[tensor_message]") {
  MessageWriter message;
  put_tensors(message, {torch::ones({3, 4, 5}), torch::ones({6, 8}).slice(1, 2, 5)});
  const Bytes whole = message.take();
  Rng rng(3);
  int errors = 0;
  for (int trial = 0; trial < 5000; ++trial) {
    Bytes bytes = whole;
    for (std::uint64_t changes = 1 + rng.below(4); changes > 0; --changes) {
      bytes[static_cast<std::size_t>(rng.below(rng.below(2) == 0 ? 60 : bytes.size()))] =
          static_cast<std::byte>(rng.below(256));
    }
    if (rng.below(4) == 0) {
      bytes.resize(static_cast<std::size_t>(rng.below(bytes.size())));
    }
    MessageReader reader(bytes, "rank 2");
    try {
      take_tensors(reader);
      reader.expect_end();
    } catch (const Error& error) {
      ++errors;
      CHECK(std::string(error.what()).find('\n') == std::string::npos);
    }
  }
  CHECK(errors > 1000);
}

}  // namespace reverie
