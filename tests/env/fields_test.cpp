#include "env/fields.h"

#include <limits>

#include "tests/test.hpp"

using namespace reverie;

namespace {

enum class Tyres { soft, hard };

struct EngineConfig {
  double power = 90;
};

std::vector<Field> fields(EngineConfig& c) {
  return {number_field("power", c.power, 1.0, 1000.0, "kW")};
}

struct CarConfig {
  double mass = 100;
  int doors = 4;
  std::uint64_t number = 7;
  bool wet = false;
  std::string driver = "somebody";
  Tyres tyres = Tyres::soft;
  std::vector<float> gears = {0.5f, 1.0f};
  Schedule<double> fuel = 50.0;
  EngineConfig engine;

  void validate() const {
    check_ranges(*this);
    if (wet && tyres == Tyres::hard) {
      throw Error(ErrorKind::config, "tyres: expected soft where it rains");
    }
  }
};

std::vector<Field> fields(CarConfig& c) {
  return {number_field("mass", c.mass, 1.0, 1e4, "of the car, kg"),
          number_field("doors", c.doors, 0, 8, "how many"),
          number_field("number", c.number, 0, 99, "on its roof"),
          bool_field("wet", c.wet, "whether it rains"),
          text_field("driver", c.driver, "a name"),
          choice_field("tyres", c.tyres, {"soft", "hard"}, "what they are made of"),
          number_field("gears", c.gears, 0.1f, 10.0f, "ratio of each", 2),
          number_field("fuel", c.fuel, 0.0, 100.0, "litres in each iteration"),
          section_field("engine", c.engine, "what drives it")};
}

std::string fault_of(const CarConfig& config) {
  try {
    check_config(config);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a table of fields reads and writes the struct it was made of", "[env]") {
  CarConfig config;
  const std::vector<Field> table = fields(config);
  REQUIRE(table.size() == 9);
  const auto scalar = [&table](std::size_t index) { return std::get<Scalar>(table[index].value); };
  *std::get<NumberField<double>>(scalar(0)).value = 3.5;
  *std::get<bool*>(scalar(3)) = true;
  const ChoiceField tyres = std::get<ChoiceField>(scalar(5));
  CHECK(tyres.get() == 0);
  tyres.set(1);
  CHECK(config.mass == 3.5);
  CHECK(config.wet);
  CHECK(config.tyres == Tyres::hard);
  const ListField gears = std::get<ListField>(table[6].value);
  gears.resize(3);
  *std::get<NumberField<float>>(gears.at(2)).value = 2.0f;
  CHECK(config.gears == std::vector<float>{0.5f, 1.0f, 2.0f});
}

TEST_CASE("what is out of its range is refused by its name", "[env]") {
  CarConfig config;
  CHECK(fault_of(config).empty());
  config.doors = 9;
  CHECK(fault_of(config) == "doors: expected 0 to 8, found 9");
  config.doors = 0;
  config.mass = std::numeric_limits<double>::quiet_NaN();
  CHECK(fault_of(config).rfind("mass: expected 1 to 10000, found", 0) == 0);
  config = {};
  config.gears = {1.0f, 11.0f};
  CHECK(fault_of(config) == "gears[1]: expected 0.1 to 10, found 11");
  config.gears = {1.0f};
  CHECK(fault_of(config) == "gears: expected 2 values, found 1");
  config = {};
  config.fuel = {50.0, 101.0};
  CHECK(fault_of(config) == "fuel[1]: expected 0 to 100, found 101");
  config.fuel.values().clear();
  CHECK(fault_of(config) == "fuel: expected at least one value, found none");
  config = {};
  config.engine.power = 0;
  CHECK(fault_of(config) == "engine.power: expected 1 to 1000, found 0");
  config = {};
  config.wet = true;
  config.tyres = Tyres::hard;
  CHECK(fault_of(config) == "tyres: expected soft where it rains");
}

TEST_CASE("a schedule of several values is read by its iteration alone", "[env]") {
  CarConfig config;
  CHECK(config.fuel == 50.0);
  config.fuel = {50.0, 20.0};
  CHECK_THROWS_AS(config.fuel == 50.0, std::logic_error);
  CHECK(config.fuel.at(0) == 50.0);
  CHECK(config.fuel.at(1) == 20.0);
  CHECK(config.fuel.at(kLastIteration) == 20.0);
  CHECK_THROWS_AS(config.fuel.at(-1), std::logic_error);
  CarConfig second = config;
  resolve_fields(fields(second), 1);
  CHECK(second.fuel == 20.0);
  CHECK(config.fuel.values().size() == 2);
}
