// What the plots of a session must hold, whatever was done to it.
#pragma once

#include <vector>

#include "experiments/viewer/session.h"
#include "tests/test.hpp"

namespace reverie {

// The curves hold what was played up to the moment looked at, one value a step, and end with what that moment says.
inline void check_courses(const Session& session) {
  const Moment& now = session.now();
  const Course episode = session.episode(), dream = session.locked_dream();
  REQUIRE(episode.size() == (now.mode == Mode::dream ? now.dream_step : now.step));
  REQUIRE(dream.size() == (now.mode == Mode::locked ? now.dream_step : 0));
  for (const Course* course : {&episode, &dream}) {
    const auto count = static_cast<std::size_t>(course->size());
    for (const std::vector<float>* part :
         {&course->episode_return, &course->end_probability, &course->entropy, &course->surprise, &course->latent_error,
          &course->pixel_error, &course->frozen_error}) {
      REQUIRE(part->size() == count);
    }
    double sum = 0;
    bool adds_up = true;
    for (std::size_t i = 0; i < count; ++i) {
      sum += static_cast<double>(course->reward[i]);
      adds_up = adds_up && static_cast<double>(course->episode_return[i]) == Approx(sum).margin(2e-3);
    }
    REQUIRE(adds_up);
  }
  REQUIRE((episode.size() == 0 ? 0.0f : episode.episode_return.back()) == Approx(now.episode_return).margin(1e-4));
  if (dream.size() > 0) {
    REQUIRE(dream.episode_return.back() == now.dream_return);
    REQUIRE(dream.pixel_error.back() == now.pixel_error);
    REQUIRE(dream.latent_error.back() == now.latent_error);
    REQUIRE(dream.surprise.back() == now.surprise);
  }
}

}  // namespace reverie
