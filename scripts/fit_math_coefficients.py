#!/usr/bin/env python3
"""Prints src/kernels/math_coefficients.h: near-minimax polynomials for the functions in kernels/math.h.

Each is a weighted least-squares fit at Chebyshev nodes in 60-digit arithmetic; the largest weighted error of the
rounded coefficients is printed beside each table. Needs mpmath.
"""

import struct

from mpmath import mp, mpf

mp.dps = 60


def rounded(value, kind):
    return struct.unpack("f", struct.pack("f", float(value)))[0] if kind == "float" else float(value)


def fit(function, weight, low, high, degree, kind):
    nodes = 6 * (degree + 1)
    xs = [(low + high) / 2 + (high - low) / 2 * mp.cos(mp.pi * (k + mpf(1) / 2) / nodes) for k in range(nodes)]
    rows, right = [], []
    for x in xs:
        w = weight(x)
        rows.append([w * x**k for k in range(degree + 1)])
        right.append(w * function(x))
    solution = mp.qr_solve(mp.matrix(rows), mp.matrix(right))[0]
    coefficients = [rounded(solution[k], kind) for k in range(degree + 1)]
    error = mpf(0)
    for step in range(400):
        x = low + (high - low) * (mpf(step) + mpf(1) / 3) / 400
        value = sum(mpf(c) * x**k for k, c in enumerate(coefficients))
        error = max(error, abs(weight(x) * (value - function(x))))
    return coefficients, error


def literal(value, kind):
    return f"{value:.9g}f" if kind == "float" else f"{value:.17g}"


def as_floating(text):
    body, suffix = (text[:-1], "f") if text.endswith("f") else (text, "")
    return body + ("" if any(c in body for c in ".e") else ".0") + suffix


def emit(kind, name, comment, coefficients, error):
    text = ", ".join(as_floating(literal(c, kind)) for c in coefficients)
    print(f"  // {comment} Error 2^{float(mp.log(error, 2)):.1f}.")
    print(f"  static constexpr {kind} {name}[] = {{{text}}};")


def log_tail(z):
    s = mp.sqrt(z)
    return ((mp.log((1 + s) / (1 - s)) / s) - 2) / z


def tables(kind):
    single = kind == "float"
    half_ln2 = mp.log(2) / 2 * mpf("1.001")
    tiny = mpf(10) ** -40
    emit(kind, "kExp", "(e^r - 1 - r) / r^2 for |r| <= ln(2)/2, relative to (e^r - 1) / r.",
         *fit(lambda r: (mp.expm1(r) - r) / r**2 if r else mpf(1) / 2, lambda r: r**2 / mp.expm1(r) if r else tiny,
              -half_ln2, half_ln2, 5 if single else 10, kind))
    emit(kind, "kLog", "(log((1 + s) / (1 - s)) / s - 2) / s^2 in z = s^2, s up to (sqrt(2) - 1) / (sqrt(2) + 1).",
         *fit(log_tail, lambda z: z / 2, mpf(10) ** -20, mpf("0.02945"), 3 if single else 6, kind))
    emit(kind, "kErf", "erf(x) / x - 1 in x^2, |x| <= 1, relative to erf(x) / x.",
         *fit(lambda u: mp.erf(mp.sqrt(u)) / mp.sqrt(u) - 1, lambda u: mp.sqrt(u) / mp.erf(mp.sqrt(u)), mpf(10) ** -20,
              mpf(1), 6 if single else 12, kind))
    emit(kind, "kLogErfc", f"log(erfc(x)) in x - 1, x from 1 to {4 if single else 6}, error of erfc itself.",
         *fit(lambda t: mp.log(mp.erfc(t + 1)), lambda t: mp.erfc(t + 1), mpf(0), mpf(3 if single else 5),
              7 if single else 18, kind))
    eighth = mpf(1) / 8
    emit(kind, "kSinTurn", "sin(2 pi t) / t in t^2, |t| <= 1/8, relative.",
         *fit(lambda u: mp.sin(2 * mp.pi * mp.sqrt(u)) / mp.sqrt(u),
              lambda u: mp.sqrt(u) / mp.sin(2 * mp.pi * mp.sqrt(u)), mpf(10) ** -20, eighth**2, 3 if single else 7, kind))
    emit(kind, "kCosTurn", "(cos(2 pi t) - 1) / t^2 in t^2, |t| <= 1/8, error of the cosine.",
         *fit(lambda u: (mp.cos(2 * mp.pi * mp.sqrt(u)) - 1) / u, lambda u: u, mpf(10) ** -20, eighth**2,
              3 if single else 7, kind))


print("""// Made by scripts/fit_math_coefficients.py. Lowest power first.
#pragma once

namespace gradus::kernels {

// clang-format off
template <typename T>
struct MathCoefficients;
""")
for scalar in ("float", "double"):
    print(f"template <>\nstruct MathCoefficients<{scalar}> {{")
    tables(scalar)
    print("};\n")
print("// clang-format on\n\n}  // namespace gradus::kernels")
