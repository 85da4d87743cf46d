#include "env/fields.h"

#include <limits>

#include "tests/test.hpp"

using namespace reverie;

namespace {

enum class Tyres { soft, hard };

struct CarConfig {
  double mass = 100;
  int doors = 4;
  std::uint64_t number = 7;
  bool wet = false;
  std::string driver = "somebody";
  Tyres tyres = Tyres::soft;
};

std::vector<Field> fields(CarConfig& c) {
  return {number_field("mass", c.mass, 1.0, 1e4, "of the car, kg"),
          number_field("doors", c.doors, 0, 8, "how many"),
          number_field("number", c.number, 0, 99, "on its roof"),
          bool_field("wet", c.wet, "whether it rains"),
          text_field("driver", c.driver, "a name"),
          choice_field("tyres", c.tyres, {"soft", "hard"}, "what they are made of")};
}

}  // namespace

TEST_CASE("a table of fields reads and writes the struct it was made of", "[env]") {
  CarConfig config;
  std::vector<Field> table = fields(config);
  REQUIRE(table.size() == 6);
  *std::get<NumberField<double>>(table[0].value).value = 3.5;
  *std::get<bool*>(table[3].value) = true;
  ChoiceField& tyres = std::get<ChoiceField>(table[5].value);
  CHECK(tyres.get() == 0);
  tyres.set(1);
  CHECK(config.mass == 3.5);
  CHECK(config.wet);
  CHECK(config.tyres == Tyres::hard);
}

TEST_CASE("numbers out of their range are refused by name", "[env]") {
  CarConfig config;
  check_fields(fields(config));
  config.doors = 9;
  CHECK_THROWS_WITH(check_fields(fields(config)), "doors: expected 0 to 8, found 9");
  config.doors = 0;
  config.mass = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH(check_fields(fields(config)), Catch::Matchers::StartsWith("mass: expected 1 to 10000, found"));
}
