#include "experiments/report/cheating.h"

#include <limits>

#include "tests/test.hpp"

using namespace reverie;

namespace {

CheatingFinding finding(const CheatingEvidence& evidence, const std::string& kind) {
  for (const CheatingFinding& one : look_for_cheating(evidence)) {
    if (one.kind == kind) {
      return one;
    }
  }
  FAIL("no finding " << kind);
  return {};
}

CheatingEvidence honest() {
  return {{700, 800, 750, 760}, {740, 790, 770, 730}, 1000, {100, 300, 500, 700}, {120, 310, 480, 760}};
}

}  // namespace

TEST_CASE("an honest dream is not accused", "[report]") {
  for (const CheatingFinding& one : look_for_cheating(honest())) {
    INFO(one.words);
    CHECK_FALSE(one.found);
  }
}

TEST_CASE("a dream that promises more than the task can pay is found out, with the figures", "[report]") {
  CheatingEvidence evidence = honest();
  evidence.dream = {1500, 1700, 1600, 900};
  const CheatingFinding found = finding(evidence, "promises_too_much");
  CHECK(found.found);
  CHECK(found.is_cheating);
  CHECK(found.words.find("1425") != std::string::npos);
  CHECK(found.words.find("1000") != std::string::npos);
  CHECK(found.words.find("3 of 4") != std::string::npos);
  CHECK(finding(evidence, "flatters").found);
}

TEST_CASE("where the game sets no bound, the best return seen and a quarter more is one", "[report]") {
  CheatingEvidence evidence = honest();
  evidence.best_return = std::numeric_limits<double>::infinity();
  evidence.dream = {990, 995, 985, 999};  // the best seen is 800: 1000
  CHECK_FALSE(finding(evidence, "promises_too_much").found);
  evidence.dream = {1010, 1020, 1030, 1005};
  CHECK(finding(evidence, "promises_too_much").found);
}

TEST_CASE("scores that part ways over the generations are found out", "[report]") {
  CheatingEvidence evidence = honest();
  evidence.controllers_game = {700, 500, 300, 100};
  CHECK(finding(evidence, "scores_part_ways").found);
  SECTION("not where both fall") {
    evidence.controllers_dream = {760, 480, 310, 120};
    CHECK_FALSE(finding(evidence, "scores_part_ways").found);
  }
  SECTION("nor from three controllers") {
    evidence.controllers_game.pop_back();
    evidence.controllers_dream.pop_back();
    CHECK_FALSE(finding(evidence, "scores_part_ways").found);
  }
}
