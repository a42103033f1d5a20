// The processes that train one network together, and the little they need of one another.
#pragma once

#include <cstddef>
#include <span>

namespace gradus {

/// One rank's view of its group. Every rank holds the whole network and makes the same calls in the same order; a call
/// returns when this rank's part of it is done. With the sums in one tree (tree_sum.h) and everything else that is
/// decided said by one rank to all, every rank keeps the same bits.
class Communicator {
 public:
  virtual ~Communicator() = default;

  virtual int rank() const noexcept = 0;
  virtual int ranks() const noexcept = 0;
  /// `bytes` from this rank to another, which calls `receive` for as many.
  virtual void send(std::span<const std::byte> bytes, int to) noexcept = 0;
  virtual void receive(std::span<std::byte> bytes, int from) noexcept = 0;
  /// Rank `from`'s bytes into every rank's.
  virtual void broadcast(std::span<std::byte> bytes, int from) noexcept = 0;
};

/// The group of this process alone: nothing is ever sent.
Communicator& local_communicator() noexcept;

template <typename T>
void broadcast_values(Communicator& group, std::span<T> values, int from) noexcept {
  group.broadcast(std::as_writable_bytes(values), from);
}

/// What rank 0 says, on every rank.
template <typename T>
T agreed(Communicator& group, T value) noexcept {
  broadcast_values(group, std::span(&value, 1), 0);
  return value;
}

}  // namespace gradus
