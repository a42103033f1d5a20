// What a user writes: the command line, the --config file, ranges to search over, and a file of trials. Anything is an
// Error with an exit code of its own, or options.
//
// The first byte chooses what the rest is; arguments are separated by line ends.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "gradus/error.h"

#include "commands.h"
#include "options.h"
#include "search_ranges.h"
#include "train/trials_file.h"

namespace {

using namespace gradus;
using namespace gradus::cli;

/// A file in memory, by name, with these bytes.
std::string file_of(std::string_view bytes) {
  static const int descriptor = ::memfd_create("fuzz", 0);
  if (::ftruncate(descriptor, 0) != 0 || ::pwrite(descriptor, bytes.data(), bytes.size(), 0) < 0) std::abort();
  return "/proc/self/fd/" + std::to_string(descriptor);
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    lines.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

void use(const CommandSpec& spec, const std::vector<std::string>& arguments) {
  const Flags flags(spec, arguments);
  if (flags.help_wanted()) return;
  csv_options(flags);
  train_options(flags);
  predict_options(flags);
  if (find_flag(spec, "--range") != nullptr) search_ranges(flags, joined({network_flags(), training_flags()}));
}

/// No --config of the fuzzer's own: it would read files of this machine.
bool names_config(const std::vector<std::string>& arguments) {
  for (const std::string& argument : arguments)
    if (argument.starts_with("--c") || argument.starts_with("-")) {
      if (argument.find("config") != std::string::npos) return true;
    }
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  static const CommandSpec train = train_spec(), tune = tune_spec();
  try {
    switch (data[0] % 5) {
      case 0:
        use(train, {"t.csv", "--config", file_of(rest)});
        break;
      case 1:
        use(tune, {"t.csv", "--config", file_of(rest)});
        break;
      case 2:
      case 3:
        if (const auto arguments = lines_of(rest); !names_config(arguments)) {
          use(data[0] % 5 == 2 ? train : tune, arguments);
        }
        break;
      default:
        TrialsFile(file_of(rest), {{"target", "y"}, {"seed", "1"}});
    }
  } catch (const Error& error) {
    if (error.code() != ErrorCode::usage && error.code() != ErrorCode::bad_data) std::abort();
  }
  return 0;
}
