// As much of protobuf's wire format as event files need: a message is a row of fields, each with its number.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace reverie {

static_assert(std::endian::native == std::endian::little, "numbers are stored as they lie in memory");

// A number's bytes, little-endian, and back; take_raw() reads the first of at least so many.
template <typename Number>
std::string raw(Number number) {
  return {reinterpret_cast<const char*>(&number), sizeof number};
}

template <typename Number>
Number take_raw(std::string_view bytes) {
  Number number;
  std::copy_n(bytes.data(), sizeof number, reinterpret_cast<char*>(&number));
  return number;
}

enum WireType { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

// A protobuf message being written, field by field.
class MessageWriter {
 public:
  void integer(int field, std::int64_t value) {
    key(field, kVarint);
    varint(static_cast<std::uint64_t>(value));
  }
  void real(int field, double value) {
    key(field, kFixed64);
    bytes_ += raw(value);
  }
  void real(int field, float value) {
    key(field, kFixed32);
    bytes_ += raw(value);
  }
  void bytes(int field, std::string_view value) {
    key(field, kBytes);
    varint(value.size());
    bytes_ += value;
  }
  void reals(int field, const std::vector<double>& values) {
    bytes(field, {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(double)});
  }
  const std::string& done() const { return bytes_; }

 private:
  void key(int field, WireType type) { varint(static_cast<std::uint64_t>(field) << 3 | type); }
  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) {
      bytes_ += static_cast<char>(value | 0x80);
    }
    bytes_ += static_cast<char>(value);
  }

  std::string bytes_;
};

// Reads a message field by field. The caller reports what does not parse.
class MessageReader {
 public:
  struct Malformed {};

  explicit MessageReader(std::string_view bytes) : rest_(bytes) {}

  // The next field, or false at the end.
  bool next() {
    if (rest_.empty()) {
      return false;
    }
    const std::uint64_t key = varint();
    field_ = static_cast<int>(key >> 3);
    type_ = static_cast<int>(key & 7);
    switch (type_) {
      case kVarint:
        integer_ = varint();
        break;
      case kFixed64:
        bytes_ = take(8);
        break;
      case kFixed32:
        bytes_ = take(4);
        break;
      case kBytes:
        bytes_ = take(varint());
        break;
      default:
        throw Malformed();
    }
    return true;
  }
  int field() const { return field_; }
  std::int64_t integer() const { return static_cast<std::int64_t>(of(kVarint, integer_)); }
  double real() const { return take_raw<double>(of(kFixed64, bytes_)); }
  float real32() const { return take_raw<float>(of(kFixed32, bytes_)); }
  std::string_view bytes() const { return of(kBytes, bytes_); }
  std::vector<double> reals() const {
    std::vector<double> values(bytes().size() / sizeof(double));
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = take_raw<double>(bytes_.substr(i * sizeof(double)));
    }
    return values;
  }

 private:
  template <typename Value>
  const Value& of(WireType type, const Value& value) const {
    return type_ == type ? value : throw Malformed();
  }
  std::string_view take(std::uint64_t size) {
    if (size > rest_.size()) {
      throw Malformed();
    }
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const auto byte = static_cast<std::uint8_t>(take(1)[0]);
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) {
        return value;
      }
    }
    throw Malformed();
  }

  std::string_view rest_, bytes_;
  std::uint64_t integer_ = 0;
  int field_ = 0, type_ = 0;
};

}  // namespace reverie
