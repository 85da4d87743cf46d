#include "env/games.h"
#include "experiments/app/program.h"

int main(int argc, char** argv) {
  reverie::GameEntry longer = reverie::find_game("car_racing");
  longer.name = "my_game";
  reverie::games().push_back(longer);
  return reverie::run_program(argc, argv);
}
