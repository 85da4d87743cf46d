// How processes that work together send each other messages: MPI (experiments/app/mpi_channel.h), or a queue in tests.
#pragma once

#include <memory>
#include <optional>

#include "env/message.h"

namespace reverie {

struct Letter {
  int from = 0;  // rank
  Bytes bytes;
};

// Letters from one rank to another arrive whole and in the order of sending. All calls from one thread.
class Channel {
 public:
  virtual ~Channel() = default;
  virtual int rank() const = 0;
  virtual int size() const = 0;
  // Returns at once; the bytes are kept until they have left.
  virtual void send(int to, std::shared_ptr<const Bytes> bytes) = 0;
  virtual std::optional<Letter> receive() = 0;  // none where nothing has come: does not wait
  virtual void flush() = 0;  // at the end: waits until everything has left; what comes meanwhile is thrown away
};

}  // namespace reverie
