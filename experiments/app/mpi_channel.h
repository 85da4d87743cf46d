// Messages by MPI (MPI: A Message-Passing Interface Standard, version 3.1). The only file that knows it.
#pragma once

#include <memory>

#include "env/channel.h"

namespace reverie {

// Whether the process was started by mpirun or srun together with others, as the launcher's environment says.
bool is_one_of_many();

// Joins the others, once and from the thread that uses the channel; its end waits for all of them. Error (kind usage)
// where this program was built without MPI.
std::unique_ptr<Channel> join_others();

}  // namespace reverie
