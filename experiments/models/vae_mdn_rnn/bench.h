// The rows of `reverie bench` about V, M, and what is built on them.
#pragma once

#include "experiments/bench/bench.h"

namespace reverie {

void bench_vae(Bench& bench);
void bench_mdn_rnn(Bench& bench);
void bench_heads(Bench& bench);        // joint mixture and flow
void bench_transformer(Bench& bench);  // in the LSTM's place
void bench_whole(Bench& bench);        // dream step, encoded-game step, CMA-ES, useful steps
void bench_workers(Bench& bench, const std::function<double(int job)>& side_by_side);
double serve_worker_job(int job, double seconds);  // in a process beside, for the last one

}  // namespace reverie
