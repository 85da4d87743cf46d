#include "worldmodel/data/tensor_file.h"

#include <xxhash.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "env/error.h"
#include "worldmodel/data/foreign_tensor_file.h"

namespace reverie {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint64_t kMaxHeader = 16 << 20;
constexpr std::uint64_t kMaxExtent = std::uint64_t{1} << 62;
constexpr std::size_t kLengthSize = 8;
constexpr const char* kChecksumStart = "\"checksum\":\"";
constexpr const char* kNoChecksum = "0000000000000000";
constexpr std::size_t kChecksumSize = 16;
constexpr const char* kFromElsewhere =
    " (weights that another program saved, such as Python's safetensors: `reverie import-weights` takes them)";

struct TypeName {
  const char* name;
  torch::ScalarType dtype;
  std::uint64_t size;
};
constexpr TypeName kTypes[] = {
    // widest first: the order in a file
    {"F64", torch::kFloat64, 8}, {"I64", torch::kInt64, 8},     {"F32", torch::kFloat32, 4}, {"I32", torch::kInt32, 4},
    {"F16", torch::kFloat16, 2}, {"BF16", torch::kBFloat16, 2}, {"U8", torch::kUInt8, 1},    {"BOOL", torch::kBool, 1},
};

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& what) {
  throw Error(ErrorKind::data, str(path.string(), ": ", what));
}

class Hash {
 public:
  Hash() : state_(XXH3_createState(), &XXH3_freeState) { XXH3_64bits_reset(state_.get()); }
  void add(const void* bytes, std::size_t size) { XXH3_64bits_update(state_.get(), bytes, size); }
  std::string digits() const {
    char text[kChecksumSize + 1];
    std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(XXH3_64bits_digest(state_.get())));
    return text;
  }

 private:
  std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state_;
};

// A file's header as it stands: the length and the JSON text, padding included.
struct RawHeader {
  std::string bytes;            // the length's 8 bytes first
  std::uint64_t data_size = 0;  // what follows

  std::string text() const { return bytes.substr(kLengthSize); }
};

RawHeader read_raw_header(const FileDescriptor& file, const std::filesystem::path& path) {
  const std::uint64_t file_size = size_of(file, path);
  if (file_size < kLengthSize) {
    fail(path, str("not a safetensors file: expected at least ", kLengthSize, " bytes, found ", file_size));
  }
  std::uint64_t length = 0;  // little-endian, as this machine
  read_exactly(file, path, 0, std::as_writable_bytes(std::span(&length, 1)));
  if (length > kMaxHeader) {
    fail(path, str("not a safetensors file: expected a header of at most ", kMaxHeader, " bytes, found ", length));
  }
  if (length > file_size - kLengthSize) {
    fail(path, str("not a safetensors file, or cut short: expected a header of ", length, " bytes, found ",
                   file_size - kLengthSize));
  }
  RawHeader header;
  header.bytes.resize(kLengthSize + length);
  header.data_size = file_size - header.bytes.size();
  read_exactly(file, path, 0, std::as_writable_bytes(std::span(header.bytes)));
  return header;
}

// Parses JSON and refuses keys that appear twice and more nesting than a header needs.
Json parse_json(const std::string& text, const std::filesystem::path& path) {
  std::vector<std::set<std::string>> keys;
  const auto check = [&](int depth, Json::parse_event_t event, Json& parsed) {
    if (depth > 4) {
      fail(path, "damaged header: nested too deeply");
    }
    if (event == Json::parse_event_t::object_start) {
      keys.emplace_back();
    } else if (event == Json::parse_event_t::object_end) {
      keys.pop_back();
    } else if (event == Json::parse_event_t::key && !keys.back().insert(parsed.get<std::string>()).second) {
      fail(path, str("damaged header: '", parsed.get<std::string>(), "' appears twice"));
    }
    return true;
  };
  try {
    return Json::parse(text, check);
  } catch (const Json::exception&) {
    fail(path, "not a safetensors file, or damaged: its header is not JSON");
  }
}

std::uint64_t to_unsigned(const Json& value, const std::filesystem::path& path, const std::string& what) {
  if (!value.is_number_unsigned()) {
    fail(path, str("damaged header: ", what, ": expected a whole number, found ",
                   value.dump(-1, ' ', true, Json::error_handler_t::replace)));
  }
  return value.get<std::uint64_t>();
}

TensorEntry parse_entry(const Json& info, const std::filesystem::path& path, const std::string& name,
                        std::uint64_t data_start) {
  const auto damaged = [&](const std::string& what) { fail(path, str("damaged header: tensor '", name, "': ", what)); };
  if (!info.is_object() || info.size() != 3 || !info.contains("dtype") || !info.contains("shape") ||
      !info.contains("data_offsets")) {
    damaged("expected dtype, shape and data_offsets");
  }
  const TypeName* type =
      std::find_if(std::begin(kTypes), std::end(kTypes), [&](const TypeName& t) { return info["dtype"] == t.name; });
  if (type == std::end(kTypes)) {
    damaged("its dtype is not one of F64, I64, F32, I32, F16, BF16, U8, BOOL");
  }
  const Json& offsets = info["data_offsets"];
  if (!info["shape"].is_array() || !offsets.is_array() || offsets.size() != 2) {
    damaged("expected a list of sizes and two offsets");
  }
  TensorEntry entry;
  entry.dtype = type->dtype;
  std::uint64_t extent = type->size;
  bool empty = false;
  for (const Json& side_value : info["shape"]) {
    const std::uint64_t side = to_unsigned(side_value, path, name);
    // An empty tensor's other sides must not overflow either.
    if (__builtin_mul_overflow(extent, std::max<std::uint64_t>(side, 1), &extent) || extent > kMaxExtent) {
      damaged("its shape overflows");
    }
    empty = empty || side == 0;
    entry.shape.push_back(static_cast<std::int64_t>(side));
  }
  const std::uint64_t bytes = empty ? 0 : extent;
  const std::uint64_t begin = to_unsigned(offsets[0], path, name), end = to_unsigned(offsets[1], path, name);
  if (begin > end || end - begin != bytes) {
    damaged(str("expected ", bytes, " bytes for its shape, found offsets ", begin, " to ", end));
  }
  if (__builtin_add_overflow(data_start, begin, &entry.offset)) {
    damaged("its offset overflows");
  }
  entry.size = bytes;
  return entry;
}

TensorFileHeader parse_header(const RawHeader& raw, const std::filesystem::path& path) {
  if (raw.bytes.size() <= kLengthSize || raw.bytes[kLengthSize] != '{') {
    fail(path, "not a safetensors file: its header does not start with '{'");
  }
  const Json json = parse_json(raw.text(), path);
  TensorFileHeader header;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges;
  for (const auto& [name, value] : json.items()) {
    if (name != "__metadata__") {
      const TensorEntry entry = parse_entry(value, path, name, raw.bytes.size());
      ranges.emplace_back(entry.offset, entry.size);
      header.tensors.emplace(name, entry);
      continue;
    }
    if (!value.is_object()) {
      fail(path, "damaged header: expected __metadata__ to map text to text");
    }
    for (const auto& [key, text] : value.items()) {
      if (!text.is_string()) {
        fail(path, str("damaged header: metadata '", key, "': expected text"));
      }
      header.metadata[key] = text.get<std::string>();
    }
  }
  std::sort(ranges.begin(), ranges.end());
  std::uint64_t position = raw.bytes.size();
  for (const auto& [offset, size] : ranges) {
    if (offset != position) {
      fail(path, str("damaged header: tensors ", offset < position ? "overlap" : "leave a hole", " at byte ",
                     std::min(offset, position)));
    }
    if (__builtin_add_overflow(position, size, &position)) {
      fail(path, "damaged header: offsets overflow");
    }
  }
  const std::uint64_t file_size = raw.bytes.size() + raw.data_size;
  if (position != file_size) {
    fail(path,
         str(position > file_size ? "cut short" : "too long", ": expected ", position, " bytes, found ", file_size));
  }
  return header;
}

void check_kind(const TensorFileHeader& header, const std::filesystem::path& path, const std::string& kind) {
  const auto found = header.metadata.find("reverie");
  if (found == header.metadata.end()) {
    fail(path, str("not written by reverie: expected a file of kind ", kind, ", found safetensors without our metadata",
                   kFromElsewhere));
  }
  if (found->second != kind) {
    const bool same = found->second.substr(0, found->second.find('/')) == kind.substr(0, kind.find('/'));
    fail(path,
         str("expected a file of kind ", kind, ", found ", found->second, same ? " (written by another version)" : ""));
  }
}

// Where the checksum's digits stand in the header's bytes. Quotes inside JSON text are escaped, so only a key matches.
std::size_t find_checksum(const RawHeader& raw, const std::filesystem::path& path) {
  const std::size_t start = raw.bytes.find(kChecksumStart, kLengthSize);
  const std::size_t digits = start + std::strlen(kChecksumStart);
  if (start == std::string::npos || raw.bytes.find(kChecksumStart, digits) != std::string::npos ||
      digits + kChecksumSize >= raw.bytes.size() || raw.bytes[digits + kChecksumSize] != '"') {
    fail(path, str("damaged header, or rewritten by another program: no checksum where one belongs", kFromElsewhere));
  }
  return digits;
}

// Reads a whole file once, from front to back, and checks it on the way.
class CheckedReader {
 public:
  CheckedReader(const std::filesystem::path& path, const std::string& kind)
      : path_(path), file_(open_to_read(path)), raw_(read_raw_header(file_, path)), header_(parse_header(raw_, path)) {
    check_kind(header_, path, kind);
    const std::size_t digits = find_checksum(raw_, path);
    checksum_ = raw_.bytes.substr(digits, kChecksumSize);
    raw_.bytes.replace(digits, kChecksumSize, kNoChecksum);
    hash_.add(raw_.bytes.data(), raw_.bytes.size());
  }

  const TensorFileHeader& header() const { return header_; }

  // The next bytes of the file, in order.
  void read_next(std::span<std::byte> bytes) {
    read_exactly(file_, path_, raw_.bytes.size() + position_, bytes);
    hash_.add(bytes.data(), bytes.size());
    position_ += bytes.size();
  }

  std::uint64_t data_size() const { return raw_.data_size; }

  void check_checksum() const {
    REVERIE_CHECK(position_, ==, raw_.data_size);
    if (hash_.digits() != checksum_) {
      fail(path_, str("damaged: its checksum is ", checksum_, ", its content gives ", hash_.digits(), kFromElsewhere));
    }
  }

 private:
  std::filesystem::path path_;
  FileDescriptor file_;
  RawHeader raw_;
  TensorFileHeader header_;
  std::string checksum_;
  Hash hash_;
  std::uint64_t position_ = 0;
};

}  // namespace

std::vector<std::byte> tensor_file_bytes(const std::string& kind, const TensorFile& file) {
  Json json = Json::object();
  Json& metadata = json["__metadata__"] = Json::object();
  metadata["reverie"] = kind;
  metadata["checksum"] = kNoChecksum;
  for (const auto& [key, text] : file.metadata) {
    REVERIE_CHECK(metadata.count(key), ==, 0u);
    metadata[key] = text;
  }
  std::vector<torch::Tensor> ordered;
  std::uint64_t data_size = 0;
  for (const TypeName& type : kTypes) {
    for (const auto& [name, tensor] : file.tensors) {
      if (tensor.scalar_type() == type.dtype) {
        REVERIE_CHECK(name, !=, "__metadata__");
        ordered.push_back(tensor.detach().to(torch::kCPU).contiguous());
        const std::uint64_t end = data_size + ordered.back().nbytes();
        json[name] = {{"dtype", type.name}, {"shape", tensor.sizes().vec()}, {"data_offsets", {data_size, end}}};
        data_size = end;
      }
    }
  }
  REVERIE_CHECK(ordered.size(), ==, file.tensors.size());

  std::string text = json.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  REVERIE_CHECK(text.size(), <=, kMaxHeader);
  const std::uint64_t length = text.size();
  std::vector<std::byte> bytes(kLengthSize + text.size() + data_size);
  std::memcpy(bytes.data(), &length, kLengthSize);
  std::memcpy(bytes.data() + kLengthSize, text.data(), text.size());
  std::byte* next = bytes.data() + kLengthSize + text.size();
  for (const torch::Tensor& tensor : ordered) {
    if (tensor.nbytes() > 0) {
      std::memcpy(next, tensor.data_ptr(), tensor.nbytes());
      next += tensor.nbytes();
    }
  }
  Hash hash;
  hash.add(bytes.data(), bytes.size());
  const std::size_t digits = kLengthSize + text.find(kChecksumStart) + std::strlen(kChecksumStart);
  std::memcpy(bytes.data() + digits, hash.digits().data(), kChecksumSize);
  return bytes;
}

void write_tensor_file(const std::filesystem::path& path, const std::string& kind, const TensorFile& file) {
  write_file_atomically(path, tensor_file_bytes(kind, file));
}

TensorFile read_foreign_tensor_file(const std::filesystem::path& path) {
  const FileDescriptor file = open_to_read(path);
  const TensorFileHeader header = parse_header(read_raw_header(file, path), path);
  TensorFile read;
  read.metadata = header.metadata;
  for (const auto& [name, entry] : header.tensors) {
    const torch::Tensor tensor = torch::empty(entry.shape, entry.dtype);
    read_exactly(file, path, entry.offset, {static_cast<std::byte*>(tensor.data_ptr()), entry.size});
    read.tensors[name] = tensor;
  }
  return read;
}

TensorFile read_tensor_file(const std::filesystem::path& path, const std::string& kind) {
  CheckedReader reader(path, kind);
  std::vector<std::pair<std::uint64_t, std::string>> in_order;
  for (const auto& [name, entry] : reader.header().tensors) {
    in_order.emplace_back(entry.offset, name);
  }
  // Empty tensors share their offset with the next one and read nothing, so ties do not matter.
  std::sort(in_order.begin(), in_order.end());
  TensorFile file;
  for (const auto& [offset, name] : in_order) {
    const TensorEntry& entry = reader.header().tensors.at(name);
    const torch::Tensor tensor = torch::empty(entry.shape, entry.dtype);
    reader.read_next({static_cast<std::byte*>(tensor.data_ptr()), entry.size});
    file.tensors[name] = tensor;
  }
  reader.check_checksum();
  file.metadata = reader.header().metadata;
  file.metadata.erase("reverie");
  file.metadata.erase("checksum");
  return file;
}

TensorFileHeader verify_tensor_file(const std::filesystem::path& path, const std::string& kind) {
  CheckedReader reader(path, kind);
  std::vector<std::byte> chunk(1 << 20);
  for (std::uint64_t left = reader.data_size(); left > 0;) {
    const std::uint64_t size = std::min<std::uint64_t>(left, chunk.size());
    reader.read_next(std::span(chunk).first(size));
    left -= size;
  }
  reader.check_checksum();
  return reader.header();
}

TensorFileHeader read_tensor_header(const std::filesystem::path& path, const std::string& kind) {
  const FileDescriptor file = open_to_read(path);
  TensorFileHeader header = parse_header(read_raw_header(file, path), path);
  check_kind(header, path, kind);
  header.metadata.erase("reverie");
  return header;
}

std::map<std::string, std::string> read_tensor_metadata(const std::filesystem::path& path, const std::string& kind) {
  return read_tensor_header(path, kind).metadata;
}

std::string take_metadata(const std::map<std::string, std::string>& metadata, const std::filesystem::path& path,
                          const std::string& key) {
  const auto found = metadata.find(key);
  if (found == metadata.end()) {
    throw Error(ErrorKind::data, str(path.string(), ": expected metadata '", key, "', found none"));
  }
  return found->second;
}

torch::Tensor take_tensor(const TensorFile& file, const std::filesystem::path& path, const std::string& name,
                          torch::ScalarType dtype, const std::vector<std::int64_t>& shape) {
  const auto found = file.tensors.find(name);
  if (found == file.tensors.end()) {
    fail(path, str("tensor '", name, "' is missing"));
  }
  const torch::Tensor& tensor = found->second;
  bool fits = tensor.scalar_type() == dtype && tensor.dim() == static_cast<std::int64_t>(shape.size());
  for (std::size_t axis = 0; fits && axis < shape.size(); ++axis) {
    fits = shape[axis] < 0 || shape[axis] == tensor.size(static_cast<std::int64_t>(axis));
  }
  if (!fits) {
    fail(path, str("tensor '", name, "': expected ", dtype, " ", c10::IntArrayRef(shape), ", found ",
                   tensor.scalar_type(), " ", tensor.sizes()));
  }
  return tensor;
}

void check_finite(const torch::Tensor& tensor, const std::filesystem::path& path, const std::string& name) {
  torch::NoGradGuard no_grad;
  const torch::Tensor values =
      tensor.to(torch::kFloat32);  // a float64 value that is too large for float32 is refused too
  const torch::Tensor finite = values.isfinite();
  if (!finite.all().item<bool>()) {
    const torch::Tensor place = finite.logical_not().nonzero()[0].contiguous();
    const torch::Tensor value = values.masked_select(finite.logical_not())[0];
    fail(path, str(name, ": expected finite values, found ", value.item<float>(), " at ",
                   c10::IntArrayRef(place.data_ptr<std::int64_t>(), static_cast<std::size_t>(place.numel()))));
  }
}

}  // namespace reverie
