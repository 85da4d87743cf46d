// Errors: the exception whose message users read, and checks of our own assumptions.
#pragma once

#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>

namespace reverie {

// Decides the exit code: usage and config give 2, data and other give 1.
enum class ErrorKind { usage, config, data, other };

// The exception for everything that a user or the outside world can cause. Its message is one line: what, where,
// expected, found.
class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
  ErrorKind kind() const { return kind_; }

 private:
  ErrorKind kind_;
};

// Joins its arguments with operator<<: str("expected ", 3, ", found ", x). An object and not a function, so that
// LibTorch's c10::str cannot be meant when an argument is of its types.
inline constexpr auto str = [](const auto&... parts) {
  std::ostringstream out;
  (out << ... << parts);
  return out.str();
};

// For the validate() of a config struct: throws unless low <= value <= high. NaN fails.
template <typename Value>
void check_range(const char* name, const Value& value, const Value& low, const Value& high) {
  if (!(value >= low && value <= high)) {
    throw Error(ErrorKind::config, str(name, ": expected ", low, " to ", high, ", found ", value));
  }
}

namespace detail {
template <typename Left, typename Right>
[[noreturn]] void check_failed(const char* file, int line, const char* text, const Left& left, const Right& right) {
  throw std::logic_error(str(file, ":", line, ": check failed: ", text, " (", left, " against ", right, ")"));
}
}  // namespace detail

}  // namespace reverie

// For our own mistakes, at the borders of modules and never per pixel; on in release builds too.
#define REVERIE_CHECK(left, op, right)                                                                        \
  do {                                                                                                        \
    const auto& check_left = (left);                                                                          \
    const auto& check_right = (right);                                                                        \
    if (!(check_left op check_right)) {                                                                       \
      ::reverie::detail::check_failed(__FILE__, __LINE__, #left " " #op " " #right, check_left, check_right); \
    }                                                                                                         \
  } while (false)
