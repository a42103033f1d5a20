// The texts behind c_functions.h; see c_source.h for `@` and `$...$`.
#pragma once

#include <string_view>

namespace gradus {

extern const std::string_view kCFmaSingle, kCFmaDouble, kCBits, kCPolynomial, kCExpParts, kCExp, kCTwoSumError, kCExpm1,
    kCDivide, kCTanh, kCCosTurns, kCSigmoid, kCSoftplus, kCErf;  // c_math.cc

extern const std::string_view kCRowSum, kCAffine, kCAffineInt8, kCPeriodic, kCLevel, kCScale, kCBlend, kCLayerNorm,
    kCSum, kCSigmoids, kCTanhs, kCRelu, kCLeakyRelu, kCElu, kCSelu, kCGelu, kCSilu, kCMish, kCSoftpluses, kCSoftsign,
    kCHardSigmoid, kCExponentials, kCSoftmax, kCQuantiles, kCToFloat, kCToDouble, kCNumber, kCCategory;  // c_layers.cc

}  // namespace gradus
