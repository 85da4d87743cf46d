#include "experiments/app/program.h"

int main(int argc, char** argv) {
  return reverie::run_program(argc, argv);
}
