#include "experiments/app/mpi_channel.h"

#include <chrono>
#include <climits>
#include <cstdlib>
#include <deque>
#include <string_view>
#include <thread>

#include "env/backoff.h"
#include "env/error.h"
#include "env/number_text.h"

#ifdef REVERIE_MPI
#define OMPI_SKIP_MPICXX
#include <mpi.h>
#endif

namespace reverie {

bool is_one_of_many() {
  // srun --mpi=pmix sets PMIX_RANK; Slurm's own number alone says nothing, since a script of several tasks may start
  // one program that is not shared.
  const char* const of_slurm = std::getenv("PMIX_RANK") != nullptr ? "SLURM_STEP_NUM_TASKS" : "PMI_SIZE";
  for (const char* name : {"OMPI_COMM_WORLD_SIZE", of_slurm}) {
    if (const char* text = std::getenv(name)) {
      return std::string_view(text) != "1";
    }
  }
  return std::getenv("PMIX_RANK") != nullptr;  // of another launcher
}

#ifdef REVERIE_MPI

namespace {

class MpiChannel : public Channel {
 public:
  MpiChannel() {
    int given = 0;
    MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &given);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
    MPI_Comm_size(MPI_COMM_WORLD, &size_);
    int microseconds = 0;
    if (const char* text = std::getenv("REVERIE_MESSAGE_DELAY");
        text != nullptr && read_number(text, microseconds) == NumberText::good && microseconds > 0) {
      delay_ = std::chrono::microseconds(microseconds);
    }
  }
  ~MpiChannel() override {
    flush();
    MPI_Request all_here;
    MPI_Ibarrier(MPI_COMM_WORLD, &all_here);
    Backoff backoff;
    int done = 0;
    while (MPI_Test(&all_here, &done, MPI_STATUS_IGNORE), done == 0) {
      discard();
      std::this_thread::sleep_for(backoff.next());
    }
    MPI_Finalize();
  }

  int rank() const override { return rank_; }
  int size() const override { return size_; }

  void send(int to, std::shared_ptr<const Bytes> bytes) override {
    if (bytes->size() > INT_MAX) {
      throw Error(ErrorKind::other, str("a message to rank ", to, ": expected at most ", INT_MAX, " bytes, found ",
                                        bytes->size(), ": set fewer train_controller.num_start_states"));
    }
    sending_.push_back({MPI_REQUEST_NULL, std::move(bytes)});
    Sending& sent = sending_.back();
    MPI_Isend(sent.bytes->data(), static_cast<int>(sent.bytes->size()), MPI_BYTE, to, kTag, MPI_COMM_WORLD,
              &sent.request);
  }

  std::optional<Letter> receive() override {
    forget_sent();
    if (delay_.count() == 0) {
      return take();
    }
    while (std::optional<Letter> letter = take()) {
      delayed_.emplace_back(std::chrono::steady_clock::now() + delay_, std::move(*letter));
    }
    if (delayed_.empty() || delayed_.front().first > std::chrono::steady_clock::now()) {
      return std::nullopt;
    }
    Letter letter = std::move(delayed_.front().second);
    delayed_.pop_front();
    return letter;
  }

  void flush() override {
    Backoff backoff;
    while (forget_sent(), !sending_.empty()) {
      discard();
      std::this_thread::sleep_for(backoff.next());
    }
  }

 private:
  std::optional<Letter> take() {
    int there = 0;
    MPI_Message message;
    MPI_Status status;
    MPI_Improbe(MPI_ANY_SOURCE, kTag, MPI_COMM_WORLD, &there, &message, &status);
    if (there == 0) {
      return std::nullopt;
    }
    int size = 0;
    MPI_Get_count(&status, MPI_BYTE, &size);
    Letter letter;
    letter.from = status.MPI_SOURCE;
    letter.bytes.resize(static_cast<std::size_t>(size));
    MPI_Mrecv(letter.bytes.data(), size, MPI_BYTE, &message, MPI_STATUS_IGNORE);
    return letter;
  }

  struct Sending {
    MPI_Request request;
    std::shared_ptr<const Bytes> bytes;
  };
  static constexpr int kTag = 1;

  // Large letters leave only when they are received: those of a run that was given up, too.
  void discard() {
    while (take()) {
    }
  }

  void forget_sent() {
    for (auto each = sending_.begin(); each != sending_.end();) {
      int done = 0;
      MPI_Test(&each->request, &done, MPI_STATUS_IGNORE);
      each = done != 0 ? sending_.erase(each) : each + 1;
    }
  }

  int rank_ = 0, size_ = 1;
  std::deque<Sending> sending_;
  // A network of one machine that answers as late as one between machines: REVERIE_MESSAGE_DELAY, in microseconds.
  std::chrono::microseconds delay_{0};
  std::deque<std::pair<std::chrono::steady_clock::time_point, Letter>> delayed_;
};

}  // namespace

std::unique_ptr<Channel> join_others() {
  return std::make_unique<MpiChannel>();
}

#else

std::unique_ptr<Channel> join_others() {
  throw Error(ErrorKind::usage,
              "expected one process, found several: this program was built without MPI (install libopenmpi-dev, and "
              "build it with REVERIE_MPI)");
}

#endif

}  // namespace reverie
