// One function per config struct lists its fields, for reading and for writing:
//
//   void visit(ConfigVisitor& v, DreamConfig& c) {
//     v.field("horizon", c.horizon);
//     v.choice("end", c.end, {"never", "threshold", "sample"});
//     v.section("starts", c.starts);
//   }
//
// A field is an int, int64, uint64, float, double, bool or string, or a vector of these. A choice is an enum (or a
// vector of enums), named in the order of its values. A section is a nested struct with a visit() of its own.
//
// A struct with a validate() is validated once it is read. A visit() may decide by fields already visited which
// sections follow: those it leaves out are then unknown keys.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <variant>
#include <vector>

namespace reverie {

struct ConfigChoice {
  std::vector<std::string> names;
  std::size_t index = 0;
};

using ConfigScalar =
    std::variant<int*, std::int64_t*, std::uint64_t*, float*, double*, bool*, std::string*, ConfigChoice*>;

class ConfigVisitor {
 public:
  virtual ~ConfigVisitor() = default;

  template <typename Value>
  void field(const std::string& name, Value& value) {
    scalar(name, &value);
  }

  template <typename Value>
  void field(const std::string& name, std::vector<Value>& values) {
    values.resize(begin_list(name, values.size()));
    for (Value& value : values) {
      element(&value);
    }
    end_list();
  }

  template <typename Enum>
  void choice(const std::string& name, Enum& value, const std::vector<std::string>& names) {
    ConfigChoice choice{names, static_cast<std::size_t>(value)};
    scalar(name, &choice);
    value = static_cast<Enum>(choice.index);
  }

  template <typename Enum>
  void choice(const std::string& name, std::vector<Enum>& values, const std::vector<std::string>& names) {
    values.resize(begin_list(name, values.size()));
    for (Enum& value : values) {
      ConfigChoice choice{names, static_cast<std::size_t>(value)};
      element(&choice);
      value = static_cast<Enum>(choice.index);
    }
    end_list();
  }

  template <typename Config>
  void section(const std::string& name, Config& config) {
    begin_section(name);
    contents(config);
    end_section();
  }

  // What section() does between its begin and its end; for the outermost struct.
  template <typename Config>
  void contents(Config& config) {
    visit(*this, config);
    if constexpr (requires { config.validate(); }) {
      check([&config] { config.validate(); });
    }
  }

 protected:
  virtual void scalar(const std::string& name, ConfigScalar value) = 0;
  virtual std::size_t begin_list(const std::string& name, std::size_t size) = 0;  // returns the size it shall have
  virtual void element(ConfigScalar value) = 0;
  virtual void end_list() = 0;
  virtual void begin_section(const std::string& name) = 0;
  virtual void end_section() = 0;
  virtual void check(const std::function<void()>& validate) = 0;
};

}  // namespace reverie
