// gradus info: version, build and machine.
#include "gradus/info.h"

#include <fmt/format.h>

#include "commands.h"
#include "config.h"
#include "json_text.h"
#include "options.h"
#include "print.h"

namespace gradus::cli {

CommandSpec info_spec() {
  return {"info",
          "Version, build, SIMD target in use, threads, libraries.",
          {},
          {{"Flags",
            {{"--json", FlagKind::toggle, "", "as JSON"},
             {"--simd", FlagKind::text, "NAME", "auto, avx512, avx2, neon, portable"},
             {"--help", FlagKind::toggle, "", "this text", {"-h"}}}}},
          "gradus info --json"};
}

int run_info(const Flags& flags) {
  apply_simd(flags);
  if (flags.given("--json")) {
    print_out(json_info());
    return 0;
  }
  std::vector<std::vector<std::string>> rows = {{"version", version()},
                                                {"build", build()},
                                                {"simd", simd_target()},
                                                {"threads", fmt::format("{}", hardware_threads())}};
  for (const auto& [name, number] : libraries()) rows.push_back({name, number});
  for (const auto& [name, number] : {flag_library(), config_library()}) rows.push_back({name, number});
  print_out(aligned(rows, false));
  return 0;
}

}  // namespace gradus::cli
