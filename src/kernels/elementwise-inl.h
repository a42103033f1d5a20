// One loop over several arrays at once, a vector at a time. Included only by kernels/*.cc.
#if defined(GRADUS_KERNELS_ELEMENTWISE_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef GRADUS_KERNELS_ELEMENTWISE_INL_H
#undef GRADUS_KERNELS_ELEMENTWISE_INL_H
#else
#define GRADUS_KERNELS_ELEMENTWISE_INL_H
#endif

#include <cstdint>

#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace gradus::kernels {
namespace HWY_NAMESPACE {

/// Calls body(i, io) for every vector, `io` a loader and storer of whole vectors or of the partial one at the end.
struct Whole {
  template <class D, typename T>
  HWY_INLINE hn::Vec<D> load(D d, const T* from) const {
    return hn::LoadU(d, from);
  }
  template <class D, typename T>
  HWY_INLINE void store(D d, hn::Vec<D> v, T* to) const {
    hn::StoreU(v, d, to);
  }
};
struct Partial {
  int64_t count;
  template <class D, typename T>
  HWY_INLINE hn::Vec<D> load(D d, const T* from) const {
    return load_first(d, from, count);
  }
  template <class D, typename T>
  HWY_INLINE void store(D d, hn::Vec<D> v, T* to) const {
    store_first(d, v, to, count);
  }
};

template <typename T, class Body>
HWY_INLINE void for_vectors(int64_t count, const Body& body) {
  constexpr int64_t N = lanes<T>();
  int64_t i = 0;
  for (; i + N <= count; i += N) body(i, Whole());
  if (i < count) body(i, Partial{count - i});
}

}  // namespace HWY_NAMESPACE
}  // namespace gradus::kernels
HWY_AFTER_NAMESPACE();

#endif  // include guard
