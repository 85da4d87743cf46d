#include "experiments/report/cheating.h"

#include <algorithm>
#include <limits>
#include <utility>

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
    CHECK((one.verdict == Verdict::agree));  // the parentheses: an enum cannot be printed
    CHECK_FALSE(one.is_cheating);
  }
}

TEST_CASE("a dream that promises more than the task can pay is found out, with the figures", "[report]") {
  CheatingEvidence evidence = honest();
  evidence.dream = {1500, 1700, 1600, 900};
  const CheatingFinding found = finding(evidence, "promises_too_much");
  CHECK((found.verdict == Verdict::disagree));
  CHECK(found.is_cheating);
  CHECK(found.words.find("1425") != std::string::npos);
  CHECK(found.words.find("1000") != std::string::npos);
  CHECK(found.words.find("3 of 4") != std::string::npos);
  CHECK((finding(evidence, "flatters").verdict == Verdict::disagree));
}

TEST_CASE("where the game sets no bound, the best return seen and a quarter more is one", "[report]") {
  CheatingEvidence evidence = honest();
  evidence.best_return = std::numeric_limits<double>::infinity();
  evidence.dream = {990, 995, 985, 999};  // the best seen is 800: 1000
  CHECK((finding(evidence, "promises_too_much").verdict == Verdict::agree));
  evidence.dream = {1010, 1020, 1030, 1005};
  CHECK((finding(evidence, "promises_too_much").verdict == Verdict::disagree));
}

TEST_CASE("dream and game that rank controllers alike agree, whichever way both go", "[report]") {
  CheatingEvidence evidence = honest();
  evidence.controllers_game = {100, 200, 300, 500, 400, 700};
  evidence.controllers_dream = {120, 250, 310, 480, 500, 760};
  CHECK((finding(evidence, "scores_part_ways").verdict == Verdict::agree));
  std::reverse(evidence.controllers_game.begin(), evidence.controllers_game.end());
  std::reverse(evidence.controllers_dream.begin(), evidence.controllers_dream.end());
  CHECK((finding(evidence, "scores_part_ways").verdict == Verdict::agree));
}

TEST_CASE("dream and game that rank controllers in opposite order disagree, whichever way they go", "[report]") {
  CheatingEvidence evidence = honest();
  evidence.controllers_dream = {900, 950, 960, 1000, 1005, 1012};  // rank correlation -0.886, as in a run of ours
  evidence.controllers_game = {870, 880, 830, 820, 790, 800};
  CheatingFinding found = finding(evidence, "scores_part_ways");
  INFO(found.words);
  CHECK((found.verdict == Verdict::disagree));
  CHECK(found.is_cheating);
  CHECK(found.words.find("0.886") != std::string::npos);
  CHECK(found.words.find("exploit") != std::string::npos);
  // The game's score rises and the dream's falls: they disagree, but nothing is exploited.
  std::swap(evidence.controllers_dream, evidence.controllers_game);
  found = finding(evidence, "scores_part_ways");
  CHECK((found.verdict == Verdict::disagree));
  CHECK_FALSE(found.is_cheating);
  CHECK(found.words.find("opposite order") != std::string::npos);
}

TEST_CASE("few controllers, or a rank correlation that chance gives too, say nothing", "[report]") {
  CheatingEvidence evidence = honest();
  const auto too_few = [&] {
    const CheatingFinding found = finding(evidence, "scores_part_ways");
    INFO(found.words);
    CHECK((found.verdict == Verdict::too_few));
    CHECK_FALSE(found.is_cheating);
    CHECK(found.words.find("cannot be said") != std::string::npos);
  };
  evidence.controllers_game = {700, 500, 300};
  evidence.controllers_dream = {100, 200, 300};
  too_few();
  evidence.controllers_game = {400, 300, 100, 200};  // -0.8 over four
  evidence.controllers_dream = {100, 200, 300, 400};
  too_few();
  evidence.controllers_game = {300, 100, 400, 200, 600, 500};  // 0.6 over six
  evidence.controllers_dream = {200, 100, 300, 600, 400, 500};
  too_few();
  evidence.controllers_game.assign(6, 300);  // one side constant
  too_few();
  evidence.controllers_game = {600, 500, 400, 300, 200, 100};  // and a plain case, so that the three above can fail
  evidence.controllers_dream = {100, 200, 300, 400, 500, 600};
  CHECK((finding(evidence, "scores_part_ways").verdict == Verdict::disagree));
}

TEST_CASE("a dream that pays less than the game disagrees too, and three episodes say nothing", "[report]") {
  CheatingEvidence evidence = honest();
  evidence.dream = {340, 390, 370, 330};
  CheatingFinding found = finding(evidence, "flatters");
  CHECK((found.verdict == Verdict::disagree));
  CHECK_FALSE(found.is_cheating);
  CHECK(found.words.find("less than the game") != std::string::npos);
  evidence.dream.pop_back();
  CHECK((finding(evidence, "flatters").verdict == Verdict::too_few));
}
