// Named tensors on disk: checkpoints, weights, episodes.
//
// The format is safetensors (github.com/huggingface/safetensors): 8 bytes of length, a JSON header, then the tensors
// with no holes. Python's `safetensors` reads these files. Ours add to the header's metadata what the file is
// ("reverie": "weights/1": kind, version) and "checksum": XXH3-64, in 16 hex digits, of the whole file with these
// digits as zeros. The widest types come first and the header is padded, so each tensor lies aligned to its own type.
#pragma once

#include <torch/torch.h>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "env/atomic_file.h"
#include "env/error.h"

namespace reverie {

struct TensorFile {
  std::map<std::string, torch::Tensor> tensors;  // float64, float32, float16, bfloat16, int64, int32, uint8 or bool
  std::map<std::string, std::string> metadata;   // UTF-8; the names "reverie" and "checksum" are taken
};

// Where a tensor lies in its file.
struct TensorEntry {
  torch::ScalarType dtype = torch::kFloat32;
  std::vector<std::int64_t> shape;
  std::uint64_t offset = 0, size = 0;  // bytes, from the start of the file
};

struct TensorFileHeader {
  std::map<std::string, TensorEntry> tensors;
  std::map<std::string, std::string> metadata;
};

// Whole or not at all. kind: "weights/1"; the reader must ask for the same.
void write_tensor_file(const std::filesystem::path& path, const std::string& kind, const TensorFile& file);

// The bytes that it writes.
std::vector<std::byte> tensor_file_bytes(const std::string& kind, const TensorFile& file);

// Throws Error (kind data) naming the file if it is missing, is not safetensors, was not written by write_tensor_file,
// is of another kind or version, or has changed by so much as a bit since.
TensorFile read_tensor_file(const std::filesystem::path& path, const std::string& kind);

// The same checks, in memory that does not grow with the file.
TensorFileHeader verify_tensor_file(const std::filesystem::path& path, const std::string& kind);

// The header alone, so that the tensors are known before memory is made for them. Metadata has "checksum", which
// identifies the content. Checks the header's form, the kind, and that the file is as long as the header says. Does not
// read the rest, so damage elsewhere, or of a value in the header, goes unseen.
TensorFileHeader read_tensor_header(const std::filesystem::path& path, const std::string& kind);
std::map<std::string, std::string> read_tensor_metadata(const std::filesystem::path& path, const std::string& kind);

// The value of `key`. Error (kind data) naming `path` where it is missing.
std::string take_metadata(const std::map<std::string, std::string>& metadata, const std::filesystem::path& path,
                          const std::string& key);

// The whole number that `key` holds, digits and nothing else. Error (kind data) naming `path`, the key and what was
// found where it is missing, no such number, or too large for Number.
template <typename Number>
Number take_number(const std::map<std::string, std::string>& metadata, const std::filesystem::path& path,
                   const std::string& key) {
  const auto found = metadata.find(key);
  const std::string text = found == metadata.end() ? "" : found->second;
  Number value{};
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || stop != text.data() + text.size()) {
    throw Error(ErrorKind::data,
                str(path.string(), ": metadata '", key, "': expected a whole number, found '", text, "'"));
  }
  return value;
}

// The tensor called `name`. Error (kind data) naming `path` where it is missing or of another type or shape; -1 in
// `shape` stands for any size.
torch::Tensor take_tensor(const TensorFile& file, const std::filesystem::path& path, const std::string& name,
                          torch::ScalarType dtype, const std::vector<std::int64_t>& shape);

// Error (kind data) naming `path`, the value and its place, as in "rewards: expected finite values, found nan at [17]",
// where one is NaN or infinite. tensor: of any type of floating point.
void check_finite(const torch::Tensor& tensor, const std::filesystem::path& path, const std::string& name);

}  // namespace reverie
