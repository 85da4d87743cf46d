#include "worldmodel/data/tensor_file.h"

#include <cstdlib>
#include <cstring>
#include <set>

#include "env/error.h"
#include "env/random.h"
#include "tests/temporary_folder.h"
#include "tests/test.hpp"
#include "worldmodel/data/foreign_tensor_file.h"

using namespace reverie;

namespace {

TensorFile sample() {
  TensorFile file;
  file.tensors["bytes"] = torch::arange(7, torch::kUInt8);
  file.tensors["half"] = torch::arange(6, torch::kFloat32).div(4).to(torch::kFloat16).view({2, 3});
  file.tensors["brain"] = torch::arange(5, torch::kFloat32).div(8).to(torch::kBFloat16);
  file.tensors["single"] = torch::arange(12, torch::kFloat32).div(3).view({2, 2, 3});
  file.tensors["double"] = torch::arange(3, torch::kFloat64).div(7);
  file.tensors["long"] = torch::arange(3, torch::kInt64) - (std::int64_t{1} << 60);
  file.tensors["int"] = torch::arange(3, torch::kInt32) - 2;
  file.tensors["scalar"] = torch::tensor(2.5f);
  file.tensors["empty"] = torch::empty({0, 5}, torch::kFloat32);
  file.metadata = {
      {"config", "vae:\n  latent_size: 32\n"}, {"quotes", "\"checksum\":\"0123456789abcdef\" \\"}, {"name", "Gödel"}};
  return file;
}

std::string le64(std::uint64_t value) {
  return std::string(reinterpret_cast<const char*>(&value), 8);
}

// A safetensors file made by hand.
void write_raw(const std::filesystem::path& path, const std::string& header, const std::string& data) {
  write_plainly(path, le64(header.size()) + header + data);
}

}  // namespace

TEST_CASE("tensors of every type, scalars and empty ones come back bit for bit, with their metadata", "[worldmodel]") {
  const TemporaryFolder folder;
  const TensorFile written = sample();
  write_tensor_file(folder / "a", "test/1", written);
  const TensorFile read = read_tensor_file(folder / "a", "test/1");
  REQUIRE(read.tensors.size() == written.tensors.size());
  for (const auto& [name, tensor] : written.tensors) {
    INFO(name);
    const torch::Tensor found = read.tensors.at(name);
    CHECK(found.scalar_type() == tensor.scalar_type());
    REQUIRE(found.sizes() == tensor.sizes());
    CHECK(torch::equal(found, tensor));
  }
  CHECK(read.metadata == written.metadata);
  auto metadata = read_tensor_metadata(folder / "a", "test/1");
  CHECK(metadata.at("checksum").size() == 16);
  metadata.erase("checksum");
  CHECK(metadata == written.metadata);
}

TEST_CASE("a view is written as what it shows, not as the memory behind it", "[worldmodel]") {
  const TemporaryFolder folder;
  const torch::Tensor whole = torch::arange(12, torch::kFloat32).view({3, 4});
  TensorFile file;
  file.tensors["transposed"] = whole.t();
  file.tensors["column"] = whole.select(1, 2);
  write_tensor_file(folder / "a", "test/1", file);
  const TensorFile read = read_tensor_file(folder / "a", "test/1");
  CHECK(torch::equal(read.tensors.at("transposed"), whole.t()));
  CHECK(torch::equal(read.tensors.at("column"), whole.select(1, 2)));
}

TEST_CASE("the checksum in the metadata changes with the content", "[worldmodel]") {
  const TemporaryFolder folder;
  TensorFile file = sample();
  write_tensor_file(folder / "a", "test/1", file);
  file.tensors["int"] = file.tensors["int"] + 1;
  write_tensor_file(folder / "b", "test/1", file);
  CHECK(read_tensor_metadata(folder / "a", "test/1").at("checksum") !=
        read_tensor_metadata(folder / "b", "test/1").at("checksum"));
}

TEST_CASE("equal contents give equal files", "[worldmodel]") {
  const TemporaryFolder folder;
  write_tensor_file(folder / "a", "test/1", sample());
  write_tensor_file(folder / "b", "test/1", sample());
  CHECK(read_file(folder / "a") == read_file(folder / "b"));
}

TEST_CASE("every tensor lies aligned to its type, and the data to 8 bytes", "[worldmodel]") {
  const TemporaryFolder folder;
  write_tensor_file(folder / "a", "test/1", sample());
  const std::string bytes = read_file(folder / "a");
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), 8);
  CHECK(length % 8 == 0);
  const TensorFileHeader header = verify_tensor_file(folder / "a", "test/1");
  REQUIRE(header.tensors.size() == 9);
  for (const auto& [name, entry] : header.tensors) {
    INFO(name);
    CHECK(entry.offset % c10::elementSize(entry.dtype) == 0);
  }
}

TEST_CASE("a flipped bit anywhere is found by reading and by verifying", "[worldmodel]") {
  const TemporaryFolder folder;
  TensorFile file = sample();
  file.tensors["weights"] = torch::arange(3000, torch::kFloat32);
  write_tensor_file(folder / "a", "test/1", file);
  const std::string bytes = read_file(folder / "a");
  // The whole header bit by bit is the delicate part; then places all over the file.
  std::uint64_t header_size = 0;
  std::memcpy(&header_size, bytes.data(), 8);
  std::set<std::size_t> places;
  for (std::size_t k = 0; k < 200; ++k) {
    places.insert(k * bytes.size() / 200);
    places.insert(k * (header_size + 8) / 200);
  }
  REQUIRE(places.size() >= 300);
  int silent = 0;
  for (const std::size_t place : places) {
    std::string damaged = bytes;
    damaged[place] = static_cast<char>(damaged[place] ^ (1 << place % 8));
    write_plainly(folder / "b", damaged);
    const std::string named = (folder / "b").string() + ": ";
    silent += message_of<Error>([&] { read_tensor_file(folder / "b", "test/1"); }).starts_with(named) ? 0 : 1;
    silent += message_of<Error>([&] { verify_tensor_file(folder / "b", "test/1"); }).starts_with(named) ? 0 : 1;
  }
  CHECK(silent == 0);
}

TEST_CASE("a file cut short anywhere, or with bytes added, is found", "[worldmodel]") {
  const TemporaryFolder folder;
  write_tensor_file(folder / "a", "test/1", sample());
  const std::string bytes = read_file(folder / "a");
  int silent = 0;
  for (std::size_t k = 0; k < 200; ++k) {
    write_plainly(folder / "b", bytes.substr(0, k * bytes.size() / 200));
    silent += message_of<Error>([&] { read_tensor_file(folder / "b", "test/1"); }).starts_with((folder / "b").string())
                  ? 0
                  : 1;
  }
  CHECK(silent == 0);
  write_plainly(folder / "b", bytes + "x");
  CHECK(message_of<Error>([&] { read_tensor_file(folder / "b", "test/1"); }) ==
        str((folder / "b").string(), ": too long: expected ", bytes.size(), " bytes, found ", bytes.size() + 1));
}

TEST_CASE("a file of another kind, of another version or of another program is refused with a sentence",
          "[worldmodel]") {
  const TemporaryFolder folder;
  const std::string path = (folder / "a").string();
  write_tensor_file(path, "vae/1", sample());
  CHECK(message_of<Error>([&] { read_tensor_file(path, "mdn_rnn/1"); }) ==
        path + ": expected a file of kind mdn_rnn/1, found vae/1");
  CHECK(message_of<Error>([&] { read_tensor_metadata(path, "vae/2"); }) ==
        path + ": expected a file of kind vae/2, found vae/1 (written by another version)");
  write_raw(path, R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}})", "ab");
  const std::string hint =
      " (weights that another program saved, such as Python's safetensors: `reverie import-weights` takes them)";
  CHECK(message_of<Error>([&] { read_tensor_file(path, "vae/1"); }) ==
        path + ": not written by reverie: expected a file of kind vae/1, found safetensors without our metadata" +
            hint);
  CHECK(read_foreign_tensor_file(path).tensors.at("a").equal(torch::tensor({97, 98}, torch::kUInt8)));
  write_raw(path, R"({"__metadata__":{"reverie":"vae/1"}})", "");
  CHECK(message_of<Error>([&] { read_tensor_file(path, "vae/1"); }) ==
        path + ": damaged header, or rewritten by another program: no checksum where one belongs" + hint);
  write_plainly(path, "PK\x03\x04 and a long line of something that is not safetensors");
  CHECK(message_of<Error>([&] { read_tensor_file(path, "vae/1"); }).starts_with(path + ": not a safetensors file"));
}

TEST_CASE("each malformed header is refused by name", "[worldmodel]") {
  const TemporaryFolder folder;
  const std::string path = (folder / "a").string();
  const auto refusal = [&path] { return message_of<Error>([&path] { read_tensor_file(path, "test/1"); }); };

  // The length itself.
  for (const std::uint64_t length : {std::uint64_t{1} << 63, ~std::uint64_t{0}, std::uint64_t{100000001}}) {
    write_plainly(path, le64(length) + "{}");
    CHECK(refusal() ==
          str(path, ": not a safetensors file: expected a header of at most 16777216 bytes, found ", length));
  }
  write_plainly(path, le64(3) + "{}");
  CHECK(refusal() == path + ": not a safetensors file, or cut short: expected a header of 3 bytes, found 2");
  write_plainly(path, "1234567");
  CHECK(refusal() == path + ": not a safetensors file: expected at least 8 bytes, found 7");

  const std::string damaged = path + ": damaged header: ",
                    not_json = path + ": not a safetensors file, or damaged: its header is not JSON";
  const std::string shape_ok = R"("shape":[2],"data_offsets":[0,2])";
  struct Case {
    const char* header;
    std::string message;
  };
  const Case cases[] = {
      {"", path + ": not a safetensors file: its header does not start with '{'"},
      {"[]", path + ": not a safetensors file: its header does not start with '{'"},
      {" {}", path + ": not a safetensors file: its header does not start with '{'"},
      {"{", not_json},
      {"{}x", not_json},
      {"{\"a\":\xff}", not_json},
      {"{'a':1}", not_json},
      {R"({"a":[[[[[[]]]]]]})", damaged + "nested too deeply"},
      {R"({"__metadata__":[]})", damaged + "expected __metadata__ to map text to text"},
      {R"({"__metadata__":{"a":1}})", damaged + "metadata 'a': expected text"},
      {R"({"__metadata__":{"a":"1","a":"2"}})", damaged + "'a' appears twice"},
      {R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}})",
       damaged + "'a' appears twice"},
      {R"({"a":1})", damaged + "tensor 'a': expected dtype, shape and data_offsets"},
      {R"({"a":{"dtype":"U8","shape":[2]}})", damaged + "tensor 'a': expected dtype, shape and data_offsets"},
      {R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2],"extra":1}})",
       damaged + "tensor 'a': expected dtype, shape and data_offsets"},
      {R"({"a":{"dtype":"F8","shape":[2],"data_offsets":[0,2]}})",
       damaged + "tensor 'a': its dtype is not one of F64, I64, F32, I32, F16, BF16, U8, BOOL"},
      {R"({"a":{"dtype":8,"shape":[2],"data_offsets":[0,2]}})",
       damaged + "tensor 'a': its dtype is not one of F64, I64, F32, I32, F16, BF16, U8, BOOL"},
      {R"({"a":{"dtype":"U8","shape":2,"data_offsets":[0,2]}})",
       damaged + "tensor 'a': expected a list of sizes and two offsets"},
      {R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,1,2]}})",
       damaged + "tensor 'a': expected a list of sizes and two offsets"},
      {R"({"a":{"dtype":"U8","shape":[-2],"data_offsets":[0,2]}})", damaged + "a: expected a whole number, found -2"},
      {R"({"a":{"dtype":"U8","shape":[2.0],"data_offsets":[0,2]}})", damaged + "a: expected a whole number, found 2.0"},
      {R"({"a":{"dtype":"U8","shape":[null],"data_offsets":[0,2]}})",
       damaged + "a: expected a whole number, found null"},
      {R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,"2"]}})",
       damaged + "a: expected a whole number, found \"2\""},
      {R"({"a":{"dtype":"U8","shape":[3],"data_offsets":[0,2]}})",
       damaged + "tensor 'a': expected 3 bytes for its shape, found offsets 0 to 2"},
      {R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[2,0]}})",
       damaged + "tensor 'a': expected 2 bytes for its shape, found offsets 2 to 0"},
      {R"({"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,2]}})",
       damaged + "tensor 'a': its shape overflows"},
      {R"({"a":{"dtype":"F32","shape":[0,4611686018427387904,4],"data_offsets":[0,0]}})",
       damaged + "tensor 'a': its shape overflows"},
      {R"({"a":{"dtype":"U8","shape":[18446744073709551615],"data_offsets":[0,18446744073709551615]}})",
       damaged + "tensor 'a': its shape overflows"},
      {R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[18446744073709551614,18446744073709551615]}})",
       damaged + "tensor 'a': its offset overflows"},
  };
  for (const Case& bad : cases) {
    INFO(bad.header);
    write_raw(path, bad.header, "ab");
    CHECK(refusal() == bad.message);
  }

  const auto entry = [](const char* name, int from, int to) {
    return str("\"", name, R"(":{"dtype":"U8","shape":[)", to - from, R"(],"data_offsets":[)", from, ",", to, "]}");
  };
  write_raw(path, "{" + entry("a", 0, 2) + "," + entry("b", 1, 3) + "}", "abc");
  CHECK(refusal().starts_with(damaged + "tensors overlap at byte "));
  write_raw(path, "{" + entry("a", 0, 1) + "," + entry("b", 2, 3) + "}", "abc");
  CHECK(refusal().starts_with(damaged + "tensors leave a hole at byte "));
  write_raw(path, "{" + entry("a", 1, 3) + "}", "abc");
  CHECK(refusal().starts_with(damaged + "tensors leave a hole at byte "));
  write_raw(path, "{" + entry("a", 0, 3) + "}", "ab");
  CHECK(refusal().starts_with(path + ": cut short: expected "));
  write_raw(path, "{" + entry("a", 0, 1) + "}", "ab");
  CHECK(refusal().starts_with(path + ": too long: expected "));
}

TEST_CASE("thousands of mutated files are refused, and none does harm", "[worldmodel]") {
  const TemporaryFolder folder;
  TensorFile small;
  small.tensors["a"] = torch::arange(4, torch::kFloat32);
  small.tensors["b"] = torch::arange(4, torch::kUInt8);
  write_tensor_file(folder / "a", "test/1", small);
  const std::string bytes = read_file(folder / "a");
  Rng rng(1);
  const std::string tokens[] = {"{",  "}",   "[",    "]",    ",", "\"", ":", "0", "9", "18446744073709551615",
                                "-1", "1e9", "null", "\xff", ""};
  int silent = 0, changed = 0;
  for (int round = 0; round < 1500; ++round) {
    std::string mutated = bytes;
    for (std::uint64_t edits = 1 + rng.below(3); edits > 0; --edits) {
      const std::size_t place = static_cast<std::size_t>(rng.below(mutated.size()));
      mutated.replace(place, static_cast<std::size_t>(rng.below(3)), tokens[rng.below(std::size(tokens))]);
    }
    // Half of them with a length that fits, so that the header is looked into.
    const std::size_t data_size = 4 * 4 + 4;
    if (round % 2 == 0 && mutated.size() > 8 + data_size) {
      mutated.replace(0, 8, le64(mutated.size() - 8 - data_size));
    }
    if (mutated == bytes) {
      continue;
    }
    ++changed;
    write_plainly(folder / "b", mutated);
    silent += message_of<Error>([&] { read_tensor_file(folder / "b", "test/1"); }) == "nothing was thrown" ? 1 : 0;
  }
  CHECK(changed > 1000);
  CHECK(silent == 0);
}

TEST_CASE("a missing file is named", "[worldmodel]") {
  const TemporaryFolder folder;
  CHECK(message_of<Error>([&] {
          read_tensor_file(folder / "a", "test/1");
        }).starts_with((folder / "a").string() + ": cannot be read: "));
}

TEST_CASE("a tensor that is missing or does not fit is named with what was expected", "[worldmodel]") {
  const TensorFile file = sample();
  CHECK(take_tensor(file, "x", "single", torch::kFloat32, {2, -1, 3}).numel() == 12);
  CHECK(message_of<Error>([&] { take_tensor(file, "x", "none", torch::kFloat32, {1}); }) ==
        "x: tensor 'none' is missing");
  CHECK(message_of<Error>([&] {
          take_tensor(file, "x", "single", torch::kFloat32, {2, 2, 4});
        }) == "x: tensor 'single': expected Float [2, 2, 4], found Float [2, 2, 3]");
  CHECK(message_of<Error>([&] { take_tensor(file, "x", "bytes", torch::kFloat32, {7}); }) ==
        "x: tensor 'bytes': expected Float [7], found Byte [7]");
}

TEST_CASE("Python's safetensors reads the same values", "[worldmodel]") {
  if (std::system("python3 -c 'import safetensors.numpy' 2>/dev/null") != 0) {
    WARN("python3 has no safetensors here: not checked");
    return;
  }
  const TemporaryFolder folder;
  TensorFile file = sample();
  file.tensors.erase("brain");  // NumPy has no bfloat16
  write_tensor_file(folder / "a", "test/1", file);
  write_plainly(folder / "read.py", R"(import sys
import numpy as np
from safetensors import safe_open
from safetensors.numpy import load_file
tensors = load_file(sys.argv[1])
assert sorted(tensors) == ["bytes", "double", "empty", "half", "int", "long", "scalar", "single"], sorted(tensors)
assert np.array_equal(tensors["bytes"], np.arange(7, dtype=np.uint8))
assert np.array_equal(tensors["half"], (np.arange(6) / 4).astype(np.float16).reshape(2, 3))
assert np.array_equal(tensors["single"], (np.arange(12, dtype=np.float32) / np.float32(3)).reshape(2, 2, 3))
assert np.array_equal(tensors["double"], np.arange(3) / 7)
assert np.array_equal(tensors["long"], np.arange(3) - 2**60)
assert np.array_equal(tensors["int"], np.arange(3, dtype=np.int32) - 2)
assert tensors["scalar"].shape == () and tensors["scalar"] == 2.5
assert tensors["empty"].shape == (0, 5)
with safe_open(sys.argv[1], "numpy") as opened:
    metadata = opened.metadata()
assert metadata["reverie"] == "test/1" and metadata["name"] == "G\u00f6del", metadata
)");
  const std::string command = "python3 '" + (folder / "read.py").string() + "' '" + (folder / "a").string() + "'";
  CHECK(std::system(command.c_str()) == 0);
}

TEST_CASE("a number in metadata is digits alone, and what was found is said", "[worldmodel]") {
  const std::filesystem::path path = "run/checkpoint";
  CHECK(take_number<int>({{"epochs", "12"}}, path, "epochs") == 12);
  const auto refusal = [&](const std::string& text) {
    return message_of<Error>([&] { take_number<int>({{"epochs", text}}, path, "epochs"); });
  };
  for (const char* text : {"", "twelve", "12 ", "1e3", "99999999999999999999"}) {
    CHECK(refusal(text) == str("run/checkpoint: metadata 'epochs': expected a whole number, found '", text, "'"));
  }
  CHECK(message_of<Error>([&] { take_number<int>({}, path, "epochs"); }) ==
        "run/checkpoint: metadata 'epochs': expected a whole number, found ''");
}
