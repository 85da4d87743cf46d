// Bytes between processes: numbers, texts and arrays, one after another. Both ends run the same program on the same
// kind of processor, so numbers travel as they lie in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "env/error.h"

namespace reverie {

using Bytes = std::vector<std::byte>;

class MessageWriter {
 public:
  template <typename Value>
  void put(const Value& value) {
    static_assert(std::is_arithmetic_v<Value> || std::is_enum_v<Value>);
    append(std::as_bytes(std::span(&value, 1)));
  }
  // How many there are, then the numbers.
  template <typename Value>
  void put_numbers(std::span<const Value> numbers) {
    put(static_cast<std::uint64_t>(numbers.size()));
    append(std::as_bytes(numbers));
  }
  void put_text(std::string_view text) { put_numbers(std::span(text)); }

  void reserve(std::size_t bytes) { bytes_.reserve(bytes_.size() + bytes); }  // that will be put
  Bytes take() { return std::move(bytes_); }

 private:
  void append(std::span<const std::byte> bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }

  Bytes bytes_;
};

// Reads what a MessageWriter wrote. Each function throws Error (kind data) that names the sender where the message does
// not hold what is asked for: no size in it is believed before it is compared with the bytes that are there.
class MessageReader {
 public:
  // bytes: must outlive it. sender: for errors.
  MessageReader(std::span<const std::byte> bytes, std::string sender) : rest_(bytes), sender_(std::move(sender)) {}

  template <typename Value>
  Value take() {
    static_assert(std::is_arithmetic_v<Value> || std::is_enum_v<Value>);
    Value value;
    std::memcpy(&value, next(sizeof value).data(), sizeof value);
    return value;
  }
  // A whole number that must lie in a range.
  template <typename Value>
  Value take_within(const char* what, Value low, Value high) {
    const Value value = take<Value>();
    if (value < low || value > high) {
      fail(str(what, ": expected ", low, " to ", high, ", found ", value));
    }
    return value;
  }
  template <typename Value>
  std::vector<Value> take_numbers() {
    const std::span<const std::byte> bytes = next_array(sizeof(Value));
    std::vector<Value> numbers(bytes.size() / sizeof(Value));
    if (!bytes.empty()) {
      std::memcpy(numbers.data(), bytes.data(), bytes.size());
    }
    return numbers;
  }
  // Exactly as many as fit.
  template <typename Value>
  void copy_numbers(std::span<Value> into) {
    const std::span<const std::byte> bytes = next_array(sizeof(Value));
    if (bytes.size() != into.size_bytes()) {
      fail(str("expected ", into.size(), " numbers, found ", bytes.size() / sizeof(Value)));
    }
    if (!bytes.empty()) {
      std::memcpy(into.data(), bytes.data(), bytes.size());
    }
  }
  std::string take_text() {
    const std::span<const std::byte> bytes = next_array(1);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  // An array of bytes, where it lies.
  std::span<const std::byte> take_bytes() { return next_array(1); }

  const std::string& sender() const { return sender_; }
  std::size_t left() const { return rest_.size(); }
  void expect_end() const {
    if (!rest_.empty()) {
      fail(str("expected its end, found ", rest_.size(), " more bytes"));
    }
  }
  [[noreturn]] void fail(const std::string& what) const {
    throw Error(ErrorKind::data, str("a message from ", sender_, ": ", what));
  }

 private:
  std::span<const std::byte> next(std::size_t size) {
    if (size > rest_.size()) {
      fail(str("expected ", size, " more bytes, found ", rest_.size()));
    }
    const std::span<const std::byte> bytes = rest_.first(size);
    rest_ = rest_.subspan(size);
    return bytes;
  }
  std::span<const std::byte> next_array(std::size_t size_of_one) {
    const auto count = take<std::uint64_t>();
    if (count > rest_.size() / size_of_one) {
      fail(str("expected ", count, " values of ", size_of_one, " bytes, found ", rest_.size(), " bytes"));
    }
    return next(static_cast<std::size_t>(count) * size_of_one);
  }

  std::span<const std::byte> rest_;
  std::string sender_;
};

}  // namespace reverie
