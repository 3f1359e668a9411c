"""Oracle values for analyzers/stats: writes one JSON file per statistic beside this script.

Made with Python 3, scipy 1.17.1, numpy 2.4.6 (seed 20261124); exact laws are counted with integers.
Run: python test/golden/stats.py
"""

import json
import math
from collections import Counter
from itertools import combinations
from pathlib import Path

import numpy as np
import scipy
from scipy import optimize, special, stats

rng = np.random.default_rng(20261124)
HERE = Path(__file__).parent
A = [1.2, 3.4, 2.2, 5.1, 4.8, 3.3, 2.9, 4.1, 3.8, 2.5]
B = [2.4, 4.6, 3.9, 6.2, 5.8, 4.4, 5.0, 6.9, 3.1, 4.9, 5.5, 7.0]
T = [1, 1, 2, 2, 2, 3, 3, 4, 5, 5]
U = [2, 2, 3, 3, 3, 4, 4, 5, 5, 6, 6, 6]


def write(name, cases):
    made_by = f"stats.py, scipy {scipy.__version__}, numpy {np.__version__}"
    text = json.dumps({"madeBy": made_by, "cases": cases}, indent=1, default=float)
    (HERE / f"{name}.json").write_text(text + "\n")


def histogram(values):
    """Order is all that rank statistics see: the k-th distinct value gets bin k by the caller's pooling."""
    return [[value, rows] for value, rows in sorted(Counter(values).items())]


def normal():
    logsf = [{"z": z, "logSf": stats.norm.logsf(z)} for z in [-38, -8, -3, -2.5, -1, 0, 0.3, 1, 2.4999, 2.5, 4, 10, 40]]
    isf = [{"p": p, "z": stats.norm.isf(p)} for p in [0.999, 0.975, 0.5, 0.3, 0.2, 0.025, 1e-4, 1e-9, 1e-100, 1e-300]]
    write("normal", {"logSf": logsf, "isf": isf})


def log_choose():
    pairs = [(0, 0), (5, 2), (15, 7), (16, 16), (40, 3), (525, 25), (1000, 500), (10**6, 1234)]
    log = lambda n, k: math.log(math.comb(n, k))
    write("log-choose", [{"n": n, "k": k, "log": log(n, k)} for n, k in pairs])


def exact_log(numerator, denominator):
    """log of a ratio of integers of any size."""
    return math.log(numerator) - math.log(denominator)


def fisher():
    tables = [(42, 900, 71, 950), (420, 500, 13, 25), (420, 500, 26, 50), (0, 500, 2, 25), (0, 10, 0, 10), (5, 5, 0, 7),
              (3, 400, 90, 400), (1, 2, 1, 2), (7, 30, 12, 20), (100, 10000, 300, 9000)]
    cases = []
    for k1, n1, k2, n2 in tables:
        total, successes = n1 + n2, k1 + k2
        weight = lambda k: math.comb(successes, k) * math.comb(total - successes, n2 - k)
        support = range(max(0, successes - n1), min(successes, n2) + 1)
        is_up = k2 * n1 >= k1 * n2
        beyond = sum(weight(k) for k in support if (k > k2 if is_up else k < k2))
        two = sum(weight(k) for k in support if weight(k) * 10**7 <= weight(k2) * (10**7 + 1))
        everything = math.comb(total, n2)
        p = stats.fisher_exact([[k1, n1 - k1], [k2, n2 - k2]])[1]
        assert abs(p - math.exp(exact_log(two, everything))) < 1e-9 * p, (p, k1, n1)
        cases.append({"baseline": [k1, n1], "current": [k2, n2], "logP": exact_log(two, everything),
                      "logMidTail": exact_log(2 * beyond + weight(k2), 2 * everything), "sign": 1 if is_up else -1})
    write("fisher", cases)


def wilson(k, n):
    interval = stats.binomtest(k, n).proportion_ci(method="wilson")
    return [interval.low, interval.high]


def proportion_interval():
    pairs = [(42, 900, 71, 950), (71, 950, 42, 900), (0, 10, 10, 10), (0, 50, 0, 60), (5, 8, 1, 700)]
    cases = []
    for k1, n1, k2, n2 in pairs:
        (l1, u1), (l2, u2) = wilson(k1, n1), wilson(k2, n2)
        p1, p2 = k1 / n1, k2 / n2
        low = p2 - p1 - math.sqrt((p2 - l2) ** 2 + (u1 - p1) ** 2)
        high = p2 - p1 + math.sqrt((u2 - p2) ** 2 + (p1 - l1) ** 2)
        cases.append({"baseline": [k1, n1], "current": [k2, n2], "wilson": [l1, u1], "newcombe": [low, high]})
    write("proportion-interval", cases)


def cliffs_delta():
    samples = [(A, B), (T, U), ([1, 2, 3], [4, 5, 6]), ([4, 5, 6], [1, 2, 3]), ([1, 1], [1, 1]),
               ([int(x) for x in rng.integers(0, 9, 300)], [int(x) for x in rng.integers(1, 11, 40)])]
    cases = []
    z = stats.norm.isf(0.025)
    for a, b in samples:
        m, n = len(a), len(b)
        wins = sum(int(y > x) - int(y < x) for x in a for y in b)
        theta = (wins / (m * n) + 1) / 2
        star = (m + n) / 2 - 1
        variance = lambda t: t * (1 - t) * (1 + star * ((1 - t) / (2 - t) + t / (1 + t))) / (m * n)
        gap = lambda t: (t - theta) ** 2 - z * z * variance(t)
        low = 0.0 if theta == 0 else optimize.brentq(gap, 1e-12, theta - 1e-12, xtol=1e-14)
        high = 1.0 if theta == 1 else optimize.brentq(gap, theta + 1e-12, 1 - 1e-12, xtol=1e-14)
        cases.append({"baseline": a, "current": b, "value": wins / (m * n), "low": 2 * low - 1, "high": 2 * high - 1})
    write("cliffs-delta", cases)


def ks_exact_with_ties(a, b):
    """Share of all relabellings with a gap as large; counted, so for small samples only."""
    pooled = np.array(sorted(a + b))
    ends = [i for i in range(1, len(pooled) + 1) if i == len(pooled) or pooled[i] != pooled[i - 1]]
    m, n = len(a), len(b)

    def gap(chosen):
        is_b = np.zeros(m + n, int)
        is_b[list(chosen)] = 1
        cumulative = np.cumsum(is_b)
        return max(abs(cumulative[i - 1] * m - (i - cumulative[i - 1]) * n) for i in ends)

    order = {value: [i for i, x in enumerate(pooled) if x == value] for value in set(pooled)}
    seen = []
    taken = Counter()
    for value in b:
        seen.append(order[value][taken[value]])
        taken[value] += 1
    observed = gap(seen)
    hits = sum(gap(c) >= observed for c in combinations(range(m + n), n))
    return observed / (m * n), math.log(hits) - math.log(math.comb(m + n, n))


def ks():
    cases = []
    for a, b in [(A, B), (B, A), ([1, 2, 3], [4, 5, 6, 7])]:
        result = stats.ks_2samp(a, b, method="exact")
        cases.append({"name": "no ties", "baseline": a, "current": b, "statistic": result.statistic, "logP": math.log(result.pvalue)})
    for m, n, shift in [(60, 40, 0.5), (300, 200, 1.0), (500, 500, 0.3)]:
        a, b = np.round(rng.normal(size=m), 4).tolist(), np.round(rng.normal(shift, size=n) + 5e-5, 9).tolist()
        result = stats.ks_2samp(a, b, method="exact")
        cases.append({"name": f"{m} and {n}", "baseline": a, "current": b, "statistic": result.statistic, "logP": math.log(result.pvalue)})
    for a, b in [(T[:8], U[:9]), ([0] * 7 + [1] * 2, [0] * 3 + [1] * 4), ([1, 1, 1, 2], [2, 2, 3])]:
        statistic, log_p = ks_exact_with_ties(a, b)
        cases.append({"name": "ties, enumerated", "baseline": a, "current": b, "statistic": statistic, "logP": log_p})
    limits = [{"statistic": d, "m": m, "n": n, "logP": math.log(stats.kstwobign.sf(d * math.sqrt(m * n / (m + n))))}
              for d, m, n in [(0.02, 5000, 5000), (0.05, 4000, 9000), (0.3, 3000, 3000)]]
    write("ks", {"exact": cases, "limit": limits})


def rank_law(pooled_counts, n, kind):
    """Exact law of the sum of doubled scores of n rows drawn from the pool: {sum: number of ways}."""
    total = sum(pooled_counts)
    ways = {0: Counter({0: 1})}
    before = 0
    for rows in pooled_counts:
        score = 2 * before + rows - total
        if kind == "spread":
            score = abs(score)
        nxt = {}
        for taken, sums in ways.items():
            for more in range(min(rows, n - taken) + 1):
                factor = math.comb(rows, more)
                target = nxt.setdefault(taken + more, Counter())
                for value, count in sums.items():
                    target[value + more * score] += count * factor
        ways = nxt
        before += rows
    return ways[n]


def rank_case(name, baseline, current, kind):
    values = sorted(set(baseline) | set(current))
    counts = [baseline.count(v) + current.count(v) for v in values]
    law = rank_law(counts, len(current), kind)
    total, before, observed = sum(counts), 0, 0
    scores = []
    for v, rows in zip(values, counts):
        score = 2 * before + rows - total
        score = abs(score) if kind == "spread" else score
        scores.append(score)
        observed += score * current.count(v)
        before += rows
    mean_numerator = len(current) * sum(s * c for s, c in zip(scores, counts))
    sign = (observed * total > mean_numerator) - (observed * total < mean_numerator)
    tail = sum(count for value, count in law.items() if sign * value >= sign * observed)
    if kind == "location" and len(set(baseline + current)) == len(baseline) + len(current):
        p = stats.mannwhitneyu(baseline, current, method="exact").pvalue
        assert abs(min(1, 2 * tail / sum(law.values())) - p) < 1e-9
    return {"name": name, "kind": kind, "baseline": histogram(baseline), "current": histogram(current), "sign": sign,
            "logTail": exact_log(tail, sum(law.values()))}


def rank_test():
    many = [int(x) for x in rng.permutation(140)]
    zero_inflated = [0] * 110 + [1, 1, 2, 3, 5]
    skewed = [int(x) for x in np.floor(np.exp(rng.normal(1.5, 0.8, 120)))]
    samples = [
        ("scipy a, b", A, B),
        ("ties t, u", T, U),
        ("apart", [1, 2, 3, 4, 5], [6, 7, 8, 9]),
        ("far tail", many[:120], sorted(many[120:])[2:] + [139, 138]),
        ("nearly apart", list(range(115)), [60] + list(range(200, 219))),
        ("zeros and a few", zero_inflated, [0] * 17 + [1, 2, 4]),
        ("zeros and half", zero_inflated, [0] * 10 + [1, 2, 4, 1, 2, 3, 1, 1, 1, 2]),
        ("skewed counts", skewed, [int(x) for x in np.floor(np.exp(rng.normal(2.4, 0.8, 20)))]),
        ("skewed, narrow", skewed, [4] * 12 + [5] * 8),
        ("binary", [0] * 20 + [1] * 100, [0] * 12 + [1] * 13),
    ]
    write("rank-test", [rank_case(name, list(a), list(b), kind) for name, a, b in samples for kind in ("location", "spread")])


def holm():
    p = [0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205, 0.212, 0.216]
    plain, running = [], 0.0
    for i, value in enumerate(p):
        running = max(running, min(1.0, value * (len(p) - i)))
        plain.append(running)
    weighted_p, weights = [0.01, 0.004, 0.03, 0.5], [0.7, 0.1, 0.1, 0.1]
    # By hand from the definition: order by p/w, then the largest so far of p/w times the weights left.
    order = sorted(range(4), key=lambda i: weighted_p[i] / weights[i])
    adjusted, running, left = [0.0] * 4, 0.0, sum(weights)
    for i in order:
        running = max(running, min(1.0, weighted_p[i] / weights[i] * left))
        adjusted[i] = running
        left -= weights[i]
    write("holm", [{"p": p, "weights": [1.0] * len(p), "adjusted": plain}, {"p": weighted_p, "weights": weights, "adjusted": adjusted}])


for make in (normal, log_choose, fisher, proportion_interval, cliffs_delta, ks, rank_test, holm):
    make()
