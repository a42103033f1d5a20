#include "interop/c_functions.h"

#include <fmt/format.h>

#include <array>
#include <span>
#include <string_view>
#include <vector>

#include "interop/c_math.h"
#include "interop/c_text.h"
#include "kernels/math_coefficients.h"
#include "kernels/math_constants.h"

namespace gradus {
namespace {

struct CFunction {
  std::string_view name;
  std::vector<std::string_view> calls;
  std::string_view text;
};

// Constants of the activations, from kernels/activation_functors-inl.h.
constexpr double kSeluScale = 1.0507009873554804934193349852946;
constexpr double kSeluAlpha = 1.6732632423543772848170429916717;
constexpr double kLeakySlope = 0.01;
constexpr double kSqrtHalf = 0.70710678118654752440;
constexpr double kTurnsPerRadian = 0.15915494309189533577;  // as in kernels/periodic.cc

/// In order: what is called stands before what calls it.
const std::vector<CFunction>& functions() {
  static const std::vector<CFunction> all = {
      {"bits", {}, kCBits},
      {"polynomial", {}, kCPolynomial},
      {"exp_parts", {"bits", "polynomial"}, kCExpParts},
      {"exp", {"exp_parts"}, kCExp},
      {"two_sum_error", {}, kCTwoSumError},
      {"expm1", {"exp_parts", "two_sum_error"}, kCExpm1},
      {"divide", {}, kCDivide},
      {"tanh_of", {"expm1", "divide"}, kCTanh},
      {"sigmoid_of", {"exp", "divide"}, kCSigmoid},
      {"softplus_of", {"exp", "bits", "polynomial"}, kCSoftplus},
      {"erf_of", {"exp", "polynomial"}, kCErf},
      {"cos_turns", {"polynomial"}, kCCosTurns},
      {"row_sum", {}, kCRowSum},
      {"affine", {}, kCAffine},
      {"affine_int8", {}, kCAffineInt8},
      {"periodic", {"cos_turns"}, kCPeriodic},
      {"level", {}, kCLevel},
      {"scale", {}, kCScale},
      {"blend", {}, kCBlend},
      {"layer_norm", {"row_sum"}, kCLayerNorm},
      {"sum", {}, kCSum},
      {"sigmoid", {"sigmoid_of"}, kCSigmoids},
      {"tanh", {"tanh_of"}, kCTanhs},
      {"relu", {}, kCRelu},
      {"leaky_relu", {}, kCLeakyRelu},
      {"elu", {"expm1"}, kCElu},
      {"selu", {"expm1"}, kCSelu},
      {"gelu", {"erf_of"}, kCGelu},
      {"silu", {"sigmoid_of"}, kCSilu},
      {"mish", {"exp"}, kCMish},
      {"softplus", {"softplus_of"}, kCSoftpluses},
      {"softsign", {}, kCSoftsign},
      {"hard_sigmoid", {}, kCHardSigmoid},
      {"exponentials", {"exp"}, kCExponentials},
      {"softmax", {"exp", "row_sum"}, kCSoftmax},
      {"quantiles", {"softplus_of"}, kCQuantiles},
      {"to_float", {}, kCToFloat},
      {"to_double", {}, kCToDouble},
      {"number", {"to_float"}, kCNumber},
      {"category", {}, kCCategory},
  };
  return all;
}

void need(std::string_view name, std::set<std::string_view>& needed) {
  for (const CFunction& function : functions()) {
    if (function.name != name || !needed.insert(function.name).second) continue;
    for (const std::string_view callee : function.calls) need(callee, needed);
  }
}

template <typename T>
void set_constants(CSource& source) {
  using K = kernels::MathConstants<T>;
  const auto real = [&](const char* name, T value) { source.token(name, c_number(value)); };
  real("rounder", K::kRounder);
  real("integer_carrier", K::kIntegerCarrier);
  real("carrier_and_bias", K::kIntegerCarrier + T(K::kBias));
  real("log2e", K::kLog2E);
  real("ln2", K::kLn2);
  real("ln2_low", K::kLn2Low);
  real("root_half", K::kSqrtHalf);
  real("exp_low", K::kExpLow);
  real("exp_high", K::kExpHigh);
  real("expm1_low", K::kExpm1Low);
  real("tiny", K::kTiny);
  real("tanh_one", K::kTanhOne);
  real("erf_one", K::kErfOne);
  real("mish_one", K::kMishOne);
  real("sqrt_half", static_cast<T>(kSqrtHalf));
  real("selu_scale", static_cast<T>(kSeluScale));
  real("selu_negative", static_cast<T>(kSeluScale * kSeluAlpha));
  real("leaky_slope", static_cast<T>(kLeakySlope));
  for (const auto& [name, value] : {std::pair<const char*, double>{"zero", 0.0},
                                    {"half", 0.5},
                                    {"one", 1.0},
                                    {"two", 2.0},
                                    {"four", 4.0},
                                    {"six", 6.0},
                                    {"quarter", 0.25},
                                    {"turns_per_radian", kTurnsPerRadian}})
    real(name, static_cast<T>(value));
  source.token("mantissa", fmt::format("{}", K::kMantissa));
  source.token("two_biases", fmt::format("{}u", 2 * K::kBias));
  source.token("bias_less_one", fmt::format("{}u", K::kBias - 1));
}

template <typename T>
void write_coefficients(const std::set<std::string_view>& needed, CSource& source) {
  using C = kernels::MathCoefficients<T>;
  if (needed.count("exp_parts") != 0) source.array<T>("exp_terms", C::kExp);
  if (needed.count("softplus_of") != 0) source.array<T>("log_terms", C::kLog);
  if (needed.count("cos_turns") != 0) {
    source.array<T>("sin_terms", C::kSinTurn);
    source.array<T>("cos_terms", C::kCosTurn);
  }
  if (needed.count("erf_of") != 0) {
    source.array<T>("erf_terms", C::kErf);
    source.array<T>("log_erfc_terms", C::kLogErfc);
  }
}

}  // namespace

std::string c_activation(Activation activation) {
  return activation == Activation::identity ? "" : std::string(name(activation));
}

void write_functions(const CFunctions& wanted, CSource& source) {
  std::set<std::string_view> needed;
  for (const std::string& name : wanted) need(name, needed);
  if (wanted.count("number") != 0 && !source.single()) need("to_double", needed);
  if (source.single()) {
    set_constants<float>(source);
    write_coefficients<float>(needed, source);
  } else {
    set_constants<double>(source);
    write_coefficients<double>(needed, source);
  }
  source.add(source.single() ? kCFmaSingle : kCFmaDouble);
  for (const CFunction& function : functions())
    if (needed.count(function.name) != 0) source.add(function.text);
}

}  // namespace gradus
