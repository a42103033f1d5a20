// Layers, activations, heads and encodings in C: the same operations in the same order as in kernels/ and data/.
#include "interop/c_math.h"

namespace gradus {

const std::string_view kCRowSum = R"(
/* Sixteen partial sums, lane j of terms j, j + 16, ..., then added as a tree. */
static $real$ @fold($real$ *lanes) {
  int half, j;
  for (half = 8; half > 0; half /= 2)
    for (j = 0; j < half; ++j) lanes[j] += lanes[j + half];
  return lanes[0];
}
static $real$ @row_sum(const $real$ *terms, int count) {
  $real$ lanes[16] = {$zero$};
  int j;
  for (j = 0; j < count; ++j) lanes[j % 16] += terms[j];
  return @fold(lanes);
}
)";

const std::string_view kCAffine = R"(
/* z = x W + bias, W (inputs x outputs) row by row. */
static void @affine(const $real$ *x, int inputs, const $real$ *weight, const $real$ *bias, int outputs, $real$ *z) {
  int i, j;
  memcpy(z, bias, (size_t)outputs * sizeof *z);
  for (j = 0; j < inputs; ++j, weight += outputs) {
    const $real$ a = x[j];
    if (a == $zero$) continue;
    for (i = 0; i < outputs; ++i) z[i] = @@FMA(a, weight[i], z[i]);
  }
}
)";

const std::string_view kCAffineInt8 = R"(
/* z = x W + bias, element (j, i) of W being weight[j * outputs + i] * scale[i]. */
static void @affine_int8(const $real$ *x, int inputs, const signed char *weight, const $real$ *scale,
                         const $real$ *bias, int outputs, $real$ *z) {
  int i, j;
  memcpy(z, bias, (size_t)outputs * sizeof *z);
  for (j = 0; j < inputs; ++j, weight += outputs) {
    const $real$ a = x[j];
    if (a == $zero$) continue;
    for (i = 0; i < outputs; ++i) {
      const $real$ w = scale[i] * ($real$)weight[i];
      z[i] = @@FMA(a, w, z[i]);
    }
  }
}
)";

const std::string_view kCPeriodic = R"(
/* x, then `mixtures` sums of `hidden` cosines. `table`: frequencies, phases, weight (mixtures x hidden), bias. */
static void @periodic($real$ x, int hidden, int mixtures, const $real$ *table, $real$ *out) {
  const $real$ *phase = table + hidden, *weight = phase + hidden;
  int k, o;
  out[0] = x;
  memcpy(out + 1, weight + mixtures * hidden, (size_t)mixtures * sizeof *out);
  for (k = 0; k < hidden; ++k) {
    const $real$ turns = phase[k] * $turns_per_radian$;
    const $real$ cosine = @cos_turns(@@FMA(table[k], x, turns));
    for (o = 0; o < mixtures; ++o) out[1 + o] = @@FMA(weight[o * hidden + k], cosine, out[1 + o]);
  }
}
)";

const std::string_view kCLevel = R"(
/* The row of a table that the index x stands for. */
static const $real$ *@level($real$ x, int levels, int width, const $real$ *table) {
  const int level = x >= $zero$ && x < ($real$)levels ? (int)x : levels - 1;
  return table + (size_t)level * (size_t)width;
}
)";

const std::string_view kCScale = R"(
static void @scale($real$ *a, const $real$ *factors, int count) {
  int j;
  for (j = 0; j < count; ++j) a[j] *= factors[j];
}
)";

const std::string_view kCBlend = R"(
/* z + share (a - z) */
static void @blend($real$ *a, const $real$ *z, const $real$ *share, int count) {
  int j;
  for (j = 0; j < count; ++j) {
    const $real$ rise = a[j] - z[j];
    a[j] = @@FMA(share[j], rise, z[j]);
  }
}
)";

const std::string_view kCLayerNorm = R"(
static void @layer_norm($real$ *a, int width, $real$ epsilon, const $real$ *scale, const $real$ *shift) {
  $real$ lanes[16] = {$zero$};
  const $real$ mean = @row_sum(a, width) / ($real$)width;
  $real$ variance, inverse;
  int j;
  for (j = 0; j < width; ++j) {
    const $real$ centred = a[j] - mean;
    const $real$ square = centred * centred;
    lanes[j % 16] += square;
  }
  variance = @fold(lanes) / ($real$)width;
  inverse = $one$ / sqrt$f$(variance + epsilon);
  for (j = 0; j < width; ++j) {
    const $real$ value = (a[j] - mean) * inverse;
    a[j] = @@FMA(scale[j], value, shift[j]);
  }
}
)";

const std::string_view kCSum = R"(
static void @sum($real$ *a, const $real$ *kept, int count) {
  int j;
  for (j = 0; j < count; ++j) a[j] += kept[j];
}
)";

const std::string_view kCSigmoids = R"(
static void @sigmoid($real$ *a, int count) {
  int j;
  for (j = 0; j < count; ++j) a[j] = @sigmoid_of(a[j]);
}
)";

const std::string_view kCTanhs = R"(
static void @tanh($real$ *a, int count) {
  int j;
  for (j = 0; j < count; ++j) a[j] = @tanh_of(a[j]);
}
)";

const std::string_view kCRelu = R"(
static void @relu($real$ *a, int count) {
  int j;
  for (j = 0; j < count; ++j)
    if (a[j] <= $zero$) a[j] = $zero$;
}
)";

const std::string_view kCLeakyRelu = R"(
static void @leaky_relu($real$ *a, int count) {
  int j;
  for (j = 0; j < count; ++j)
    if (!(a[j] > $zero$)) a[j] *= $leaky_slope$;
}
)";

const std::string_view kCElu = R"(
static void @elu($real$ *a, int count) {
  int j;
  for (j = 0; j < count; ++j)
    if (!(a[j] > $zero$)) a[j] = @expm1(a[j]);
}
)";

const std::string_view kCSelu = R"(
static void @selu($real$ *a, int count) {
  int j;
  for (j = 0; j < count; ++j) a[j] = a[j] > $zero$ ? $selu_scale$ * a[j] : $selu_negative$ * @expm1(a[j]);
}
)";

const std::string_view kCGelu = R"(
/* z times the normal distribution function of z */
static void @gelu($real$ *a, int count) {
  int j;
  for (j = 0; j < count; ++j) a[j] *= @@FMA($half$, @erf_of(a[j] * $sqrt_half$), $half$);
}
)";

const std::string_view kCSilu = R"(
static void @silu($real$ *a, int count) {
  int j;
  for (j = 0; j < count; ++j) a[j] *= @sigmoid_of(a[j]);
}
)";

const std::string_view kCMish = R"(
/* z tanh(softplus(z)) = z n / (n + 2), n = e (e + 2), e = exp(z) */
static void @mish($real$ *a, int count) {
  int j;
  for (j = 0; j < count; ++j) {
    const $real$ e = @exp(a[j] > $mish_one$ ? $mish_one$ : a[j]);
    const $real$ n = e * (e + $two$);
    a[j] *= n / (n + $two$);
  }
}
)";

const std::string_view kCSoftpluses = R"(
static void @softplus($real$ *a, int count) {
  int j;
  for (j = 0; j < count; ++j) a[j] = @softplus_of(a[j]);
}
)";

const std::string_view kCSoftsign = R"(
static void @softsign($real$ *a, int count) {
  int j;
  for (j = 0; j < count; ++j) a[j] /= $one$ + fabs$f$(a[j]);
}
)";

const std::string_view kCHardSigmoid = R"(
static void @hard_sigmoid($real$ *a, int count) {
  int j;
  for (j = 0; j < count; ++j) {
    const $real$ line = a[j] / $six$ + $half$;
    a[j] = line < $zero$ ? $zero$ : line > $one$ ? $one$ : line;
  }
}
)";

const std::string_view kCExponentials = R"(
static void @exponentials($real$ *a, int count) {
  int j;
  for (j = 0; j < count; ++j) a[j] = @exp(a[j]);
}
)";

const std::string_view kCSoftmax = R"(
static void @softmax($real$ *a, int count) {
  $real$ largest = -INFINITY, sum;
  int j;
  for (j = 0; j < count; ++j)
    if (a[j] > largest) largest = a[j];
  for (j = 0; j < count; ++j) a[j] = @exp(a[j] - largest);
  sum = @row_sum(a, count);
  for (j = 0; j < count; ++j) a[j] /= sum;
}
)";

const std::string_view kCQuantiles = R"(
/* Target by target the lowest quantile, then steps up, which a softplus keeps above 0. */
static void @quantiles($real$ *a, int count, int each) {
  int j;
  for (j = 0; j < count; ++j)
    if (j % each != 0) a[j] = @softplus_of(a[j]) + a[j - 1];
}
)";

const std::string_view kCToFloat = R"(
static float @to_float(double x) {
  if (x > (double)FLT_MAX) return FLT_MAX;
  if (x < -(double)FLT_MAX) return -FLT_MAX;
  return (float)x;
}
)";

const std::string_view kCToDouble = R"(
static double @to_double(double x) {
  if (x > DBL_MAX) return DBL_MAX;
  if (x < -DBL_MAX) return -DBL_MAX;
  return x;
}
)";

const std::string_view kCNumber = R"(
/* y = (x - mean) * scale, or `fill` where x is missing. `wide`: x keeps the digits that a float has no room for.
   `clip`: y / sqrt(1 + (y/3)^2). */
static int @number(double x, int wide, int clip, double mean, double scale, $real$ fill, $real$ *feature) {
  double y, third, square;
  if (!(x - x == 0.0)) { /* NaN or infinite */
    *feature = fill;
    return 1;
  }
  if (!wide) x = (double)@to_float(x);
  y = (x - mean) * scale;
  if (clip) {
    third = y / 3.0;
    square = third * third;
    y /= sqrt(1.0 + square);
  }
  *feature = @to_$real$(y);
  return 0;
}
)";

const std::string_view kCCategory = R"(
/* The place of `text` among `count` sorted categories, `count` for all others, or `missing`. */
static int @category(const char *text, const char *const *categories, int count, int missing) {
  int low = 0, high = count;
  if (text == NULL || text[0] == '\0') return missing;
  while (low < high) {
    const int middle = low + (high - low) / 2;
    const int order = strcmp(categories[middle], text);
    if (order == 0) return middle;
    if (order < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return count;
}
)";

}  // namespace gradus
