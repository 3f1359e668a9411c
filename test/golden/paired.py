"""Oracle values for the paired statistics of analyzers/stats: one JSON file per statistic beside this script.

Made with Python 3 and mpmath 1.3.0 at 40 digits; exact laws are fractions. Run: python test/golden/paired.py
"""

import json
import math
from fractions import Fraction
from pathlib import Path

import mpmath as mp

mp.mp.dps = 40
HERE = Path(__file__).parent


def write(name, cases):
    text = json.dumps({"madeBy": f"paired.py, mpmath {mp.__version__}", "cases": cases}, indent=1)
    (HERE / f"{name}.json").write_text(text + "\n")


def student_log_sf(t, df):
    density = lambda x: (1 + x * x / df) ** (-(df + 1) / mp.mpf(2))
    scale = mp.gamma((df + 1) / mp.mpf(2)) / (mp.sqrt(df * mp.pi) * mp.gamma(df / mp.mpf(2)))
    return float(mp.log(scale * mp.quad(density, [t, t + 1, t + 5, t + 50, mp.inf])))


def student():
    grid = [(t, df) for t in (0, 0.5, 1.7, 4, 12) for df in (1, 3, 7.5, 29, 400)]
    write("student", [{"t": t, "df": df, "logSf": student_log_sf(mp.mpf(t), mp.mpf(df))} for t, df in grid])


def log_gamma():
    write("log-gamma", [{"x": x, "log": float(mp.loggamma(mp.mpf(x)))} for x in (0.5, 1, 1.5, 3, 7.25, 14.9, 15, 60.5, 1e4)])


def mcnemar():
    cases = []
    for rises, falls in [(0, 0), (5, 0), (0, 5), (12, 3), (3, 12), (40, 21), (400, 300)]:
        n = rises + falls
        p = Fraction(sum(math.comb(n, k) for k in range(rises, n + 1)), 2**n)
        cases.append({"rises": rises, "falls": falls, "logP": float(mp.log(mp.mpf(p.numerator) / p.denominator))})
    write("mcnemar", cases)


def wilson(k, n, z):
    # Roots of (p - k/n)^2 = z^2 p (1 - p) / n.
    a, b, c = 1 + z * z / n, -(2 * mp.mpf(k) / n + z * z / n), (mp.mpf(k) / n) ** 2
    root = mp.sqrt(max(mp.mpf(0), b * b - 4 * a * c))
    return (-b - root) / (2 * a), (-b + root) / (2 * a)


def paired_proportion_interval():
    cases = []
    z = mp.mpf("1.959963984540054")
    for e, f, g, h in [(36, 12, 2, 0), (36, 14, 0, 0), (0, 0, 0, 20), (20, 12, 2, 16), (2, 9, 1, 88), (10, 5, 8, 77), (0, 6, 4, 30)]:
        n = e + f + g + h
        p, q = mp.mpf(e + f) / n, mp.mpf(e + g) / n
        (l1, u1), (l2, u2) = wilson(e + f, n, z), wilson(e + g, n, z)
        product = (e + f) * (g + h) * (e + g) * (f + h)
        top = e * h - f * g
        if top > 0:
            top = max(mp.mpf(top) - mp.mpf(n) / 2, 0)
        phi = top / mp.sqrt(product) if product else mp.mpf(0)
        half = lambda a, b: mp.sqrt(a * a - 2 * phi * a * b + b * b)
        cases.append({"pairs": {"both": e, "before": f, "after": g, "neither": h},
                      "interval": [float(q - p - half(q - l2, u1 - p)), float(q - p + half(u2 - q, p - l1))]})
    write("paired-proportion-interval", cases)


def signed_rank():
    cases = []
    for d, c in [([1, -2, 3, 4, -5, 6], [0, 1, 2, 3, 4, 5]), ([1, 1, 2, -2, 3, 0], [0, 0, 1, 1, 2, 2]),
                 ([0.5, 0.25, -0.75, 2, 2, -2, 9], [0, 1, 1, 2, 3, 3, 4]), ([0, 0], [0, 1]), ([1, 1, 1], [0, 1, 2])]:
        sizes = [abs(x) for x in d if x]
        rank = lambda s: Fraction(sum(x < s for x in sizes) * 2 + sum(x == s for x in sizes) + 1, 2)
        sums = {}
        for x, k in zip(d, c):
            if x:
                sums[k] = sums.get(k, 0) + (1 if x > 0 else -1) * rank(abs(x))
        squares = sum(s * s for s in sums.values())
        z = mp.mpf(0) if squares == 0 else mp.mpf(float(sum(sums.values()))) / mp.sqrt(float(squares))
        log_p = mp.log(mp.erfc(z / mp.sqrt(2)) / 2)
        coins = sum(1 for x in sums.values() if x)
        if coins:
            log_p = max(log_p, -coins * mp.log(2))
        cases.append({"differences": d, "clusters": c, "logP": float(log_p)})
    write("signed-rank", cases)


for make in (student, log_gamma, mcnemar, paired_proportion_interval, signed_rank):
    make()
