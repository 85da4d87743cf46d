// One of the runs that a window shows, and all of them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "experiments/viewer/panes.h"
#include "experiments/viewer/person.h"
#include "experiments/viewer/player.h"
#include "experiments/viewer/workbench.h"

namespace reverie {

// A few words that are shown for a while.
struct Note {
  std::string words;
  int frames_left = 0;
};

struct Side {
  Side(std::unique_ptr<Session> session, bool threaded, SDL_Renderer* renderer)
      : name(session->name()), player(std::move(session), threaded), bench(player), panes(renderer) {}

  const std::string name;  // of the run
  Player player;
  Workbench bench;
  Panes panes;
  std::shared_ptr<const View> view = player.view();  // of this frame
  Note note;                                         // the session's last message
  Hands hands;                                       // a person's, on this game
  std::optional<PersonAction> person;                // of this frame
};

using Sides = std::vector<std::unique_ptr<Side>>;  // at least one

}  // namespace reverie
