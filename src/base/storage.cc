#include "base/storage.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <map>
#include <mutex>
#include <new>
#include <utility>

#include "gradus/error.h"

#include "base/temporary_file.h"

namespace gradus {
namespace {

constexpr std::size_t kPage = 4096;
// Arrays are cut from runs of the file that start small and grow to this: few mappings, of which a process may have
// some 65,000, and little room taken in advance.
constexpr std::size_t kFirstRun = std::size_t{1} << 20;
constexpr std::size_t kLargestRun = std::size_t{64} << 20;

std::size_t whole_pages(std::size_t bytes) {
  return (bytes + kPage - 1) / kPage * kPage;
}

}  // namespace

/// The file, and the runs of it that are mapped.
class BackingFile : public std::enable_shared_from_this<BackingFile> {
 public:
  explicit BackingFile(const std::string& folder) : file_(temporary_file(folder, "what --stream keeps on the disk")) {}
  ~BackingFile() {
    for (const auto& [data, run] : runs_) ::munmap(data, run.size);
  }

  Pages pages(std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    const std::size_t size = whole_pages(bytes);
    if (newest_ == nullptr || runs_[newest_].cut + size > runs_[newest_].size) start_run(size);
    Run& run = runs_[newest_];
    auto* data = static_cast<std::byte*>(newest_) + run.cut;
    run.cut += size;
    ++run.users;
    return Pages(data, bytes, {newest_, [file = shared_from_this()](void* start) { file->release(start); }});
  }

  void used(std::size_t bytes) noexcept {
    if (used_.fetch_add(bytes, std::memory_order_relaxed) + bytes < Storage::kResidentBytes) return;
    used_.store(0, std::memory_order_relaxed);
    const std::lock_guard lock(mutex_);
    for (const auto& [data, run] : runs_) ::madvise(data, run.size, MADV_DONTNEED);  // shared: nothing is lost
  }

 private:
  struct Run {
    std::size_t size = 0;
    std::size_t cut = 0;  // bytes handed out
    int64_t users = 0;    // pages that live in it
  };

  void start_run(std::size_t least) {
    const std::size_t grown = std::clamp(static_cast<std::size_t>(end_) / 4, kFirstRun, kLargestRun);
    const std::size_t size = std::max(least, whole_pages(grown));
    const int error = ::posix_fallocate(file_.number(), end_, static_cast<off_t>(size));
    if (error != 0) {
      throw Error(ErrorCode::write_failed, fmt::format("cannot keep {} bytes more of the data in a temporary file: {}",
                                                       size, system_message(error)));
    }
    void* data = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file_.number(), end_);
    if (data == MAP_FAILED) throw std::bad_alloc();
    void* before = std::exchange(newest_, data);
    end_ += static_cast<off_t>(size);
    runs_[data] = {size, 0, 0};
    if (before != nullptr && runs_[before].users == 0) end_run(before);
  }

  void release(void* start) noexcept {
    const std::lock_guard lock(mutex_);
    if (--runs_.find(start)->second.users == 0 && start != newest_) end_run(start);
  }

  void end_run(void* start) noexcept {
    const auto run = runs_.find(start);
    ::madvise(start, run->second.size, MADV_REMOVE);  // gives the room on the disk back, where the file system can
    ::munmap(start, run->second.size);
    runs_.erase(run);
  }

  Descriptor file_;
  std::mutex mutex_;
  std::map<void*, Run> runs_;  // by where they start
  void* newest_ = nullptr;     // the run that pages are cut from
  off_t end_ = 0;
  std::atomic<std::size_t> used_{0};
};

Storage Storage::in_file(const std::string& folder) {
  Storage storage;
  storage.file_ = std::make_shared<BackingFile>(folder);
  return storage;
}

Pages Storage::pages(std::size_t bytes) const {
  return file_ == nullptr || bytes == 0 ? Pages(bytes) : file_->pages(bytes);
}

void Storage::let_go(std::size_t bytes) const noexcept {
  file_->used(bytes);
}

void Storage::will_need(const void* data, std::size_t bytes) const noexcept {
  if (file_ == nullptr) return;
  const auto first = reinterpret_cast<std::uintptr_t>(data) / kPage * kPage;
  const auto last = reinterpret_cast<std::uintptr_t>(data) + bytes;
  ::madvise(reinterpret_cast<void*>(first), last - first, MADV_WILLNEED);  // NOLINT: an address rounded down
}

}  // namespace gradus
