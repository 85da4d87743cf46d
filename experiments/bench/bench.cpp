#include "experiments/bench/bench.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "env/error.h"
#include "experiments/run/progress.h"

namespace reverie {
namespace {

std::string rounded(double value) {
  char text[32];
  std::snprintf(text, sizeof text, value >= 100.0 ? "%.0f" : "%.3g", value);
  return text;
}

void print_row(const BenchRow& row) {
  const std::string limit =
      row.limit > 0.0 ? str("x", rounded(row.rate / row.limit), " of ", rounded(row.limit), ": ", row.against) : "";
  std::fprintf(stderr, "%-38s %-8s %5d %10s %-10s %s\n", row.name.c_str(), row.precision.c_str(), row.batch,
               rounded(row.rate).c_str(), row.unit.c_str(), limit.c_str());
}

}  // namespace

Measurement timed(std::function<double()> run, std::function<void()> prepare) {
  return [run = std::move(run), prepare = std::move(prepare)](double seconds) {
    double units = 0.0, spent = 0.0;
    do {
      prepare();
      const double start = steady_seconds();
      units += run();
      spent += steady_seconds() - start;
    } while (spent < seconds);
    return units / spent;
  };
}

std::vector<double> Bench::measure(const std::vector<Measurement>& measurements) const {
  std::vector<std::vector<double>> rates(measurements.size());
  for (const Measurement& measurement : measurements) {
    measurement(0.2 * seconds_);  // warms up
  }
  for (int round = 0; round < rounds_; ++round) {
    for (std::size_t i = 0; i < measurements.size(); ++i) {
      rates[i].push_back(measurements[i](seconds_));
    }
  }
  std::vector<double> medians;
  for (std::vector<double>& each : rates) {
    std::sort(each.begin(), each.end());
    medians.push_back(each[each.size() / 2]);
  }
  return medians;
}

void Bench::add(BenchRow row) {
  print_row(row);
  rows_.push_back(std::move(row));
}

double in_sequence(const std::vector<double>& rates) {
  double seconds = 0.0;
  for (const double rate : rates) {
    seconds += 1.0 / rate;
  }
  return 1.0 / seconds;
}

SideBySide::SideBySide(const std::function<double(int)>& serve) {
  for (int i = 0; i < 2; ++i) {
    int orders[2], answers[2];
    if (pipe(orders) != 0 || pipe(answers) != 0) {
      throw Error(ErrorKind::other, str("bench: no pipe to a second process: ", std::strerror(errno)));
    }
    const pid_t id = fork();
    if (id < 0) {
      throw Error(ErrorKind::other, str("bench: no second process: ", std::strerror(errno)));
    }
    if (id == 0) {
      close(orders[1]);
      close(answers[0]);
      int job = 0;
      while (read(orders[0], &job, sizeof job) == sizeof job) {
        const double rate = serve(job);
        if (write(answers[1], &rate, sizeof rate) != sizeof rate) {
          break;
        }
      }
      _exit(0);
    }
    close(orders[0]);
    close(answers[1]);
    processes_.push_back({id, orders[1], answers[0]});
  }
}

SideBySide::~SideBySide() {
  for (const Process& process : processes_) {
    close(process.to);
    close(process.from);
  }
  for (const Process& process : processes_) {
    waitpid(process.id, nullptr, 0);
  }
}

double SideBySide::measure(int job) {
  double sum = 0.0;
  for (const Process& process : processes_) {
    if (write(process.to, &job, sizeof job) != sizeof job) {
      throw Error(ErrorKind::other, "bench: a second process has ended");
    }
  }
  for (const Process& process : processes_) {
    double rate = 0.0;
    if (read(process.from, &rate, sizeof rate) != sizeof rate) {
      throw Error(ErrorKind::other, "bench: a second process has ended");
    }
    sum += rate;
  }
  return sum;
}

}  // namespace reverie
