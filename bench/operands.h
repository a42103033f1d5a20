// Row-major operands of one product, as the rivals hold them: 64-byte-aligned like ours.
#pragma once

#include <cstdint>

#include "base/buffer.h"
#include "contender.h"

namespace gradus::bench {

inline AlignedBuffer<float> filled(int64_t size) {
  AlignedBuffer<float> buffer(size);
  for (int64_t i = 0; i < size; ++i) buffer.data()[i] = sample_value(i);
  return buffer;
}

struct Operands {
  explicit Operands(const Product& product) : p(product), a(filled(p.m * p.k)), b(filled(p.k * p.n)), c(p.m * p.n) {}

  bool a_transposed() const { return p.form == Form::tn; }
  bool b_transposed() const { return p.form == Form::nt; }
  int64_t a_stride() const { return a_transposed() ? p.m : p.k; }
  int64_t b_stride() const { return b_transposed() ? p.k : p.n; }

  Product p;
  AlignedBuffer<float> a, b, c;
};

}  // namespace gradus::bench
