#include "options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "gradus/info.h"

#include "print.h"

namespace gradus::cli {
namespace {

constexpr double kAny = std::numeric_limits<double>::max();
constexpr int64_t kMostRows = std::numeric_limits<uint32_t>::max();
constexpr int64_t kMostEpochs = 1'000'000'000;
constexpr int64_t kMostThreads = 1024;
constexpr double kMostPower = 100.0;
constexpr int64_t kMostGrowth = 1000;
constexpr int64_t kMostShards = 65536;

template <typename Enum>
std::string one_of(const char* first = nullptr) {
  const std::string all = fmt::format("{}", fmt::join(names<Enum>(), ", "));
  return first == nullptr ? all : fmt::format("{}, {}", first, all);
}

char parse_delimiter(const Flags& flags) {
  const auto text = flags.text("--delimiter");
  if (!text) return '\0';
  if (*text == "tab" || *text == "\\t" || *text == "\t") return '\t';
  if (text->size() == 1 && *text >= " " && *text <= "~" && *text != "\"") return text->front();
  flags.fail("--delimiter",
             fmt::format("found \"{}\", expected one character that is not a quote, or tab", printable(*text)));
}

std::optional<int64_t> parse_batch_size(const Flags& flags) {
  if (flags.text("--batch-size") == "all") return 0;
  try {
    return flags.whole("--batch-size", 1, kMostRows);
  } catch (const Error& error) {
    throw Error(error.code(), error.place(), error.message() + ", or all");
  }
}

std::vector<int64_t> parse_layers(const Flags& flags, const std::string& name) {
  std::vector<int64_t> layers;
  for (const std::string& part : flags.list(name)) {
    const auto numbers = parse_numbers(part);
    const double layer = numbers && numbers->size() == 1 ? numbers->front() : 0.0;
    if (!(layer >= 1.0 && layer <= static_cast<double>(kMostRows) && layer == std::floor(layer)))
      flags.fail(name, fmt::format("found \"{}\", expected layers counted from 1, as in 1,2", printable(part)));
    layers.push_back(static_cast<int64_t>(layer));
  }
  return layers;
}

// "huber", or "quantile:0.1,0.5,0.9".
void parse_loss(const Flags& flags, TrainOptions& options) {
  const std::string text = flags.text("--loss").value_or("");
  if (!text.starts_with("quantile")) {
    options.loss = flags.choice<Loss>("--loss");
    return;
  }
  options.loss = Loss::quantile;
  const auto taus = parse_numbers(text.substr(std::min(text.size(), std::string("quantile:").size())));
  if (!text.starts_with("quantile:") || !taus || taus->empty())
    flags.fail("--loss", fmt::format("found \"{}\", expected quantiles as in quantile:0.1,0.5,0.9", printable(text)));
  options.quantiles = *taus;
}

}  // namespace

std::optional<bool> toggled(const Flags& flags, const std::string& name) {
  const std::string yes = "--" + name, no = "--no-" + name;
  if (flags.given(yes) && flags.given(no)) flags.fail(no, fmt::format("found {} as well, expected one of them", yes));
  if (flags.given(no)) return false;
  return flags.given(yes) ? std::optional(true) : std::nullopt;
}

std::vector<FlagSpec> csv_flags() {
  return {
      {"--delimiter",
       FlagKind::text,
       "C",
       "the character between cells, or tab; a comma unless the name ends in .tsv",
       {"--sep"}},
      {"--decimal-comma", FlagKind::toggle, "", "numbers are written 1,5 instead of 1.5"},
      {"--no-header", FlagKind::toggle, "", "the first line holds data; columns are called column1, column2, ..."},
      {"--missing",
       FlagKind::list,
       "TEXT,...",
       "cells that count as missing, besides empty ones (NA, N/A, NaN, nan, null, None, ?)",
       {"--na-values"}},
      {"--max-expansion", FlagKind::number, "X",
       "a compressed input may grow to X times its size, or to 64 GiB (1000)"},
  };
}

std::vector<FlagSpec> column_flags() {
  return {
      {"--target", FlagKind::list, "COL,...",
       "the column to learn, by name or counted from 1; several for several outputs"},
      {"--task", FlagKind::text, "TASK", one_of<Task>("auto")},
      {"--ignore", FlagKind::list, "COL,...", "columns to leave out"},
      {"--categorical", FlagKind::list, "COL,...", "columns that are text, whatever they look like"},
      {"--numeric", FlagKind::list, "COL,...", "columns that are numbers; a cell that is none is then an error"},
      {"--weights",
       FlagKind::text,
       "COL",
       "a column that says how much each row counts: 2 is as two rows, 0 leaves the row out",
       {"--sample-weight"}},
      {"--group", FlagKind::text, "COL",
       "rows with the same cell of this column are held out together or not at all; it is no feature"},
      {"--time", FlagKind::text, "COL",
       "the rows held out are the last by this column, numbers or dates such as 2020-01-31; it is no feature"},
      {"--strict", FlagKind::toggle, "", "a warning about the data is an error"},
  };
}

std::vector<FlagSpec> network_flags() {
  return {
      {"--preset", FlagKind::text, "NAME",
       "default, plain (an ordinary network with scikit-learn's defaults) or classic (sigmoids and plain descent)"},
      {"--hidden",
       FlagKind::list,
       "WIDTHS",
       "hidden layers: 256,128 or \"256 relu, 128 tanh\" or none",
       {"--hidden-layer-sizes"}},
      {"--activation", FlagKind::text, "NAME", one_of<Activation>()},
      {"--loss", FlagKind::text, "NAME", one_of<Loss>("auto") + "; quantile:0.1,0.5,0.9 names its quantiles"},
      {"--huber-delta", FlagKind::number, "D",
       "with huber: the error from which on it is linear, in standard deviations of the target (1)"},
      {"--focal-gamma", FlagKind::number, "G", "with focal: how much rows that are right already count less (2)"},
      {"--label-smoothing", FlagKind::number, "S",
       "with a cross-entropy: learn 1 - S for the label and share S among all classes (0)"},
      {"--class-weights",
       FlagKind::list,
       "W",
       "how much classes count in the objective: none, balanced (each class as much as any other) or \"a=2,b=1\"",
       {"--class-weight"}},
      {"--output-activation", FlagKind::text, "NAME",
       "of the outputs, with squared_error, absolute_error, huber and log_cosh"},
      {"--init", FlagKind::text, "NAME", one_of<Initializer>("auto"), {"--initializer"}},
      {"--init-scale", FlagKind::number, "X",
       "with uniform the largest weight (0.05), with normal the deviation (0.05), with orthogonal the gain (1)"},
      {"--dropout", FlagKind::number, "P", "each hidden unit is left out with probability P in training"},
      {"--normalization",
       FlagKind::text,
       "NAME",
       "of hidden layers before their activation: none, batch (over the rows of a minibatch) or layer (over the units)",
       {"--norm"}},
      {"--residual", FlagKind::toggle, "", "hidden layers as wide as the one before add its values to theirs"},
      {"--precision", FlagKind::text, "NAME", one_of<Precision>()},
      {"--l2",
       FlagKind::number,
       "LAMBDA",
       "adds LAMBDA/(2 rows) times the sum of squared weights, biases excluded",
       {"--lambda", "--alpha"}},
      {"--l1", FlagKind::number, "LAMBDA", "adds LAMBDA/rows times the sum of absolute weights, biases excluded"},
      {"--seed", FlagKind::whole, "N", "of every random choice (1)", {"--random-state"}},
  };
}

std::vector<FlagSpec> training_flags() {
  return {
      {"--freeze", FlagKind::list, "N,...", "layers, counted from 1, whose weights and biases stay as they are"},
      {"--solver",
       FlagKind::text,
       "NAME",
       one_of<Solver>("auto") + "; auto picks lm, lbfgs or adamw by the task and the size",
       {"--optimizer"}},
      {"--learning-rate", FlagKind::number, "ETA", "the step length", {"--lr", "--eta", "--learning-rate-init"}},
      {"--schedule", FlagKind::text, "NAME", "how the learning rate moves: " + one_of<Schedule>()},
      {"--warmup", FlagKind::number, "EPOCHS",
       "the rate rises in a straight line for so long before the schedule begins; with one_cycle its own rise"},
      {"--rate-decay",
       FlagKind::number,
       "X",
       "the rate times X: step (0.1), exponential every epoch (0.95), plateau (0.5), adaptive (0.2)",
       {"--gamma"}},
      {"--rate-power",
       FlagKind::number,
       "P",
       "with invscaling: the rate falls as 1/(rows seen)^P (0.5)",
       {"--power-t"}},
      {"--cycle", FlagKind::whole, "EPOCHS", "with cosine: start again at the full rate after so many epochs"},
      {"--cycle-growth", FlagKind::whole, "K", "with --cycle: each cycle K times as long as the one before (1)"},
      {"--momentum", FlagKind::number, "M", "for momentum and nesterov"},
      {"--beta1", FlagKind::number, "B", "decay of the average gradient: adam and its kin, lion (0.9)", {"--beta-1"}},
      {"--beta2",
       FlagKind::number,
       "B",
       "decay of the average squared gradient: adam and its kin; lion's (0.99)",
       {"--beta-2"}},
      {"--rho", FlagKind::number, "R", "decay of the average square: rmsprop (0.99), adadelta (0.9)"},
      {"--epsilon", FlagKind::number, "X", "keeps divisors from zero: adam and its kin (1e-8)", {"--eps"}},
      {"--epsilon-place", FlagKind::text, "NAME",
       "where adam, amsgrad and adamw add epsilon: corrected_root, as PyTorch does, or root, as scikit-learn does"},
      {"--batch-size", FlagKind::whole_or_word, "N|all", "rows a step; 1 is online, all is batch descent", {"--batch"}},
      {"--shards", FlagKind::whole, "S",
       "parts of a minibatch whose gradients are computed apart and added in one fixed order (1)"},
      {"--epochs", FlagKind::whole, "N", "passes over the training rows, at most", {"--max-iter"}},
      {"--weight-decay", FlagKind::number, "X",
       "decoupled decay: every weight and bias times 1 - rate X in each step, not for adam, which with it is adamw"},
      {"--clip-value", FlagKind::number, "X", "hold each value of the gradient to within X"},
      {"--clip-norm", FlagKind::number, "X", "scale the gradient down to a norm of X", {"--gradient-clip"}},
      {"--max-norm", FlagKind::number, "X", "hold the weights that enter a unit to a norm of X"},
      {"--input-noise", FlagKind::number, "S", "normal noise of deviation S on the encoded features in training"},
      {"--ema", FlagKind::number, "DECAY",
       "validate and keep a moving average of the weights: DECAY of the last one and the rest of each step's"},
      {"--swa", FlagKind::number, "PART",
       "validate and keep the mean of the weights at the ends of the epochs after this part of them"},
      {"--monotone", FlagKind::list, "COL=+1,...",
       "columns of numbers in which predictions never fall (+1) or never rise (-1), guaranteed"},
      {"--early-stopping", FlagKind::toggle, "", "stop when validation no longer improves; the best weights are kept"},
      {"--no-early-stopping", FlagKind::toggle, "", "train for all epochs"},
      {"--patience", FlagKind::whole, "N", "epochs without improvement before stopping", {"--n-iter-no-change"}},
      {"--metric", FlagKind::text, "NAME",
       "what early stopping and the choice of the best epoch go by on the validation rows: " + one_of<Metric>()},
      {"--tol", FlagKind::number, "X", "the least that counts as an improvement", {"--tolerance"}},
      {"--calibrate", FlagKind::toggle, "",
       "scale logits on the validation rows until probabilities mean what they say (preset default does)"},
      {"--no-calibrate", FlagKind::toggle, "", "leave probabilities as they are"},
      {"--coverage", FlagKind::number, "C",
       "predict adds intervals, or sets of classes, that hold a new row's target with a probability of at least C"},
      {"--calibration-fraction", FlagKind::number, "X",
       "with --coverage: the part of the rows held out to learn them from (0.1)"},
      {"--validation", FlagKind::text, "FILE", "validate on these rows"},
      {"--validation-fraction", FlagKind::number, "X", "hold out this part of the rows otherwise; 0 for none"},
      {"--in-order", FlagKind::toggle, "", "the rows are in the order of time: the last are held out"},
  };
}

FlagSpec stream_flag() {
  return {"--stream", FlagKind::toggle, "",
          "for data larger than memory: keep it in a nameless file in TMPDIR, or else /var/tmp; the result is the "
          "same"};
}

std::vector<FlagSpec> without(std::vector<FlagSpec> flags, const std::vector<std::string>& names) {
  std::erase_if(flags, [&](const FlagSpec& flag) { return std::count(names.begin(), names.end(), flag.name) > 0; });
  return flags;
}

std::vector<FlagSpec> running_flags() {
  return {
      {"--threads", FlagKind::whole, "N", "at most N threads (as many as help); the result does not depend on it"},
      {"--simd", FlagKind::text, "NAME", "auto, avx512, avx2, neon, portable; the result does not depend on it"},
      {"--config", FlagKind::text, "FILE.toml",
       "flags by their long names, as epochs = 20; the command line overrides"},
      {"--quiet", FlagKind::toggle, "", "nothing but errors", {"-q"}},
      {"--help", FlagKind::toggle, "", "this text", {"-h"}},
  };
}

std::vector<FlagSpec> joined(std::vector<std::vector<FlagSpec>> lists) {
  std::vector<FlagSpec> all;
  for (std::vector<FlagSpec>& list : lists) all.insert(all.end(), list.begin(), list.end());
  return all;
}

CsvOptions csv_options(const Flags& flags) {
  CsvOptions options;
  options.delimiter = parse_delimiter(flags);
  options.header = !flags.given("--no-header");
  options.decimal_comma = flags.given("--decimal-comma");
  if (flags.given("--missing")) options.missing = flags.list("--missing");
  options.ignore = flags.list("--ignore");
  options.categorical = flags.list("--categorical");
  options.numeric = flags.list("--numeric");
  options.float64 = flags.text("--precision") == "float64";
  options.max_expansion = flags.number("--max-expansion", 1.0, kAny).value_or(options.max_expansion);
  options.stream = flags.given("--stream");
  if (const char* folder = std::getenv("TMPDIR")) options.temporary_folder = folder;
  return options;
}

TrainOptions train_options(const Flags& flags) {
  using Ends = Flags::Ends;
  TrainOptions options;
  const std::vector<std::string> ignored = flags.list("--ignore");
  for (const std::string& target : flags.list("--target")) {
    if (std::find(ignored.begin(), ignored.end(), target) != ignored.end())
      flags.fail("--ignore", fmt::format("found \"{}\", which is a target, expected other columns", printable(target)));
  }
  options.target = fmt::format("{}", fmt::join(flags.list("--target"), ","));
  options.task = flags.choice<Task>("--task");
  options.weights = flags.text("--weights").value_or("");
  if (std::find(ignored.begin(), ignored.end(), options.weights) != ignored.end())
    flags.fail("--ignore", fmt::format("found \"{}\", which holds the weights, expected other columns",
                                       printable(options.weights)));
  options.group = flags.text("--group").value_or("");
  options.time = flags.text("--time").value_or("");
  for (const auto& [flag, column] : {std::pair("--group", options.group), std::pair("--time", options.time)})
    if (!column.empty() && std::find(ignored.begin(), ignored.end(), column) != ignored.end())
      flags.fail("--ignore",
                 fmt::format("found \"{}\", which {} names, expected other columns", printable(column), flag));
  options.in_order = flags.given("--in-order");
  options.class_weights = fmt::format("{}", fmt::join(flags.list("--class-weights"), ","));
  options.validation_fraction = flags.number("--validation-fraction", 0.0, 1.0, Ends::below_most);
  options.preset = flags.choice<Preset>("--preset").value_or(Preset::standard);
  options.hidden = flags.text("--hidden");
  options.activation = flags.choice<Activation>("--activation");
  parse_loss(flags, options);
  options.huber_delta = flags.number("--huber-delta", 0.0, kAny, Ends::above_least);
  options.focal_gamma = flags.number("--focal-gamma", 0.0, 100.0);
  options.label_smoothing = flags.number("--label-smoothing", 0.0, 1.0, Ends::below_most);
  options.output_activation = flags.choice<Activation>("--output-activation");
  options.initializer = flags.choice<Initializer>("--init");
  options.init_scale = flags.number("--init-scale", 0.0, kAny);
  options.dropout = flags.number("--dropout", 0.0, 1.0, Ends::below_most);
  options.freeze = parse_layers(flags, "--freeze");
  options.normalization = flags.choice<Normalization>("--normalization");
  options.residual = flags.given("--residual");
  read_tabular_options(flags, options);
  options.precision = flags.choice<Precision>("--precision").value_or(Precision::float32);
  options.solver = flags.choice<Solver>("--solver");
  options.auto_solver = flags.text("--solver") == "auto";
  options.learning_rate = flags.number("--learning-rate", 0.0, kAny, Ends::above_least);
  options.schedule = flags.choice<Schedule>("--schedule");
  options.warmup = flags.number("--warmup", 0.0, static_cast<double>(kMostEpochs));
  options.rate_decay = flags.number("--rate-decay", 0.0, 1.0, Ends::above_least);
  options.rate_power = flags.number("--rate-power", 0.0, kMostPower);
  options.cycle = flags.whole("--cycle", 1, kMostEpochs);
  options.cycle_growth = flags.whole("--cycle-growth", 1, kMostGrowth);
  options.momentum = flags.number("--momentum", 0.0, 1.0, Ends::below_most);
  options.beta1 = flags.number("--beta1", 0.0, 1.0, Ends::below_most);
  options.beta2 = flags.number("--beta2", 0.0, 1.0, Ends::below_most);
  options.rho = flags.number("--rho", 0.0, 1.0, Ends::below_most);
  options.epsilon = flags.number("--epsilon", 0.0, kAny);
  options.epsilon_place = flags.choice<EpsilonPlace>("--epsilon-place");
  options.batch_size = parse_batch_size(flags);
  options.shards = flags.whole("--shards", 1, kMostShards);
  options.epochs = flags.whole("--epochs", 1, kMostEpochs);
  options.l2 = flags.number("--l2", 0.0, kAny);
  options.l1 = flags.number("--l1", 0.0, kAny);
  options.clip_value = flags.number("--clip-value", 0.0, kAny, Ends::above_least);
  options.clip_norm = flags.number("--clip-norm", 0.0, kAny, Ends::above_least);
  options.max_norm = flags.number("--max-norm", 0.0, kAny, Ends::above_least);
  options.input_noise = flags.number("--input-noise", 0.0, kAny);
  options.ema = flags.number("--ema", 0.0, 1.0, Ends::below_most);
  options.swa = flags.number("--swa", 0.0, 1.0, Ends::below_most);
  options.monotone = fmt::format("{}", fmt::join(flags.list("--monotone"), ","));
  options.weight_decay = flags.number("--weight-decay", 0.0, kAny);
  options.early_stopping = toggled(flags, "early-stopping");
  options.calibrate = toggled(flags, "calibrate");
  options.coverage = flags.number("--coverage", 0.0, 1.0, Ends::open);
  options.calibration_fraction = flags.number("--calibration-fraction", 0.0, 1.0, Ends::open);
  options.patience = flags.whole("--patience", 1, kMostEpochs);
  options.tolerance = flags.number("--tol", 0.0, kAny);
  options.metric = flags.choice<Metric>("--metric");
  options.seed = flags.seed("--seed").value_or(options.seed);
  options.threads = static_cast<int>(flags.whole("--threads", 1, kMostThreads).value_or(0));
  return options;
}

PredictOptions predict_options(const Flags& flags) {
  PredictOptions options;
  options.threshold = flags.number("--threshold", 0.0, 1.0);
  options.keep = flags.list("--keep");
  options.strict = flags.given("--strict");
  options.threads = static_cast<int>(flags.whole("--threads", 1, kMostThreads).value_or(1));
  return options;
}

void apply_simd(const Flags& flags) {
  const auto target = flags.text("--simd");
  if (!target || *target == "auto") return;
  const std::vector<std::string> known = {"auto", "avx512", "avx2", "neon", "portable"};
  if (std::find(known.begin(), known.end(), *target) == known.end())
    flags.fail("--simd", fmt::format("found \"{}\", expected one of {}", printable(*target), fmt::join(known, ", ")));
  try {
    force_simd(*target);
  } catch (const Error& error) {
    throw Error(error.code(), error.message().starts_with("--simd") ? error.message() : "--simd: " + error.message());
  }
}

}  // namespace gradus::cli
