// libFuzzer: any bytes as a config.
#include "agent/controller.h"
#include "agent/noisy_policy.h"
#include "agent/random_policy.h"
#include "env/error.h"
#include "experiments/config/config_reader.h"

namespace {

// Sections with fields of every type: numbers, truths, choices, lists and schedules.
struct Sections {
  reverie::ControllerConfig controller;
  reverie::ExplorationConfig exploration;
  reverie::RandomPolicyConfig random;
};

std::vector<reverie::Field> fields(Sections& c) {
  return {reverie::section_field("controller", c.controller, ""),
          reverie::section_field("exploration", c.exploration, ""), reverie::section_field("random", c.random, "")};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  Sections sections;
  try {
    reverie::read_fields("config", std::string(bytes, bytes + size), {}, fields(sections), [] {});
  } catch (const reverie::Error&) {
  }
  return 0;
}
