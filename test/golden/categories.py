"""Oracle values for categories: writes categories.json beside this script.

Made with Python 3, scipy 1.17.1. The tables under `shared` are those of the project's shared vectors (scipy.json).
Run: python test/golden/categories.py
"""

import json
import math
from pathlib import Path

import numpy as np
import scipy
from scipy import stats
from scipy.spatial.distance import jensenshannon

TABLES = [
    ([520, 240, 150, 70, 20], [430, 290, 160, 90, 30]),
    ([900, 80, 20], [250, 30, 20]),
    ([500, 0, 3], [480, 20, 0]),
    ([10, 10], [10, 10]),
]
TAILS = [(18.1, 4), (0.1, 3), (3.0, 1), (700.0, 12), (40.0, 62), (1500.0, 384), (5.0, 2.7)]


def case(before, after):
    table = np.array([before, after])
    chi2 = stats.chi2_contingency(table, correction=False)
    g = stats.chi2_contingency(table, correction=False, lambda_="log-likelihood")
    n, k = table.sum(), table.shape[1]
    phi = max(0, chi2.statistic / n - (k - 1) / (n - 1))
    v = math.sqrt(phi / (min(k - (k - 1) ** 2 / (n - 1), 2 - 1 / (n - 1)) - 1))
    js = float(jensenshannon(before, after, base=2))
    equal = sum(before) == sum(after)
    return {"before": before, "after": after, "chiSquared": chi2.statistic, "g": g.statistic, "df": chi2.dof,
            "p": g.pvalue, "v": v if equal else None, "js": js}


cases = [case(*table) for table in TABLES]
tails = [{"x": x, "df": df, "logSf": float(stats.chi2.logsf(x, df))} for x, df in TAILS]
noncentral = [{"x": x, "df": df, "nc": nc, "below": float(stats.ncx2.cdf(x, df, nc))}
              for x, df, nc in [(18.07, 4, 14), (40, 10, 12), (300, 60, 200)]]
out = {"madeBy": f"categories.py, scipy {scipy.__version__}", "cases": cases, "tails": tails, "noncentral": noncentral}
(Path(__file__).parent / "categories.json").write_text(json.dumps(out, indent=1, default=float) + "\n")
