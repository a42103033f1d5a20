// The command `gradus`: finds the command, prints its help or runs it, and turns what is thrown into one line and an
// exit code.
#include <fmt/format.h>

#include <exception>
#include <new>
#include <string>
#include <system_error>
#include <vector>

#include "gradus/error.h"
#include "gradus/info.h"
#include "gradus/names.h"

#include "commands.h"
#include "print.h"
#include "signals.h"

namespace gradus::cli {
namespace {

const std::vector<Command>& commands() {
  static const std::vector<Command> list = {
      {train_spec, run_train},   {predict_spec, run_predict}, {evaluate_spec, run_evaluate},
      {cv_spec, run_cv},         {tune_spec, run_tune},       {inspect_spec, run_inspect},
      {export_spec, run_export}, {trace_spec, run_trace},     {gradcheck_spec, run_gradcheck},
      {doctor_spec, run_doctor}, {info_spec, run_info},
  };
  return list;
}

std::string overview() {
  std::vector<std::vector<std::string>> rows;
  for (const Command& command : commands()) {
    const CommandSpec spec = command.spec();
    rows.push_back({spec.name, spec.summary});
  }
  return fmt::format(
      "gradus {}: trains and deploys feed-forward neural networks\n\ngradus COMMAND [flags]\n\n{}\n"
      "gradus COMMAND --help says more about one; gradus --version prints the version.\n\n"
      "Example\n"
      "  gradus train data/digits.csv --target digit -o digits.safetensors\n"
      "  gradus predict digits.safetensors data/digits.csv -o predictions.csv\n\n"
      "Exit codes: 0 done, 64 bad usage, 65 bad data, 66 an input cannot be read, 70 a bug, 73 an output cannot be\n"
      "created, 74 a write failed, 76 training diverged, 130 and 143 interrupted.\n",
      version(), aligned(rows, false));
}

const Command& find_command(const std::string& name) {
  std::vector<std::string> known;
  for (const Command& command : commands()) {
    known.push_back(command.spec().name);
    if (known.back() == name) return command;
  }
  const std::string nearest = nearest_name(name, known);
  std::string all;
  for (const std::string& each : known) all += (all.empty() ? "" : ", ") + each;
  throw Error(ErrorCode::usage, fmt::format("found the unknown command \"{}\", expected {}", printable(name),
                                            nearest.empty() ? "one of " + all : "perhaps " + nearest));
}

int run(const std::vector<std::string>& arguments) {
  if (arguments.empty()) {
    print_err(overview());
    return static_cast<int>(ErrorCode::usage);
  }
  const std::string& first = arguments[0];
  if (first == "--version") {
    print_out(fmt::format("gradus {}\n", version()));
    return 0;
  }
  if (first == "--help" || first == "-h" || (first == "help" && arguments.size() == 1)) {
    print_out(overview());
    return 0;
  }
  if (first == "help") {
    print_out(help_text(find_command(arguments[1]).spec()));
    return 0;
  }
  const Command& command = find_command(first);
  const CommandSpec spec = command.spec();
  const Flags flags(spec, std::span(arguments).subspan(1));
  if (flags.help_wanted()) {
    print_out(help_text(spec));
    return 0;
  }
  return command.run(flags);
}

int report(const std::string& line, ErrorCode code) {
  print_err(printable(line) + "\n");
  return static_cast<int>(code);
}

int guarded(const std::vector<std::string>& arguments) {
  try {
    return run(arguments);
  } catch (const Error& error) {
    if (interrupted()) return interrupted_exit_code();
    return report(error.what(), error.code());
  } catch (const std::bad_alloc&) {
    return report("out of memory", ErrorCode::internal);
  } catch (const std::system_error& error) {
    return report(fmt::format("out of memory or threads: {}", error.what()), ErrorCode::internal);
  } catch (const std::exception& error) {
    return report(fmt::format("gradus: internal error: {}", error.what()), ErrorCode::internal);
  }
}

}  // namespace
}  // namespace gradus::cli

int main(int argc, char** argv) {
  gradus::cli::prepare_process();
  return gradus::cli::guarded(std::vector<std::string>(argv + (argc > 0 ? 1 : 0), argv + argc));
}
