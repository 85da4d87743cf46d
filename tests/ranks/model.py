"""One generation of evolution in dreams, on any number of ranks, as a simulation: what experiments/results/ranks.md predicts.

    python3 tests/ranks/model.py                 the tables of the page
    python3 tests/ranks/model.py --delay 0.005   one rank's letters come so many seconds late, as REVERIE_MESSAGE_DELAY makes them

It follows env/team.cpp: rank 0 sends each helper in turn its share of the episodes (at most a batch of rows a thread) with
the policies that play them, a helper that is done with some is sent as many again, and rank 0 waits for the last result.
The constants were measured on one core of an AMD EPYC (see the page).
"""

import argparse
import heapq

CANDIDATES, EPISODES, STEPS, PARAMETERS = 64, 16, 1000, 867
BATCH = 256  # rows of a forward
STEP_FIXED, STEP_ROW = 300e-6, 7.5e-6  # seconds a step of a batch of dreams costs, and each row of it
LETTER, TASK, BYTE = 30e-6, 2e-6, 0.5e-9  # seconds of rank 0's thread a letter, a task or result in it, and a byte
SEARCH = 0.05  # seconds of CMA-ES: new candidates, and what it learns from them
LOOK = 1.5e-3  # seconds between two looks for letters, on the average, beside threads that work


def generation(ranks, latency, bandwidth, candidates=CANDIDATES, episodes=EPISODES, threads=1, cores=None):
    """Seconds of one generation, the share of it that rank 0's own thread works, and letters and bytes over the network.

    cores: processors that the ranks share, where there are fewer.
    """
    tasks = candidates * episodes
    share = -(-tasks // (ranks * threads))
    rows = min(BATCH, share)
    policy = PARAMETERS * 8 + 60
    own, clock = SEARCH, SEARCH / 2
    letters = nbytes = 0
    link = max(BYTE, 1 / bandwidth)  # rank 0 has one link

    def send(rank_tasks, known):
        """Tasks to a helper, and the policies that it does not have: seconds of the link, of rank 0's thread, bytes."""
        new = min(candidates - known, rank_tasks)
        size = 60 + rank_tasks * 33 + new * policy
        return size * link, 2 * LETTER + rank_tasks * TASK + size * BYTE, size, known + new

    known = [0] * ranks
    ends = []
    left = tasks
    for rank in range(ranks):
        first = min(rows * threads, left)
        left -= first
        begin = clock
        if rank > 0:
            on_link, mine, size, known[rank] = send(first, 0)
            size += 4 * tasks  # which job each episode belongs to
            clock += max(on_link, mine)
            own += mine
            letters += 2
            nbytes += size
            begin = clock + latency + LOOK
        crowd = max(1.0, min(ranks, -(-tasks // rows)) / cores) if cores else 1.0
        for _ in range(threads):
            ends.append((begin + crowd * STEPS * (STEP_FIXED + STEP_ROW * first / threads), rank, first // threads))
    heapq.heapify(ends)
    end = clock
    free = clock  # when rank 0's thread is free again
    while ends:  # all dreams are equally long, so a thread's rows end together
        now, rank, done = heapq.heappop(ends)
        if rank > 0:
            free = max(free, now + latency + LOOK) + LETTER + done * TASK
            own += LETTER + done * TASK
            letters += 1
            nbytes += done * 33 + 30
            now = free
        end = max(end, now)
        more = min(rows, left)
        if more > 0:
            left -= more
            begin = now
            if rank > 0:
                on_link, mine, size, known[rank] = send(more, known[rank])
                free += mine
                own += mine
                letters += 1
                nbytes += size
                begin = free + on_link + latency + LOOK
            heapq.heappush(ends, (begin + STEPS * (STEP_FIXED + STEP_ROW * more), rank, more))
    end += SEARCH / 2
    return end, own / end, letters, nbytes


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--delay", type=float, default=0.0)
    delay = parser.parse_args().delay
    print("ranks on a machine of two cores, one thread each:")
    alone = generation(1, delay, 8e9)[0]
    for ranks in (1, 2, 3, 4):
        seconds, own, letters, nbytes = generation(ranks, delay, 8e9, cores=2)
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
