// A fixed-size, zeroed, 64-byte-aligned array: whole cache lines and vectors of any target; large ones in huge pages.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>

#include "base/pages.h"

namespace gradus {

inline constexpr std::size_t kAlignment = 64;

/// T is float, double or another trivial type. Allocates once; never grows.
template <typename T>
class AlignedBuffer {
 public:
  AlignedBuffer() noexcept = default;
  explicit AlignedBuffer(int64_t size) : size_(size) {
    if (size == 0) return;
    const std::size_t bytes = static_cast<std::size_t>(size) * sizeof(T);
    const std::size_t alignment = alignment_of(size);
    data_ = {static_cast<T*>(::operator new (bytes, std::align_val_t{alignment})), Free{alignment}};
    if (alignment == kHugePageSize) ask_for_huge_pages(data_.get(), bytes / alignment * alignment);
    std::fill_n(data_.get(), size, T{});
  }

  T* data() noexcept { return data_.get(); }
  const T* data() const noexcept { return data_.get(); }
  int64_t size() const noexcept { return size_; }
  std::span<T> span() noexcept { return {data_.get(), static_cast<std::size_t>(size_)}; }
  std::span<const T> span() const noexcept { return {data_.get(), static_cast<std::size_t>(size_)}; }

 private:
  struct Free {
    std::size_t alignment = kAlignment;
    void operator()(T* pointer) const noexcept { ::operator delete (pointer, std::align_val_t{alignment}); }
  };
  static std::size_t alignment_of(int64_t size) noexcept {
    return static_cast<std::size_t>(size) * sizeof(T) >= kHugePageSize ? kHugePageSize : kAlignment;
  }
  std::unique_ptr<T[], Free> data_;
  int64_t size_ = 0;
};

}  // namespace gradus
