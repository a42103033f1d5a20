// A zeroed 64-byte-aligned array whose pages cost memory only once they are written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>

namespace gradus {

/// AlignedBuffer writes its zeros, which would make a data set's memory resident before the first row is encoded;
/// calloc takes fresh zero pages from the system for arrays of this size.
template <typename T>
class LazyArray {
 public:
  LazyArray() noexcept = default;
  explicit LazyArray(int64_t size) : size_(size) {
    if (size == 0) return;
    memory_.reset(std::calloc(static_cast<std::size_t>(size) * sizeof(T) + kAlign, 1));
    if (!memory_) throw std::bad_alloc();
    const auto address = reinterpret_cast<std::uintptr_t>(memory_.get());
    data_ = reinterpret_cast<T*>((address + kAlign - 1) / kAlign * kAlign);
  }

  T* data() noexcept { return data_; }
  const T* data() const noexcept { return data_; }
  int64_t size() const noexcept { return size_; }

 private:
  static constexpr std::size_t kAlign = 64;
  struct Free {
    void operator()(void* pointer) const noexcept { std::free(pointer); }
  };
  std::unique_ptr<void, Free> memory_;
  T* data_ = nullptr;
  int64_t size_ = 0;
};

}  // namespace gradus
