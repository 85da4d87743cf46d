#include "experiments/app/import_weights.h"

#include <cmath>
#include <cstring>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>

#include "env/error.h"
#include "experiments/models/saved.h"
#include "experiments/models/vae_mdn_rnn/weights.h"
#include "experiments/run/experiment.h"
#include "tests/temporary_folder.h"
#include "tests/test.hpp"
#include "worldmodel/data/foreign_tensor_file.h"

using namespace reverie;

namespace {

namespace fs = std::filesystem;

// As Python's safetensors writes: no padding to speak of, names in order, metadata only where it is given.
void save_as_python_does(const fs::path& path, const TensorFile& file) {
  nlohmann::ordered_json header;
  for (const auto& [key, value] : file.metadata) {
    header["__metadata__"][key] = value;
  }
  std::string data;
  for (const auto& [name, tensor] : file.tensors) {
    const torch::Tensor values = tensor.contiguous();
    const char* const type = values.scalar_type() == torch::kFloat16   ? "F16"
                             : values.scalar_type() == torch::kFloat64 ? "F64"
                                                                       : "F32";
    header[name] = {{"dtype", type},
                    {"shape", values.sizes().vec()},
                    {"data_offsets", {data.size(), data.size() + values.nbytes()}}};
    data.append(static_cast<const char*>(values.data_ptr()), values.nbytes());
  }
  const std::string text = header.dump();
  const std::uint64_t length = text.size();
  std::string bytes(sizeof length, 0);
  std::memcpy(bytes.data(), &length, sizeof length);
  write_file_atomically(path, bytes + text + data);
}

std::string message(const std::function<void()>& action) {
  return message_of<Error>(action);
}

}  // namespace

TEST_CASE("weights that another program changed become a run's own, and its controllers go with them",
          "[experiments]") {
  const TemporaryFolder folder;
  const fs::path run = folder / "run";
  constexpr int kIteration = 2;
  fs::copy(fs::path(REVERIE_SOURCE_DIR) / "experiments" / "pretrained" / "take_cover", run,
           fs::copy_options::recursive);
  const auto open = [&run] { return Experiment::open(run); };
  const fs::path vae = vae_path(open().run, kIteration), mdn_rnn = mdn_rnn_path(open().run, kIteration);
  const auto loads = [&] {
    const Experiment experiment = open();
    const std::unique_ptr<WorldModel> model = load_world_model(experiment, kIteration);
    load_start_states(experiment, *model, kIteration, StartSet::train);
    return load_controller(experiment, kIteration, -1).policy.model == model_identity(experiment, kIteration);
  };
  const auto edited = [](const fs::path& path, const char* name, double value) {
    TensorFile file = read_foreign_tensor_file(path);
    file.tensors.at(name).view({-1})[0] = value;
    return file;
  };
  const auto first = [](const torch::Tensor& tensor) { return tensor.view({-1})[0].item<double>(); };

  SECTION("in place, with the metadata that it had") {
    save_as_python_does(vae, edited(vae, "dense_bias", 0.25));
    CHECK(message([&] { loads(); }).find(" (weights that another program saved") != std::string::npos);
    import_weights({run, {vae}, {}});
    CHECK(first(load_vae(open(), kIteration)->named_parameters()["dense_bias"]) == 0.25);
    CHECK(read_tensor_metadata(mdn_rnn, kMdnRnnKind).at("vae") == vae_identity(open(), kIteration));
    CHECK(loads());
  }
  SECTION("in place, without metadata, both at once") {
    for (const auto& [path, name] : {std::pair(vae, "dense_bias"), std::pair(mdn_rnn, "mixture_bias")}) {
      TensorFile file = edited(path, name, 0.5);
      file.metadata.clear();
      save_as_python_does(path, file);
    }
    CHECK(message([&] { loads(); }).find("found safetensors without our metadata") != std::string::npos);
    import_weights({run, {vae, mdn_rnn}, kIteration});
    CHECK(first(load_mdn_rnn(open(), kIteration)->named_parameters()["mixture_bias"]) == 0.5);
    CHECK(loads());
  }
  SECTION("from elsewhere, in another precision; a controller too") {
    fs::create_directory(folder / "new");
    const fs::path generation = open().run.generation(kIteration, open().run.generations(kIteration).back());
    for (const auto& [path, name] : {std::pair(mdn_rnn, "mixture_bias"), std::pair(generation, "parameters")}) {
      TensorFile file = edited(path, name, 0.125);
      for (auto& [each, tensor] : file.tensors) {
        tensor = tensor.to(torch::kFloat64);
      }
      file.metadata.clear();
      save_as_python_does(folder / "new" / path.filename(), file);
    }
    import_weights({run, {folder / "new" / generation.filename(), folder / "new" / mdn_rnn.filename()}, {}});
    CHECK(first(load_mdn_rnn(open(), kIteration)->named_parameters()["mixture_bias"]) == 0.125);
    CHECK(read_tensor_file(generation, kControllerKind).tensors.at("parameters").view({-1})[0].item<double>() == 0.125);
    CHECK(loads());
  }
  SECTION("what does not fit is refused by name, and the run stays as it was") {
    const std::string before = read_file(vae);
    fs::create_directory(folder / "new");
    const fs::path file = folder / "new" / "vae.safetensors";
    const auto refusal = [&](const std::function<void(TensorFile&)>& change) {
      TensorFile changed = read_foreign_tensor_file(vae);
      change(changed);
      save_as_python_does(file, changed);
      return message([&] { import_weights({run, {file}, {}}); });
    };
    CHECK(refusal([](TensorFile& f) {
            f.tensors.erase("dense_bias");
          }).starts_with(file.string() + ": expected a tensor 'dense_bias', found none"));
    CHECK(refusal([](TensorFile& f) {
            f.tensors["dense_bias"] = torch::zeros({3});
          }).starts_with(file.string() + ": dense_bias: expected shape "));
    CHECK(refusal([](TensorFile& f) {
            f.tensors.at("dense_bias").view({-1})[1] = std::nan("");
          }).starts_with(file.string() + ": dense_bias: expected finite values, found nan at [1]"));
    CHECK(refusal([](TensorFile& f) { f.metadata["reverie"] = "mdn_rnn/1"; }) ==
          file.string() + ": expected a file of kind vae/1, found mdn_rnn/1");
    fs::rename(file, folder / "new" / "v.safetensors");
    CHECK(message([&] {
            import_weights({run, {folder / "new" / "v.safetensors"}, {}});
          }).find("v.safetensors: expected, once each, files called as those of iteration 2 of ") != std::string::npos);
    CHECK(message([&] { import_weights({run, {vae, vae}, {}}); }).find("once each") != std::string::npos);
    CHECK(read_file(vae) == before);
    CHECK(loads());
    for (const auto& entry : fs::directory_iterator(run)) {
      CHECK_FALSE(entry.path().filename().string().starts_with(".import"));
    }
  }
}
