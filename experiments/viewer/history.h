// The moments that a session keeps, with what it takes to go on from each.
#pragma once

#include <algorithm>
#include <deque>
#include <memory>

#include "env/error.h"
#include "experiments/viewer/logged_game.h"
#include "experiments/viewer/session.h"

namespace reverie {

struct Kept {
  Moment moment;
  GamePlace game;    // where the game stands, in dreams and recordings too
  ModelState dream;  // empty where there is none
  double dream_return = 0;
  torch::Tensor frozen;  // the game's frame where the dream began; undefined without a locked dream
  // Moments of one episode or dream share its course, so a course is longer than an old moment needs. `played` is that
  // of the game in every mode; the others are null if there is no dream or recording.
  std::shared_ptr<Course> played, dreamed, recorded;
  int recording = -1;  // mode browse, at frame moment.step

  // The course of the episode or dream that the moment's mode shows.
  const std::shared_ptr<Course>& course() const {
    return moment.mode == Mode::dream ? dreamed : moment.mode == Mode::browse ? recorded : played;
  }
};

class History {
 public:
  void push(Kept kept) {
    kept_.push_back(std::move(kept));
    if (size() > Session::kHistory) {
      kept_.pop_front();
    }
    looking_at_ = size() - 1;
  }

  int size() const { return static_cast<int>(kept_.size()); }
  const Kept& operator[](int index) const {
    REVERIE_CHECK(index, >=, 0);
    REVERIE_CHECK(index, <, size());
    return kept_[static_cast<std::size_t>(index)];
  }
  Kept& newest() { return kept_.back(); }

  void look_at(int index) { looking_at_ = std::clamp(index, 0, size() - 1); }
  int looking_at() const { return looking_at_; }
  bool looking_back() const { return looking_at_ != size() - 1; }
  const Kept& now() const { return (*this)[looking_at_]; }

  void forget_later() { kept_.resize(static_cast<std::size_t>(looking_at_ + 1)); }  // than the one looked at
  void clear() { kept_.clear(); }

 private:
  std::deque<Kept> kept_;
  int looking_at_ = -1;
};

}  // namespace reverie
