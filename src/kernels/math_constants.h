// Constants of kernels/math-inl.h.
#pragma once

namespace gradus::kernels {

template <typename T>
struct MathConstants;

template <>
struct MathConstants<float> {
  static constexpr int kMantissa = 23;
  static constexpr int kBias = 127;
  static constexpr float kRounder = 0x1.8p23f;  // x + kRounder - kRounder rounds to an integer
  static constexpr float kIntegerCarrier = 0x1p23f;
  static constexpr float kLog2E = 0x1.715476p0f;
  static constexpr float kLn2 = 0x1.62e430p-1f;
  static constexpr float kLn2Low = -0x1.05c610p-29f;  // ln 2 - kLn2
  static constexpr float kSqrtHalf = 0x1.6a09e6p-1f;
  static constexpr float kExpLow = -104.0f;   // exp rounds to 0
  static constexpr float kExpHigh = 89.0f;    // exp overflows
  static constexpr float kExpm1Low = -30.0f;  // expm1 rounds to -1
  static constexpr float kTiny = 0x1p-26f;    // expm1(x) and log1p(x) round to x
  static constexpr float kTanhOne = 10.0f;    // tanh rounds to 1
  static constexpr float kErfOne = 4.0f;      // erf rounds to 1
  static constexpr float kMishOne = 20.0f;    // tanh(softplus) rounds to 1
  static constexpr float kDenormalScale = 0x1p25f;
  static constexpr float kDenormalExponent = -25.0f;
};

template <>
struct MathConstants<double> {
  static constexpr int kMantissa = 52;
  static constexpr int kBias = 1023;
  static constexpr double kRounder = 0x1.8p52;
  static constexpr double kIntegerCarrier = 0x1p52;
  static constexpr double kLog2E = 0x1.71547652b82fep0;
  static constexpr double kLn2 = 0x1.62e42fefa39efp-1;
  static constexpr double kLn2Low = 0x1.abc9e3b39803fp-56;
  static constexpr double kSqrtHalf = 0x1.6a09e667f3bcdp-1;
  static constexpr double kExpLow = -746.0;
  static constexpr double kExpHigh = 710.0;
  static constexpr double kExpm1Low = -50.0;
  static constexpr double kTiny = 0x1p-55;
  static constexpr double kTanhOne = 20.0;
  static constexpr double kErfOne = 6.0;
  static constexpr double kMishOne = 40.0;
  static constexpr double kDenormalScale = 0x1p54;
  static constexpr double kDenormalExponent = -54.0;
};

}  // namespace gradus::kernels
