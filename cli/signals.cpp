#include "signals.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

namespace gradus::cli {
namespace {

std::atomic<int> caught{0};
std::atomic<bool> at_once{true};
static_assert(std::atomic<int>::is_always_lock_free && std::atomic<bool>::is_always_lock_free);

void on_signal(int signal) {
  if (at_once.load() || caught.load() != 0) _exit(128 + signal);
  caught.store(signal);
}

// A stream that was closed gets /dev/null opened the wrong way round: reading standard input or writing the others then
// fails with EBADF, as it would have, and no file opened later can sit on 0, 1 or 2.
void hold_standard_streams() noexcept {
  for (int descriptor = 0; descriptor <= 2; ++descriptor) {
    if (fcntl(descriptor, F_GETFD) != -1 || errno != EBADF) continue;
    const int opened = open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY);
    if (opened != descriptor) _exit(70);
  }
}

}  // namespace

void prepare_process() noexcept {
  hold_standard_streams();
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);
  struct sigaction action = {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction before = {};
    // A command started with `nohup` ignores SIGHUP on purpose, one in the background of a script SIGINT.
    if (sigaction(signal, nullptr, &before) == 0 && before.sa_handler != SIG_IGN) sigaction(signal, &action, nullptr);
  }
}

void end_at_first_signal(bool on) noexcept {
  at_once.store(on);
}

bool interrupted() noexcept {
  return caught.load() != 0;
}

int interrupted_exit_code() noexcept {
  return 128 + caught.load();
}

}  // namespace gradus::cli
