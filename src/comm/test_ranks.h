// For tests: several ranks in one process, a thread each.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <map>
#include <mutex>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include "comm/communicator.h"

namespace gradus {

/// Messages on their way, in order from each rank to each.
class TestMail {
 public:
  void send(int from, int to, std::span<const std::byte> bytes) {
    const std::lock_guard lock(mutex_);
    boxes_[{from, to}].emplace_back(bytes.begin(), bytes.end());
    sent_ += bytes.size();
    arrived_.notify_all();
  }
  /// Waits. False when the message is of another size than `bytes`.
  bool receive(int from, int to, std::span<std::byte> bytes) {
    std::unique_lock lock(mutex_);
    auto& box = boxes_[{from, to}];
    arrived_.wait(lock, [&] { return !box.empty(); });
    const std::vector<std::byte> message = std::move(box.front());
    box.pop_front();
    std::copy_n(message.begin(), std::min(message.size(), bytes.size()), bytes.begin());
    return message.size() == bytes.size();
  }
  std::size_t sent() const noexcept { return sent_; }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::map<std::pair<int, int>, std::deque<std::vector<std::byte>>> boxes_;
  std::size_t sent_ = 0;
};

class TestCommunicator final : public Communicator {
 public:
  TestCommunicator(TestMail& mail, int rank, int ranks) : mail_(mail), rank_(rank), ranks_(ranks) {}

  int rank() const noexcept override { return rank_; }
  int ranks() const noexcept override { return ranks_; }
  void send(std::span<const std::byte> bytes, int to) noexcept override { mail_.send(rank_, to, bytes); }
  void receive(std::span<std::byte> bytes, int from) noexcept override {
    whole_ = mail_.receive(from, rank_, bytes) && whole_;
  }
  void broadcast(std::span<std::byte> bytes, int from) noexcept override {
    if (rank_ != from) return receive(bytes, from);
    for (int to = 0; to < ranks_; ++to) {
      if (to != rank_) send(bytes, to);
    }
  }
  /// Whether every message had the size that its receiver expected.
  bool whole() const noexcept { return whole_; }

 private:
  TestMail& mail_;
  int rank_;
  int ranks_;
  bool whole_ = true;
};

/// Runs body(communicator) on `ranks` threads, a rank each.
template <typename Body>
void on_ranks(int ranks, const Body& body) {
  TestMail mail;
  std::vector<std::thread> threads;
  for (int rank = 0; rank < ranks; ++rank) {
    threads.emplace_back([&mail, &body, rank, ranks] {
      TestCommunicator communicator(mail, rank, ranks);
      body(communicator);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace gradus
