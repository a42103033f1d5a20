#include "progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "print.h"

namespace gradus::cli {
namespace {

constexpr int64_t kPlainLines = 20;
constexpr std::size_t kBarWidth = 24;
constexpr std::size_t kLeastBarWidth = 4;
constexpr auto kRedraw = std::chrono::milliseconds(100);

std::size_t terminal_width() {
  winsize size = {};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

double seconds_between(std::chrono::steady_clock::time_point from, std::chrono::steady_clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

std::string bar(double part, std::size_t width = kBarWidth) {
  const auto filled = static_cast<std::size_t>(std::clamp(part, 0.0, 1.0) * static_cast<double>(width));
  return fmt::format("[{:.<{}}]", std::string(filled, '#'), width);
}

// What gives way on a narrow terminal is the bar, so that the time left is seen.
std::string bar_beside(double part, const std::string& text) {
  const std::size_t taken = text.size() + std::string("[]  ").size();
  const std::size_t room = terminal_width() > taken ? terminal_width() - taken : 0;
  return bar(part, std::clamp(room, kLeastBarWidth, kBarWidth)) + " " + text;
}

}  // namespace

Progress::Progress(bool quiet)
    : quiet_(quiet), terminal_(!quiet && isatty(STDERR_FILENO) == 1), phase_start_(Clock::now()) {
  last_.validation_metric = NAN;
}

Progress::~Progress() {
  finish();
}

bool Progress::due() {
  const Clock::time_point now = Clock::now();
  if (drawn_ && now - last_draw_ < kRedraw) return false;
  last_draw_ = now;
  return true;
}

// One column is left free: some terminals wrap when the last is written.
void Progress::draw(const std::string& line) {
  print_err(fmt::format("\r{}\x1b[K", shortened(line, terminal_width() - 1)));
  drawn_ = true;
}

void Progress::reading(const std::string& file, int64_t done, int64_t total) {
  if (!terminal_ || !due()) return;
  const double elapsed = seconds_between(phase_start_, Clock::now());
  const double speed = elapsed > 0.0 ? static_cast<double>(done) / elapsed : 0.0;
  const std::string amount = fmt::format("{:.1f} MB at {:.0f} MB/s", static_cast<double>(done) / 1e6, speed / 1e6);
  if (total <= 0) {
    draw(fmt::format("reading {}  {}", file, amount));
    return;
  }
  const double part = static_cast<double>(done) / static_cast<double>(total);
  draw(fmt::format("reading {}  {} {:3.0f} %  {}", file, bar(part), 100.0 * part, amount));
}

void Progress::training_starts(const TrainingStart& start) {
  start_ = Clock::now();
  if (!start.resumed.empty()) {
    last_ = start.resumed.back();
    start_ -= std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(last_.seconds));
  }
  max_epochs_ = start.max_epochs;
  line_every_ = std::max<int64_t>((start.max_epochs + kPlainLines - 1) / kPlainLines, 1);
  metric_ = metric_label(start.metric);
}

void Progress::rows(int64_t done, int64_t total) {
  if (!terminal_ || total <= 0 || !due()) return;
  const double part = static_cast<double>(done) / static_cast<double>(total);
  const double elapsed = seconds_between(start_, Clock::now());
  const double speed = elapsed > 0.0 ? static_cast<double>(done) / elapsed : 0.0;
  const double left = speed > 0.0 ? static_cast<double>(total - done) / speed : NAN;
  std::string state = fmt::format("epoch {}/{}", std::min(last_.epoch + 1, max_epochs_), max_epochs_);
  if (!std::isnan(last_.validation_metric)) state += fmt::format("  {} {}", metric_, brief(last_.validation_metric));
  draw(bar_beside(part, fmt::format("{:3.0f} %  {}  {} rows/s  at most {} left", 100.0 * part, state, rate(speed),
                                    duration(left))));
}

void Progress::epoch(const EpochRecord& record) {
  last_ = record;
  if (quiet_ || terminal_) return;
  if (record.epoch == 1 || record.epoch % line_every_ == 0) {
    std::string line =
        fmt::format("epoch {} of at most {}: loss {}", record.epoch, max_epochs_, brief(record.train_loss));
    if (!std::isnan(record.validation_loss)) line += fmt::format(", validation loss {}", brief(record.validation_loss));
    if (!std::isnan(record.validation_metric)) line += fmt::format(", {} {}", metric_, brief(record.validation_metric));
    print_err(fmt::format("{}, {} rows/s\n", line, rate(record.rows_per_second)));
  }
}

void Progress::work(const std::string& what, int64_t done, int64_t total) {
  if (!terminal_ || total <= 0 || !due()) return;
  const double part = static_cast<double>(done) / static_cast<double>(total);
  draw(bar_beside(part, fmt::format("{:3.0f} %  {}", 100.0 * part, what)));
}

void Progress::message(const std::string& text) {
  if (quiet_) return;
  finish();
  print_err(printable(text) + "\n");
}

void Progress::finish() {
  if (drawn_) print_err("\r\x1b[K");
  drawn_ = false;
}

}  // namespace gradus::cli
