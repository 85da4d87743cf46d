#include "experiments/viewer/explanations.h"

#include <algorithm>
#include <cctype>
#include <string>

namespace reverie {
namespace {

constexpr Explanation kTable[] = {
    // Modes.
    {"1 Game", "The agent plays the real game, and the model looks on."},
    {"2 Dream", "The agent plays in the dream alone: the model makes up every frame, reward and end."},
    {"3 Locked", "Game and dream start from one state and are given the same actions: how far do they drift apart?"},
    {"4 Browse", "Episodes recorded for training, with what the model makes of each frame."},

    // Pictures.
    {"Game", "The real game, drawn for people."},
    {"Recorded", "A recorded episode of the real game, at the size the model sees."},
    {"Dream", "What the model imagines: M dreams the next z under the agent's action, and V draws it."},
    {"Dream, N steps old",
     "What the model imagines since it saw the game for the last time: it is given the same actions and no frames."},
    {"As the model sees it", "The game's frame at the model's size: all that V is given."},
    {"Reconstruction",
     "The frame after V has squeezed it into z and drawn it again: what is missing here, z does not hold."},
    {"|reconstruction - game|",
     "|V - game|: the difference of V's picture and the real frame; black where they agree."},
    {"|dream - game|", "The difference of the dreamed frame and the real one; black where they agree."},
    {"Where plans end",
     "The planner dreams many plans and plays the best: these are the last frames of its four best dreams."},
    {"First N of z", "The frame drawn from its N most important dimensions of z, the others at their mean."},

    // Curves.
    {"reward", "The reward of each step."},
    {"return", "The sum of this episode's rewards so far."},
    {"end probability", "How likely M holds it, from 0 to 1, that the episode ends with this step."},
    {"entropy", "Mixture entropy: how undecided M was about the next z, in nats a dimension; higher is less sure."},
    {"latent error", "How far the dream's z is from the real frame's, over the dimensions that are not dead."},
    {"pixel error",
     "The mean squared difference of the dreamed and the real frame, from 0 to 1; grey: of a picture frozen where the "
     "dream began. The line marks where the dream is worth no more."},
    {"action", "What the agent (or you) does at each step, from -1 to 1."},
    {"speed", "Frames drawn and steps played a second, and the milliseconds of a step in the game, V, M and C."},

    // The panel.
    {"temperature", "How wildly M dreams: below 1 it keeps to what is likely, above 1 it tries the unlikely too."},
    {"dream from here", "Starts a dream at the moment shown, beside the game (key d)."},
    {"new dream", "Starts a dream from a recorded moment, without the game (Shift+d)."},
    {"dream again",
     "When a locked dream starts again from the game: never, once a frozen picture would be as good, or every so many "
     "steps (key k)."},
    {"controller", "C, the part that acts: choose among those that training has saved."},
    {"reload", "Takes the newest controller of this run, and follows the training again (key l)."},
    {"Latent z",
     "z: the few numbers V makes of a frame. KL in nats says how much a dimension tells; a dead one tells "
     "nothing."},
    {"keep first",
     "Draws the frame from the most important dimensions of z alone: how many does it take to know the "
     "scene?"},
    {"decoded z", "V's picture of the z shown below: drag its bars, and see what each number means."},
    {"random", "Draws a z at random from the prior: what V takes to be a frame (key z)."},
    {"keep A", "Remembers this z as A, one end of the slider from A to B."},
    {"keep B", "Remembers this z as B, the other end of the slider from A to B."},
    {"follow", "Forgets your changes of z, and shows that of the moment again."},
    {"from A to B", "Walks from z kept as A to z kept as B; V draws what lies between."},

    // Time.
    {"pause", "Stops, and goes on from the moment shown (Space)."},
    {"back", "One step back, and pauses (key ,)."},
    {"step", "One step forward, and pauses (key .)."},
    {"scrub", "The steps that are kept: drag to look back; going on from there forgets the later ones."},
    {"slower", "Slower (key -)."},
    {"faster", "Faster (key +)."},
};

std::string table_name(std::string_view name) {
  std::string plain;
  for (const char c : name.substr(0, name.find(" - you"))) {
    const bool digit = std::isdigit(static_cast<unsigned char>(c)) != 0;
    if (!digit) {
      plain += c;
    } else if (plain.empty() || plain.back() != 'N') {
      plain += 'N';
    }
  }
  return plain;
}

}  // namespace

std::span<const Explanation> explanations() {
  return kTable;
}

std::string_view explanation_of(std::string_view name) {
  const auto find = [](std::string_view wanted) {
    const auto* const found =
        std::find_if(std::begin(kTable), std::end(kTable), [&](const Explanation& row) { return row.name == wanted; });
    return found == std::end(kTable) ? std::string_view() : found->sentence;
  };
  const std::string_view exact = find(name);
  return exact.empty() ? find(table_name(name)) : exact;
}

}  // namespace reverie
