#include "kernels/numbers.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "kernels/dispatch-inl.h"
#include "kernels/plain_number.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/numbers.cc"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

#include "kernels/simd-inl.h"

#ifndef GRADUS_KERNELS_NUMBERS_ONCE
#define GRADUS_KERNELS_NUMBERS_ONCE
namespace gradus::kernels {

/// The last 16 or 24 bytes of the text up to the end of each of 64 cells, as words of eight bytes. What stands before
/// the cell is still in them. Cells take turns in `even` and `odd`: interleaving a vector of each gives the words of
/// its cells in order.
struct CellTile {
  alignas(64) uint64_t even[kCellsInWord];       // words 1 and 0 of cells 0, 2, 4, ...; word 0 ends with the cell
  alignas(64) uint64_t odd[kCellsInWord];        // of cells 1, 3, 5, ...
  alignas(64) uint64_t third[kCellsInWord];      // word 2
  alignas(64) uint64_t distances[kCellsInWord];  // from the mark before the cell to that behind it
};

inline std::size_t whole_vectors(std::size_t rows) {
  return (rows + kNumbersAtOnce - 1) / kNumbersAtOnce * kNumbersAtOnce;
}

}  // namespace gradus::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace gradus::kernels::HWY_NAMESPACE {

#if HWY_TARGET == HWY_EMU128 || HWY_TARGET == HWY_SCALAR

void parse_column(const CellGrid& grid, std::size_t column, std::size_t rows, char point, double* values,
                  uint64_t* left) {
  for (std::size_t word = 0; word < (rows + kCellsInWord - 1) / kCellsInWord; ++word) left[word] = 0;
  for (std::size_t i = 0; i < rows; ++i) {
    const uint32_t* mark = grid.marks + i * grid.stride + column;
    const uint32_t start = mark[-1] + 1;  // 0 where the text starts with the cell
    if (!parse_plain_number(grid.text + start, grid.text + mark[0], point, values[i]))
      left[i / kCellsInWord] |= uint64_t{1} << i % kCellsInWord;
  }
}

#else

namespace hn = hwy::HWY_NAMESPACE;
using Words = hn::CappedTag<uint64_t, kNumbersAtOnce>;
using Bytes = hn::Repartition<uint8_t, Words>;
using SignedBytes = hn::Repartition<int8_t, Words>;
using Signed = hn::RebindToSigned<Words>;
using Floats = hn::Repartition<double, Words>;
using Word = hn::Vec<Words>;
using Number = hn::Vec<Floats>;

constexpr uint64_t kEachByte = 0x0101010101010101;
alignas(16) constexpr uint8_t kSpread[16] = {0, 0, 0, 0, 0, 0, 0, 0, 8, 8, 8, 8, 8, 8, 8, 8};

/// Cells first .. first + rows - 1. A last vector that is not full is filled up with the last cell.
void gather(const CellGrid& grid, std::size_t column, std::size_t first, std::size_t rows, CellTile& tile) {
  const auto take = [&](std::size_t i, const uint32_t* mark, uint64_t* side) {
    std::memcpy(side + i / 2 * 2, grid.text + mark[0] - 16, 16);
    tile.distances[i] = mark[0] - mark[-1];
  };
  const uint32_t* mark = grid.marks + first * grid.stride + column;
  std::size_t i = 0;
  for (; i + 2 <= rows; i += 2) {
    take(i, mark, tile.even);
    take(i + 1, mark + grid.stride, tile.odd);
    mark += 2 * grid.stride;
  }
  const uint32_t* last = grid.marks + (first + rows - 1) * grid.stride + column;
  for (; i < whole_vectors(rows); ++i) take(i, last, i % 2 == 0 ? tile.even : tile.odd);
}

void gather_third(const CellGrid& grid, std::size_t column, std::size_t first, std::size_t rows, CellTile& tile) {
  for (std::size_t i = 0; i < whole_vectors(rows); ++i) {
    const std::size_t row = first + std::min(i, rows - 1);
    std::memcpy(tile.third + i, grid.text + grid.marks[row * grid.stride + column] - 24, 8);
  }
}

/// True when some cell has more than 16 bytes.
bool any_long(const CellTile& tile, std::size_t rows) {
  const Words d;
  auto longest = hn::Zero(hn::Repartition<uint32_t, Words>());
  for (std::size_t i = 0; i < rows; i += hn::Lanes(d))
    longest = hn::Max(longest, hn::BitCast(hn::Repartition<uint32_t, Words>(), hn::Load(d, tile.distances + i)));
  const auto over = hn::Gt(longest, hn::Set(hn::Repartition<uint32_t, Words>(), 17U));
  return !hn::AllFalse(hn::Repartition<uint32_t, Words>(), over);
}

/// The bytes of word `index` from the end (0, 1 or 2): XOR with '0' makes digits 0 .. 9.
struct CellBytes {
  // Those that g++ would write itself are not compiled for the target, as NEON's vectors want.
  HWY_INLINE CellBytes() {}
  HWY_INLINE CellBytes(Word some_digits, Word a_point, Word a_minus)
      : digits(some_digits), point(a_point), minus(a_minus) {}
  Word digits;  // 0 where the point, the sign and other cells are
  Word point;   // all ones in its byte
  Word minus;
};

HWY_INLINE Word where(hn::Mask<SignedBytes> mask) {
  return hn::BitCast(Words(), hn::VecFromMask(SignedBytes(), mask));
}

HWY_INLINE CellBytes read_word(Word text, Word length, uint64_t index, hn::Vec<SignedBytes> point) {
  const Words d;
  const SignedBytes db;
  // How far from the cell's end each byte stands.
  const auto distance = hn::BitCast(db, hn::Set(d, 0x0102030405060708 + index * 8 * kEachByte));
  const auto bytes = hn::BitCast(db, length);
  const auto x =
      hn::IfThenZeroElse(hn::Gt(distance, bytes), hn::BitCast(db, hn::Xor(text, hn::Set(d, plain_number::kZeros))));
  const auto is_point = hn::Eq(x, point);
  const auto is_minus = hn::And(hn::Eq(x, hn::Set(db, '-' ^ '0')), hn::Eq(distance, bytes));
  const auto digits = hn::IfThenZeroElse(hn::Or(is_point, is_minus), x);
  return {hn::BitCast(d, digits), where(is_point), where(is_minus)};
}

/// Neighbours a and b to 10 a + b, in 16 bits.
HWY_INLINE Word join_digits(Word digits) {
  const Words d;
#if HWY_TARGET == HWY_AVX3
  return Word{_mm512_maddubs_epi16(digits.raw, hn::Set(hn::Repartition<uint16_t, Words>(), uint16_t{0x010A}).raw)};
#elif HWY_TARGET == HWY_AVX2
  return Word{_mm256_maddubs_epi16(digits.raw, hn::Set(hn::Repartition<uint16_t, Words>(), uint16_t{0x010A}).raw)};
#else
  const hn::Repartition<uint16_t, Words> d16;
  const auto pairs = hn::BitCast(d16, digits);
  const auto tens = hn::Mul(hn::And(pairs, hn::Set(d16, uint16_t{0xFF})), hn::Set(d16, uint16_t{10}));
  return hn::BitCast(d, hn::Add(tens, hn::ShiftRight<8>(pairs)));
#endif
}

/// Neighbours a and b of 16 bits to 100 a + b, in 32 bits.
HWY_INLINE Word join_pairs(Word pairs) {
  const Words d;
  const hn::Repartition<uint32_t, Words> d32;
#if HWY_TARGET == HWY_AVX3
  return Word{_mm512_madd_epi16(pairs.raw, hn::Set(d32, 0x00010064U).raw)};
#elif HWY_TARGET == HWY_AVX2
  return Word{_mm256_madd_epi16(pairs.raw, hn::Set(d32, 0x00010064U).raw)};
#else
  const hn::Repartition<uint16_t, Words> d16;
  const auto scaled = hn::BitCast(d32, hn::Mul(hn::BitCast(d16, pairs), hn::BitCast(d16, hn::Set(d32, 0x00010064U))));
  return hn::BitCast(d, hn::Add(hn::And(scaled, hn::Set(d32, 0xFFFFU)), hn::ShiftRight<16>(scaled)));
#endif
}

/// The number that eight digits make, the first in the lowest byte.
HWY_INLINE Word value_of(Word digits) {
  const hn::Repartition<uint32_t, Words> d32;
  const Word fours = join_pairs(join_digits(digits));
  return hn::Add(hn::MulEven(hn::BitCast(d32, fours), hn::Set(d32, 10000U)), hn::ShiftRight<32>(fours));
}

/// Exact, for whole numbers below 2^52: they become the low bits of a double from 2^52 on.
HWY_INLINE Number to_double(Word whole) {
  const Floats df;
  const auto base = hn::Set(df, 0x1p52);
  return hn::Sub(hn::BitCast(df, hn::Or(whole, hn::BitCast(Words(), base))), base);
}

HWY_INLINE Word nonzero(Word x) {
  const Words d;
  return hn::VecFromMask(d, hn::Ne(x, hn::Zero(d)));
}

/// A cell in `words` words without its point: the bytes up to there have moved one further.
template <int words>
struct WithoutPoint {
  HWY_INLINE WithoutPoint() {}
  Word digits[3];
  Word moved;  // how many bytes moved, 0 when there is no point
};

template <int words>
HWY_INLINE WithoutPoint<words> remove_point(const CellBytes* cell) {
  const Words d;
  const Word one = hn::Set(d, uint64_t{1});
  WithoutPoint<words> out;
  Word seen = hn::Zero(d);
  Word moved = hn::Zero(d);
  for (int i = 0; i < words; ++i) {
    seen = hn::Or(seen, cell[i].point);
    // The point's byte and those before it; all when it stands in an earlier word, nearer to the end.
    const Word up_to = hn::And(hn::Or(cell[i].point, hn::Sub(cell[i].point, one)), nonzero(seen));
    Word shifted = hn::ShiftLeft<8>(cell[i].digits);
    if (i + 1 < words) shifted = hn::Or(shifted, hn::ShiftRight<56>(cell[i + 1].digits));
    out.digits[i] = hn::IfVecThenElse(up_to, shifted, cell[i].digits);
    moved = hn::BitCast(d, hn::Sub(hn::BitCast(Bytes(), moved), hn::BitCast(Bytes(), up_to)));
  }
  out.moved = hn::SumsOf8(hn::BitCast(Bytes(), moved));
  return out;
}

// 10^(-i mod 8).
alignas(64) constexpr double kPowersByPlace[8] = {1e0, 1e7, 1e6, 1e5, 1e4, 1e3, 1e2, 1e1};

/// 10^decimals. The point's place in its word gives all but a multiple of eight of them.
template <int words>
HWY_INLINE Number power_of(const CellBytes* cell, Word moved) {
  const Words d;
  const Floats df;
  const auto place = hn::BitCast(Signed(), hn::And(moved, hn::Set(d, uint64_t{7})));
#if HWY_TARGET == HWY_AVX3
  Number power = hn::TableLookupLanes(hn::Load(df, kPowersByPlace), hn::IndicesFromVec(df, place));
#else
  Number power = hn::GatherIndex(df, kPowersByPlace, place);
#endif
  const auto in = [](Word point) HWY_ATTR { return hn::RebindMask(Floats(), hn::Ne(point, hn::Zero(Words()))); };
  power = hn::IfThenElse(in(cell[1].point), hn::Mul(power, hn::Set(df, 1e8)), power);
  if constexpr (words == 3) power = hn::IfThenElse(in(cell[2].point), hn::Mul(power, hn::Set(df, 1e16)), power);
  return power;
}

/// A whole number as the sum of two doubles, exactly.
struct Whole {
  Number high;
  Number low;
};

template <int words>
HWY_INLINE Whole whole_of(const Word* digits) {
  const auto group = hn::Set(Floats(), 1e8);
  Number upper = to_double(value_of(digits[1]));
  if constexpr (words == 3) upper = fma(to_double(value_of(digits[2])), group, upper);  // at most 23 digits: exact
  const Number lower = to_double(value_of(digits[0]));
  const Number high = fma(upper, group, lower);
  return {high, hn::Add(hn::MulSub(upper, group, high), lower)};
}

/// whole / power, where `decided` says that it is correctly rounded. The quotient of the high part and what it leaves
/// over are exact together, so the true quotient lies within the bounds; where both round to one double, so does it.
HWY_INLINE Number divide(const Whole& whole, Number power, hn::Mask<Floats>& decided) {
  const Floats df;
  const Number quotient = hn::Div(whole.high, power);
  if (HWY_LIKELY(hn::AllTrue(df, hn::Eq(whole.low, hn::Zero(df))))) return quotient;
  const Number rest = hn::Div(hn::Add(negative_fma(quotient, power, whole.high), whole.low), power);
  const Number nearer = hn::Add(quotient, hn::Mul(rest, hn::Set(df, 1.0 - 0x1p-50)));
  const Number farther = hn::Add(quotient, hn::Mul(rest, hn::Set(df, 1.0 + 0x1p-50)));
  decided = hn::And(decided, hn::Eq(nearer, farther));
  return nearer;
}

/// Not 0 in the lanes whose cell is no plain number of at most 22 digits.
template <int words>
HWY_INLINE Word faults_of(const CellBytes* cell, Word length, Word negative) {
  const Words d;
  const Bytes d8;
  auto largest = hn::BitCast(d8, cell[0].digits);
  auto points = hn::Sub(hn::Zero(d8), hn::BitCast(d8, cell[0].point));
  for (int i = 1; i < words; ++i) {
    largest = hn::Max(largest, hn::BitCast(d8, cell[i].digits));
    points = hn::Sub(points, hn::BitCast(d8, cell[i].point));
  }
  const Word count = hn::SumsOf8(points);
  const Word digits = hn::Sub(length, hn::Add(count, hn::ShiftRight<63>(negative)));
  const Word not_digits = hn::BitCast(d, hn::SaturatedSub(largest, hn::Set(d8, uint8_t{9})));
  const Word none = hn::ShiftRight<63>(hn::Sub(digits, hn::Set(d, uint64_t{1})));
  Word faults = hn::Or(hn::Or(not_digits, hn::ShiftRight<1>(count)), none);
  if constexpr (words == 3) {
    const Word many = hn::Or(hn::Sub(hn::Set(d, uint64_t{22}), digits), hn::Sub(hn::Set(d, uint64_t{24}), length));
    faults = hn::Or(faults, hn::ShiftRight<63>(many));
  }
  return faults;
}

/// One vector of cells; returns which of them are numbers.
template <int words>
HWY_INLINE hn::Mask<Floats> parse_vector(const CellTile& tile, std::size_t i, hn::Vec<SignedBytes> point, double* out) {
  const Words d;
  const Floats df;
  const hn::Repartition<uint32_t, Words> d32;
  // The length in every byte of its word; 127 for all that are longer.
  const auto least = hn::Min(hn::BitCast(d32, hn::Load(d, tile.distances + i)), hn::Set(d32, 128U));
  const Word length = hn::TableLookupBytes(hn::Sub(hn::BitCast(d, least), hn::Set(d, uint64_t{1})),
                                           hn::BitCast(d, hn::LoadDup128(Bytes(), kSpread)));
  const Word even = hn::Load(d, tile.even + i);
  const Word odd = hn::Load(d, tile.odd + i);
  CellBytes cell[words];
  cell[0] = read_word(hn::InterleaveUpper(d, even, odd), length, 0, point);
  cell[1] = read_word(hn::InterleaveLower(even, odd), length, 1, point);
  Word minus = hn::Or(cell[0].minus, cell[1].minus);
  if constexpr (words == 3) {
    cell[2] = read_word(hn::Load(d, tile.third + i), length, 2, point);
    minus = hn::Or(minus, cell[2].minus);
  }
  const Word negative = nonzero(minus);
  const Word faults = faults_of<words>(cell, hn::And(length, hn::Set(d, uint64_t{127})), negative);
  auto decided = hn::RebindMask(df, hn::Eq(faults, hn::Zero(d)));
  const WithoutPoint<words> plain = remove_point<words>(cell);
  const Number magnitude = divide(whole_of<words>(plain.digits), power_of<words>(cell, plain.moved), decided);
  hn::StoreU(hn::BitCast(df, hn::Or(hn::BitCast(d, magnitude), hn::ShiftLeft<63>(negative))), df, out);
  return decided;
}

/// Up to 64 cells; returns a bit for each that is left.
template <int words>
uint64_t parse_tile(const CellTile& tile, std::size_t rows, char point, double* out) {
  const auto mark = hn::Set(SignedBytes(), static_cast<int8_t>(point ^ '0'));
  const std::size_t lanes = hn::Lanes(Words());
  uint64_t taken = 0;
  for (std::size_t i = 0; i < rows; i += lanes) {
    uint8_t bits[8] = {};
    hn::StoreMaskBits(Floats(), parse_vector<words>(tile, i, mark, out + i), bits);
    taken |= uint64_t{bits[0]} << i;
  }
  const uint64_t all = rows == kCellsInWord ? ~uint64_t{0} : (uint64_t{1} << rows) - 1;
  return ~taken & all;
}

void parse_column(const CellGrid& grid, std::size_t column, std::size_t rows, char point, double* values,
                  uint64_t* left) {
  CellTile tile;
  for (std::size_t first = 0; first < rows; first += kCellsInWord) {
    const std::size_t count = std::min(kCellsInWord, rows - first);
    gather(grid, column, first, count, tile);
    if (!any_long(tile, count)) {
      left[first / kCellsInWord] = parse_tile<2>(tile, count, point, values + first);
    } else {
      gather_third(grid, column, first, count, tile);
      left[first / kCellsInWord] = parse_tile<3>(tile, count, point, values + first);
    }
  }
}

#endif

}  // namespace gradus::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::kernels {

void parse_numbers(const CellGrid& grid, std::size_t column, std::size_t rows, char point, double* values,
                   uint64_t* left) noexcept {
  GRADUS_DISPATCH(parse_column(grid, column, rows, point, values, left))
}

}  // namespace gradus::kernels
#endif  // HWY_ONCE
