// Game controllers, opened as they are plugged in.
#pragma once

#include <SDL.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace reverie {

class GameControllers {
 public:
  // Changes `sticks` as the event says: see Held in person.h. Of several controllers the last one that moved counts.
  void take_event(const SDL_Event& event, std::map<std::string, float>& sticks);

 private:
  struct Close {
    void operator()(SDL_GameController* controller) const { SDL_GameControllerClose(controller); }
  };
  std::vector<std::unique_ptr<SDL_GameController, Close>> opened_;
};

}  // namespace reverie
