// What keys and buttons do to the session and its player.
#pragma once

#include <optional>
#include <vector>

#include "experiments/viewer/keys.h"
#include "experiments/viewer/person.h"
#include "experiments/viewer/player.h"
#include "experiments/viewer/workbench.h"

namespace reverie {

// The person's action; while paused Left and Right are none of it, for they step through time then.
std::optional<std::vector<float>> held_action(HeldKeys held, const Player& player, const Workbench& bench);

// Does nothing for the commands that are the window's own (record, screenshot, panels, help, quit).
void command_session(KeyCommand command, const HeldKeys& held, Player& player, Workbench& bench);

}  // namespace reverie
