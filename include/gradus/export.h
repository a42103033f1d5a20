// A model as something that runs without Gradus.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gradus/model.h"

namespace gradus {

struct CExportOptions {
  /// What the file's names begin with: a letter, then letters, digits and underscores, at most 40. "": the file's own
  /// name without its ending.
  std::string name = {};
  bool int8 = false;  ///< weights in one byte each, see `int8_model`
  /// Synthetic rows in the self-test, from 1 to 10,000.
  int64_t self_test_rows = 32;
};

/// How far a model with rounded weights is from the model itself on synthetic rows, drawn from the columns' ranges and
/// categories. Differences are of probabilities, or of numbers over the scale of their target.
struct Int8Loss {
  int64_t rows = 0;
  double largest_difference = 0.0;
  double root_mean_square = 0.0;
  int64_t predicted_otherwise = 0;  ///< rows with another class or label
};

/// What was written.
struct CExportReport {
  std::string name;             ///< what the file's names begin with
  int64_t columns = 0;          ///< raw columns it takes
  int64_t parameter_bytes = 0;  ///< weights, biases, scales
  int64_t multiply_adds = 0;    ///< a prediction
  int64_t activations = 0;      ///< values of activation functions a prediction
  int64_t stack_bytes = 0;      ///< of the arrays that a prediction needs
  std::optional<Int8Loss> int8_loss = {};
};

/// Writes `model` as one C99 file that takes a row of raw columns and gives what `predict` gives: no allocation, no
/// dependency but libm, a self-test behind a macro on rows drawn from the columns' ranges. Where the compiler fuses
/// multiply-adds the results have the bits of `predict`, elsewhere all but a few. docs/export.md says how to use it.
/// `path` is written whole or not at all; "-" is standard output. Throws Error(usage) for options, Error(bad_data)
/// where a category or class holds a NUL character, Error(cannot_create), Error(write_failed).
CExportReport export_c(const Model& model, const std::string& path, const CExportOptions& options = {});

struct OnnxExportOptions {
  /// All columns in one (N, columns) float input, where each of them is a number that fits a float.
  bool single_input = false;
  int64_t check_rows = 1000;      ///< synthetic rows the graph is checked on, from 1 to 100,000
  std::string test_vectors = {};  ///< a file for these rows and what `predict` answers on them, as JSON; "": none
};

struct OnnxExportReport {
  int64_t inputs = 0;
  int64_t bytes = 0;
  int64_t rows = 0;  ///< the graph was evaluated on
  /// From `predict`, of probabilities, or of numbers over the scale of their target.
  double largest_difference = 0.0;
  int64_t predicted_otherwise = 0;
  std::vector<std::string> outputs;
};

/// Writes `model` as an ONNX file (opset 17, ai.onnx.ml 3, standard operators only): one (N, 1) input a raw column,
/// float, double where a float would lose digits, or string; outputs `prediction` and what else `predict` gives. The
/// bytes are evaluated on synthetic rows by an evaluator that shares no code with the network before anything is
/// written; a graph that says something else than `predict` is Error(internal). Throws Error(usage) for options and
/// files beyond 2 GB, Error(cannot_create), Error(write_failed).
OnnxExportReport export_onnx(const Model& model, const std::string& path, const OnnxExportOptions& options = {});

/// The model with its weights rounded to what one signed byte times a scale of each unit can say: the largest absolute
/// weight of a unit becomes 127. Batch norms are folded first; biases and norms stay. It predicts what an int8 export
/// computes, so evaluating it measures the loss of accuracy.
Model int8_model(const Model& model);

}  // namespace gradus
