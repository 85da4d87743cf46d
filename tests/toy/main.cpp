// The program with one more world model and one more game: one line each. tests/toy/chain_test.sh runs every command on
// them.
#include "env/games.h"
#include "experiments/app/program.h"
#include "tests/toy/toy_family.h"
#include "tests/toy/toy_game.h"

int main(int argc, char** argv) {
  reverie::model_families().push_back(std::make_unique<reverie::ToyFamily>());
  reverie::games().push_back(reverie::toy_game_entry());
  return reverie::run_program(argc, argv);
}
