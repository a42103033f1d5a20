// The commands: each takes the arguments after its name and returns the exit code.
#pragma once

#include <span>
#include <string>

#include "flags.h"

namespace gradus::cli {

struct Command {
  CommandSpec (*spec)();
  int (*run)(const Flags& flags);
};

CommandSpec train_spec();
int run_train(const Flags& flags);
CommandSpec predict_spec();
int run_predict(const Flags& flags);
CommandSpec evaluate_spec();
int run_evaluate(const Flags& flags);
CommandSpec cv_spec();
int run_cv(const Flags& flags);
CommandSpec tune_spec();
int run_tune(const Flags& flags);
CommandSpec inspect_spec();
int run_inspect(const Flags& flags);
CommandSpec export_spec();
int run_export(const Flags& flags);
CommandSpec trace_spec();
int run_trace(const Flags& flags);
CommandSpec gradcheck_spec();
int run_gradcheck(const Flags& flags);
CommandSpec doctor_spec();
int run_doctor(const Flags& flags);
CommandSpec info_spec();
int run_info(const Flags& flags);

}  // namespace gradus::cli
