// `reverie COMMAND ...` as a function, for programs that add games or world models of their own to its tables first.
#pragma once

namespace reverie {

// Returns the exit code: 0 done, 1 an error, 2 wrong usage or config, 75 stopped early. Errors are told on standard
// error.
int run_program(int argc, char** argv);

}  // namespace reverie
