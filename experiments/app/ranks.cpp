#include "experiments/app/ranks.h"

#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>
#include <iostream>
#include <nlohmann/json.hpp>

#include "env/helper.h"
#include "env/processors.h"
#include "env/team.h"
#include "experiments/app/mpi_channel.h"
#include "experiments/models/model_family.h"
#include "experiments/run/experiment.h"
#include "experiments/run/machine.h"
#include "experiments/scoring/arena.h"
#include "experiments/stages/controller_search_factory.h"
#include "experiments/stages/stages.h"

namespace reverie {
namespace {

// What helpers can be asked for, a line each.
const EquipmentKinds& equipment_kinds() {
  static const EquipmentKinds kinds = [] {
    EquipmentKinds table = model_equipment();
    table[kArenaEquipment] = take_arena;
    table[kRandomEquipment] = take_random_player;
    table[kCollectEquipment] = take_collector;
    table[kSearchEquipment] = take_search;
    return table;
  }();
  return kinds;
}

Member this_process() {
  char host[256] = {};
  ::gethostname(host, sizeof host - 1);
  const nlohmann::ordered_json machine = describe_machine();
  Member member;
  member.host = host;
  member.process = ::getpid();
  member.build =
      describe_versions().dump() + " " + machine.at("processor").dump() + " " + machine.at("features").dump();
  member.threads = usable_threads();
  return member;
}

int help(Channel& channel) {
  for (const int signal : {SIGINT, SIGTERM, SIGUSR1, SIGHUP}) {
    ::signal(signal, SIG_IGN);  // rank 0 decides when all of them stop
  }
  Helper helper(channel, this_process(), equipment_kinds(), use_one_thread);
  return helper.serve();
}

int lead(Channel& channel, const std::function<int()>& work) {
  Team team(channel, this_process());
  set_team(&team);
  const int code = work();
  set_team(nullptr);
  if (const std::string gone = team.missing(); code != 0 && !gone.empty()) {
    std::cerr << "error: " << gone << " has ended; run the same command again to go on\n" << std::flush;
    ::_exit(1);  // MPI cannot be ended in good order without it
  }
  team.quit(code);
  return code;
}

}  // namespace

int run_on_ranks(const std::function<int()>& work,
                 const std::function<int(const std::function<int()>& act)>& run_guarded) {
  if (!is_one_of_many()) {
    return run_guarded(work);
  }
  std::unique_ptr<Channel> channel;
  const int joined = run_guarded([&] {
    channel = join_others();
    return 0;
  });
  if (!channel) {
    return joined;
  }
  ::prctl(PR_SET_TIMERSLACK, 1000);  // nanoseconds: of short sleeps between two looks for letters
  if (channel->rank() != 0) {
    return run_guarded([&] { return help(*channel); });
  }
  return run_guarded([&] { return lead(*channel, [&] { return run_guarded(work); }); });
}

}  // namespace reverie
