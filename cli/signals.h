// Ctrl-C, SIGTERM and a closed terminal: the first asks for a tidy end, the second ends at once.
#pragma once

namespace gradus::cli {

/// Makes closed standard streams fail instead of letting the next file opened take their number; ignores SIGPIPE and
/// SIGXFSZ, so that a write fails with an error; catches SIGINT, SIGTERM and SIGHUP.
void prepare_process() noexcept;

/// While `on` (the start), the first SIGINT, SIGTERM or SIGHUP ends the process at once, for there is nothing to save
/// or remove.
void end_at_first_signal(bool on) noexcept;

/// A SIGINT, SIGTERM or SIGHUP has come.
bool interrupted() noexcept;
/// 130 after SIGINT, 143 after SIGTERM, 129 after SIGHUP.
int interrupted_exit_code() noexcept;

}  // namespace gradus::cli
