"""One generation of evolution in dreams, on any number of ranks, as a simulation: what experiments/results/ranks.md predicts.

    python3 tests/ranks/model.py                 the tables of the page
    python3 tests/ranks/model.py --delay 0.005   one rank's letters come so many seconds late, as REVERIE_MESSAGE_DELAY makes them

It follows env/team.cpp: rank 0 sends the population to each helper in turn, each helper begins with its share of the
episodes (at most a batch of rows a thread), asks for more when it has fewer in stock than threads, and rank 0 waits for
the last result. The constants were measured on one core of an AMD EPYC (see the page).
"""

import argparse
import heapq

CANDIDATES, EPISODES, STEPS, PARAMETERS = 64, 16, 1000, 867
BATCH = 256  # rows of a forward
STEP_FIXED, STEP_ROW = 95e-6, 7.9e-6  # seconds a step of a batch of dreams costs, and each row of it
LETTER, BYTE = 12e-6, 0.35e-9  # seconds of rank 0's thread a letter, and a byte of it
SEARCH = 0.0035  # seconds of CMA-ES: 64 new candidates, and what it learns from them
LOOK = 1e-3  # seconds between two looks for letters, at most, of a process that waits


def generation(ranks, latency, bandwidth, candidates=CANDIDATES, episodes=EPISODES, threads=1):
    """Seconds of one generation, the share of it that rank 0's own thread works, and letters and bytes over the network."""
    tasks = candidates * episodes
    workers = ranks * threads
    share = -(-tasks // workers)
    rows = min(BATCH, share)
    population = candidates * (PARAMETERS * 8 + 60) + 4 * tasks
    own = SEARCH
    letters = nbytes = 0
    clock = SEARCH / 2
    begin = [clock] * ranks
    for rank in range(1, ranks):  # the population goes to each helper, over rank 0's one link
        clock += LETTER + population * max(BYTE, 1 / bandwidth)
        own += LETTER + population * BYTE
        begin[rank] = clock + latency + LOOK / 2
        letters += 2
        nbytes += population + rows * threads * 28
    left = tasks - sum(min(rows * threads, share * threads) for _ in range(ranks))
    batch = STEPS * (STEP_FIXED + STEP_ROW * rows)
    ends = [(begin[rank] + batch, rank) for rank in range(ranks) for _ in range(threads)]
    heapq.heapify(ends)
    end = clock
    while ends:  # all dreams are equally long, so a thread's rows end together
        now, rank = heapq.heappop(ends)
        if rank > 0:
            results = rows + 1
            letters += results / threads
            nbytes += rows * 45
            own += LETTER * results / 2
            now += latency + LOOK / 2
        end = max(end, now)
        if left > 0:
            more = min(rows, left)
            left -= more
            heapq.heappush(ends, (now + STEPS * (STEP_FIXED + STEP_ROW * more) + (2 * latency if rank else 0), rank))
    end += SEARCH / 2
    return end, own / end, letters, nbytes


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--delay", type=float, default=0.0)
    delay = parser.parse_args().delay
    print("ranks on one machine, one thread each:")
    alone = generation(1, delay, 8e9)[0]
    for ranks in (1, 2, 3, 4):
        seconds, own, letters, nbytes = generation(ranks, delay, 8e9)
        print(f"  {ranks}: {seconds:.3f} s, {alone / seconds:.2f} times one, {letters:.0f} letters, {nbytes / 1e6:.2f} MB, rank 0 {own:.2%}")
    for name, latency, bandwidth in (("10 Gbit/s", 30e-6, 1.25e9), ("100 Gbit/s", 5e-6, 12.5e9)):
        for candidates in (64, 1024):
            print(f"{name}, {candidates} candidates of {EPISODES} dreams:")
            alone = generation(1, latency, bandwidth, candidates)[0]
            for ranks in (4, 64, 256, 1024):
                seconds, own, letters, nbytes = generation(ranks, latency, bandwidth, candidates)
                print(f"  {ranks:5}: {seconds:7.3f} s, {alone / seconds:6.1f} times one, {letters:.0f} letters, {nbytes / 1e6:.1f} MB, rank 0 {own:.1%}")


if __name__ == "__main__":
    main()
