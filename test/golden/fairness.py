"""Oracle values for the statistics of analyzers/fairness: writes one JSON file per statistic beside this script.

Made with Python 3, scipy 1.17.1, statsmodels 0.15.0.
Run: python test/golden/fairness.py
"""

import json
import math
from fractions import Fraction
from pathlib import Path

import scipy
import statsmodels
from scipy import stats
from statsmodels.stats.contingency_tables import StratifiedTable
from statsmodels.stats.proportion import confint_proportions_2indep

HERE = Path(__file__).parent
Z = stats.norm.isf(0.025)


def write(name, cases):
    made_by = f"fairness.py, scipy {scipy.__version__}, statsmodels {statsmodels.__version__}"
    (HERE / f"{name}.json").write_text(json.dumps({"madeBy": made_by, "cases": cases}, indent=1) + "\n")


def noncentral_hypergeometric():
    """log of the normaliser, exactly: an integer sum for rational odds; scipy's mass function confirms it."""
    cases = []
    odds_of = [Fraction(1), Fraction(5, 4), Fraction(25, 16), Fraction(1, 3), Fraction(12), Fraction(1, 40)]
    for group, rest, events in [(1, 1, 1), (3, 4, 2), (10, 90, 12), (40, 60, 90), (200, 300, 250), (25, 4000, 60), (700, 900, 3)]:
        for odds in odds_of:
            low, high = max(0, events - rest), min(events, group)
            total = sum(math.comb(group, k) * math.comb(rest, events - k) * odds**k for k in range(low, high + 1))
            log = math.log(total.numerator) - math.log(total.denominator)
            middle = (low + high) // 2
            law = stats.nchypergeom_fisher(group + rest, group, events, float(odds))
            term = math.log(math.comb(group, middle)) + math.log(math.comb(rest, events - middle)) + middle * math.log(odds)
            if law.pmf(middle) > 1e-12:
                assert abs(term - log - math.log(law.pmf(middle))) < 1e-6, (group, rest, events, odds)
            cases.append({"group": group, "rest": rest, "events": events, "logOdds": math.log(odds), "log": log})
    write("noncentral-hypergeometric", cases)


def wilson(k, n):
    interval = stats.binomtest(k, n).proportion_ci(method="wilson")
    return interval.low, interval.high


def ratio_interval():
    """MOVER-R from its definition: the roots of a quadratic. Beside it, Koopman's score interval, which it resembles."""
    cases = []
    for k1, n1, k0, n0 in [(42, 900, 71, 950), (81, 1000, 32, 1000), (5, 50, 1, 60), (0, 40, 7, 50), (6, 40, 0, 50), (48, 50, 30, 60), (50, 50, 30, 60)]:
        p1, p0 = k1 / n1, k0 / n0
        (l1, u1), (l0, u0) = wilson(k1, n1), wilson(k0, n0)
        a, b, c = p0**2 - (u0 - p0) ** 2, -2 * p1 * p0, p1**2 - (p1 - l1) ** 2
        low = 0.0 if k1 == 0 else (-b - math.sqrt(b * b - 4 * a * c)) / (2 * a)
        a, c = p0**2 - (p0 - l0) ** 2, p1**2 - (u1 - p1) ** 2
        high = None if k0 == 0 else (-b + math.sqrt(b * b - 4 * a * c)) / (2 * a)
        case = {"over": [p1, l1, u1], "under": [p0, l0, u0], "low": low, "high": high}
        if min(k1, k0) > 20 and k1 < n1:
            score = confint_proportions_2indep(k1, n1, k0, n0, compare="ratio", method="score")
            case["score"] = [float(score[0]), float(score[1])]
        cases.append(case)
    write("ratio-interval", cases)


# Agresti, Categorical Data Analysis (2nd ed.), table 6.9: a cream and a control in eight centres.
CREAM = [(11, 36, 10, 37), (16, 20, 22, 32), (14, 19, 7, 19), (2, 16, 1, 17), (6, 17, 0, 12), (1, 11, 0, 10), (1, 5, 1, 9), (4, 6, 6, 7)]


def matched_rates():
    """Mantel-Haenszel's risk difference and ratio with the intervals of Sato and of Greenland & Robins."""
    cases = []
    for name, strata in {"cream": CREAM, "one stratum": [(81, 1000, 32, 1000)], "sparse": [(1, 1, 0, 1)] * 30 + [(0, 1, 1, 1)] * 12 + [(1, 1, 1, 1)] * 40 + [(0, 2, 0, 3)] * 100}.items():
        weight = sum(n * m / (n + m) for _, n, _, m in strata)
        p1 = sum(a * m / (n + m) for a, n, _, m in strata) / weight
        p0 = sum(b * n / (n + m) for _, n, b, m in strata) / weight
        robins = sum((n * m * (a + b) - a * b * (n + m)) / (n + m) ** 2 for a, n, b, m in strata)
        r, s = p1 * weight, p0 * weight
        se = math.sqrt(robins / (r * s))
        p = sum((n * n * b - m * m * a + n * m * (m - n) / 2) / (n + m) ** 2 for a, n, b, m in strata)
        q = sum((a * (m - b) + b * (n - a)) / (2 * (n + m)) for a, n, b, m in strata)
        sato = math.sqrt(((p1 - p0) * p + q)) / weight
        case = {"name": name, "strata": strata, "group": p1, "rest": p0, "ratio": p1 / p0,
                "robins": [math.log(p1 / p0) - Z * se, math.log(p1 / p0) + Z * se], "sato": [p1 - p0 - Z * sato, p1 - p0 + Z * sato]}
        if name == "one stratum":
            a, n, b, m = strata[0]
            case["newcombe"] = [float(x) for x in confint_proportions_2indep(a, n, b, m, compare="diff", method="newcomb")]
        tables = [[[a, n - a], [b, m - b]] for a, n, b, m in strata]
        if name == "cream":
            result = StratifiedTable(tables).test_null_odds(correction=False)
            # Agresti reports 6.38.
            case["cochranMantelHaenszel"] = float(result.statistic)
            case["riskRatio"] = float(StratifiedTable(tables).riskratio_pooled)
        cases.append(case)
    write("matched-rates", cases)


def van_elteren():
    """Weighted Cliff's delta over strata; of one stratum it is scipy's Mann-Whitney."""
    strata = [([1, 4, 4, 7, 9], [2, 4, 5]), ([0, 0, 3, 8], [0, 1, 1, 2, 6, 6]), ([5, 6], [1, 2, 3, 9])]
    top = bottom = 0.0
    for group, rest in strata:
        n, m = len(group), len(rest)
        u = stats.mannwhitneyu(group, rest).statistic
        delta = 2 * u / (n * m) - 1
        w = n * m / (n + m + 1)
        top, bottom = top + w * delta, bottom + w
    write("van-elteren", [{"strata": strata, "delta": top / bottom}])


for make in (noncentral_hypergeometric, ratio_interval, matched_rates, van_elteren):
    make()
