"""Makes the reference data of tests/agent/learn/cma_es_test.cpp; README.md says what they are.

  python3 reference.py medians > reference.json        (needs the package cma)
  python3 reference.py steps < steps.json > new.json     (needs the package cmaes)
"""

import json
import sys

import numpy as np


def sphere(x):
    return float(np.sum(x * x))


def ellipsoid(x):
    return float(np.sum(10.0 ** (6.0 * np.arange(len(x)) / (len(x) - 1)) * x * x))


def rosenbrock(x):
    return float(np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2))


# name: function, every coordinate of the start, first sigma
PROBLEMS = {"sphere": (sphere, 1.0, 0.5), "ellipsoid": (ellipsoid, 1.0, 0.5), "rosenbrock": (rosenbrock, 0.0, 0.1)}
TARGET = 1e-8


def medians():
    import cma

    rows = []
    for name, (function, start, sigma) in PROBLEMS.items():
        for n in (10, 40):
            evaluations = []
            for seed in range(1, 6):
                es = cma.CMAEvolutionStrategy(n * [start], sigma, {"seed": seed, "verbose": -9})
                best, used = np.inf, 0
                while best > TARGET and used < 200000:
                    candidates = es.ask()
                    values = [function(np.asarray(x)) for x in candidates]
                    used += len(values)
                    best = min(best, min(values))
                    es.tell(candidates, values)
                evaluations.append(used)
            rows.append({"function": name, "dimension": n, "start": start, "sigma": sigma, "target": TARGET,
                         "population_size": es.popsize, "seeds": len(evaluations),
                         "median_evaluations": float(np.median(evaluations)), "evaluations": evaluations})
            print(name, n, np.median(evaluations), file=sys.stderr)
    print(json.dumps({"made_by": "cma " + cma.__version__, "rows": rows}, indent=1))


def steps():
    import cmaes

    draws = json.load(sys.stdin)
    n, population_size, sigma, start = draws["dimension"], draws["population_size"], draws["sigma"], draws["start"]
    es = cmaes.CMA(mean=np.full(n, start), sigma=sigma, population_size=population_size)
    # The tutorial's h_sigma counts the first generation as g = 0; the package has raised its counter to 1 by then.
    es._g = -1
    generations = []
    for z in draws["z"]:
        z = np.array(z).reshape(population_size, n)
        eigenvalues, axes = np.linalg.eigh(es._C)
        deviations = np.sqrt(eigenvalues)
        before = state(es, axes, deviations)
        candidates = es._mean + es._sigma * (z * deviations) @ axes.T
        es.tell([(x, ellipsoid(x)) for x in candidates])
        generations.append({"before": before, "after": state(es), "candidates": candidates.ravel().tolist()})
    print(json.dumps({**draws, "made_by": "cmaes " + cmaes.__version__, "generations": generations}))


def state(es, axes=None, deviations=None):
    arrays = {"sigma": [es._sigma], "mean": es._mean.tolist(), "path_sigma": es._p_sigma.tolist(),
              "path_c": es._pc.tolist(), "covariance": es._C.ravel().tolist()}
    if axes is not None:
        arrays.update(axes=axes.ravel().tolist(), deviations=deviations.tolist())
    return arrays


if __name__ == "__main__":
    {"medians": medians, "steps": steps}[sys.argv[1]]()
