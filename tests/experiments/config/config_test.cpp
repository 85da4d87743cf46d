#include "experiments/config/config.h"

#include "env/error.h"
#include "tests/temporary_folder.h"
#include "tests/test.hpp"

using namespace reverie;

namespace {

ExperimentConfig smoke_with(const std::string& override) {
  return load_config(std::filesystem::path(REVERIE_SOURCE_DIR) / "configs" / "smoke.yaml", {{override}});
}

}  // namespace

TEST_CASE("an amount for each iteration: the last one is repeated", "[experiments]") {
  const CollectConfig collect = smoke_with("collect.exploration.noisy_share=[0.8, 0.4]").collect;
  CHECK(collect.exploration_at(0).noisy_share == 0.8);
  CHECK(collect.exploration_at(1).noisy_share == 0.4);
  CHECK(collect.exploration_at(7).noisy_share == 0.4);
  CHECK(collect.exploration_at(7).noise_rate == collect.exploration.noise_rate);
}

TEST_CASE("a policy gradient's noise and discount are those of the iteration", "[experiments]") {
  PolicyGradientConfig config;
  config.ppo.steps = 5;
  config.discount = {0.9, 0.5};
  config.noise = {0.5, 0.25, 0.125};
  CHECK(config.at(0).discount == 0.9);
  CHECK(config.at(1).discount == 0.5);
  CHECK(config.at(1).noise == 0.25);
  CHECK(config.at(1).noise_end == 0.4);
  CHECK(config.at(1).steps == 5);
  CHECK(config.at(kLastIteration).discount == 0.5);
  CHECK(config.at(kLastIteration).noise == 0.125);
  CHECK_THROWS_AS(config.at(-1), std::logic_error);
}

TEST_CASE("each iteration's amounts are checked", "[experiments]") {
  const auto refusal = [](const std::string& override) { return message_of<Error>([&] { smoke_with(override); }); };
  CHECK(refusal("collect.exploration.noisy_share=[0.5, 2]").find("noisy_share: expected 0 to 1, found 2") !=
        std::string::npos);
  CHECK(refusal("collect.exploration.noisy_share=[]").find("noisy_share: expected at least one number, found none") !=
        std::string::npos);
  CHECK(refusal("collect.episodes=[0]").find(": collect.episodes: expected 2 to 100000000, found 0") !=
        std::string::npos);  // the section's name once, not twice
  CHECK(refusal("train_controller.policy_gradient.noise=[]").find("noise: expected at least one number, found none") !=
        std::string::npos);
  CHECK(refusal("train_controller.policy_gradient.discount=[0.9, 1.5]").find("1.5") != std::string::npos);
  CHECK(refusal("dream.pay_cap.max_reward=[]").find("max_reward: expected at least one number, found none") !=
        std::string::npos);
}
