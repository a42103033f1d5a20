#include "log.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "gradus/error.h"

#include "json_text.h"

namespace gradus::cli {

EpochLog::EpochLog(const std::string& path, const std::vector<EpochRecord>& done)
    : path_(path), descriptor_(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)) {
  if (descriptor_ < 0)
    throw Error(ErrorCode::cannot_create, {path, 0, 0, -1}, std::string("cannot create: ") + std::strerror(errno));
  try {
    for (const EpochRecord& record : done) write(record);
  } catch (...) {
    close(descriptor_);
    throw;
  }
}

EpochLog::~EpochLog() {
  close(descriptor_);
}

void EpochLog::write(const EpochRecord& record) {
  const std::string line = json_line(record);
  const char* next = line.data();
  std::size_t left = line.size();
  while (left > 0) {
    const ssize_t written = ::write(descriptor_, next, left);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0)
      throw Error(ErrorCode::write_failed, {path_, 0, 0, -1}, std::string("cannot write: ") + std::strerror(errno));
    next += written;
    left -= static_cast<std::size_t>(written);
  }
}

}  // namespace gradus::cli
