// Made by scripts/fit_math_coefficients.py. Lowest power first.
#pragma once

namespace gradus::kernels {

// clang-format off
template <typename T>
struct MathCoefficients;

template <>
struct MathCoefficients<float> {
  // (e^r - 1 - r) / r^2 for |r| <= ln(2)/2, relative to (e^r - 1) / r. Error 2^-28.7.
  static constexpr float kExp[] = {0.5f, 0.166666657f, 0.041666355f, 0.00833337847f, 0.0013941084f, 0.000198516107f};
  // (log((1 + s) / (1 - s)) / s - 2) / s^2 in z = s^2, s up to (sqrt(2) - 1) / (sqrt(2) + 1). Error 2^-31.1.
  static constexpr float kLog[] = {0.666666627f, 0.400003403f, 0.285370767f, 0.235860184f};
  // erf(x) / x - 1 in x^2, |x| <= 1, relative to erf(x) / x. Error 2^-28.2.
  static constexpr float kErf[] = {0.128379166f, -0.37612626f, 0.112835824f, -0.0268536918f, 0.00518809911f, -0.000800818903f, 7.84725926e-05f};
  // log(erfc(x)) in x - 1, x from 1 to 4, error of erfc itself. Error 2^-26.9.
  static constexpr float kLogErfc[] = {-1.84960556f, -2.63896751f, -0.843106985f, -0.0415639877f, 0.0100475103f, -0.00201306492f, 0.000290075433f, -2.17903216e-05f};
  // sin(2 pi t) / t in t^2, |t| <= 1/8, relative. Error 2^-24.5.
  static constexpr float kSinTurn[] = {6.28318548f, -41.3416595f, 81.5923462f, -75.3933334f};
  // (cos(2 pi t) - 1) / t^2 in t^2, |t| <= 1/8, error of the cosine. Error 2^-27.1.
  static constexpr float kCosTurn[] = {-19.7392082f, 64.9393234f, -85.4436417f, 59.2429352f};
};

template <>
struct MathCoefficients<double> {
  // (e^r - 1 - r) / r^2 for |r| <= ln(2)/2, relative to (e^r - 1) / r. Error 2^-60.0.
  static constexpr double kExp[] = {0.5, 0.16666666666666677, 0.041666666666666435, 0.008333333333321433, 0.001388888888899093, 0.00019841269886592574, 2.4801587123812897e-05, 2.75572437563536e-06, 2.7557440065361731e-07, 2.5109192333771942e-08, 2.0864698275762148e-09};
  // (log((1 + s) / (1 - s)) / s - 2) / s^2 in z = s^2, s up to (sqrt(2) - 1) / (sqrt(2) + 1). Error 2^-59.1.
  static constexpr double kLog[] = {0.66666666666667362, 0.39999999999403496, 0.28571428744521193, 0.22222198376873564, 0.18183573736114841, 0.15313824139408538, 0.14798110329054243};
  // erf(x) / x - 1 in x^2, |x| <= 1, relative to erf(x) / x. Error 2^-56.3.
  static constexpr double kErf[] = {0.12837916709551259, -0.37612638903183748, 0.11283791670954854, -0.02686617064507231, 0.0052239776247753195, -0.00085483269784306939, 0.00012055331025793798, -1.4925593245923501e-05, 1.6460968721975601e-06, -1.6349982741897689e-07, 1.4657600165778558e-08, -1.1364607520605601e-09, 5.9435082339817824e-11};
  // log(erfc(x)) in x - 1, x from 1 to 6, error of erfc itself. Error 2^-57.8.
  static constexpr double kLogErfc[] = {-1.8496055099332482, -2.6389675142347881, -0.84310725635868655, -0.04156109804159179, 0.010033825371928505, -0.0019779025510959767, 0.00023732240789625539, 2.6278094448532506e-05, -2.715957480596495e-05, 9.6096072435221208e-06, -2.0605669406249576e-06, 1.4353832208517946e-07, 9.7136926405196224e-08, -5.1850477922072411e-08, 1.4849384331745716e-08, -2.8495816576581069e-09, 3.660080614374357e-10, -2.8608882469579202e-11, 1.0305267765735484e-12};
  // sin(2 pi t) / t in t^2, |t| <= 1/8, relative. Error 2^-54.2.
  static constexpr double kSinTurn[] = {6.2831853071795862, -41.341702240399762, 81.605249276074929, -76.705859752996673, 42.058693928724239, -15.094640379112835, 3.8197869688763366, -0.71161478863110195};
  // (cos(2 pi t) - 1) / t^2 in t^2, |t| <= 1/8, error of the cosine. Error 2^-55.4.
  static constexpr double kCosTurn[] = {-19.739208802178716, 64.939394022668296, -85.456817206693572, 60.244641371821729, -26.426256772983749, 7.9035352249807929, -1.7143172932934267, 0.2794753203369732};
};

// clang-format on

}  // namespace gradus::kernels
