// An ONNX graph in the making: opset 17 and ai.onnx.ml 3, as Debian's ONNX 1.12 has them.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace gradus {

enum class OnnxType { float32, float64, int64, boolean, text };

using OnnxAttribute =
    std::pair<std::string, std::variant<int64_t, float, std::vector<int64_t>, std::vector<std::string>>>;

/// Values are known by name. `shape` leaves out the rows, which every input and output has first.
class OnnxGraph {
 public:
  OnnxGraph();
  ~OnnxGraph();
  OnnxGraph(const OnnxGraph&) = delete;
  OnnxGraph& operator=(const OnnxGraph&) = delete;

  /// Called `name`, or where that is taken with underscores behind. Outputs' names must have been reserved before.
  std::string input(const std::string& name, OnnxType type, int64_t width);
  void reserve(const std::string& name) { taken_.insert(name); }
  void output(const std::string& value, const std::string& name, OnnxType type, const std::vector<int64_t>& shape);

  /// A node with one output, whose name is returned.
  std::string node(const std::string& op, const std::vector<std::string>& inputs,
                   const std::vector<OnnxAttribute>& attributes = {});
  /// `name` "": one is made up.
  std::string constant(std::span<const float> values, const std::vector<int64_t>& shape, const std::string& name = {});
  std::string constant(std::span<const double> values, const std::vector<int64_t>& shape, const std::string& name = {});
  std::string constant(std::span<const int64_t> values, const std::vector<int64_t>& shape);
  std::string constant(const std::vector<bool>& values, const std::vector<int64_t>& shape);
  std::string cast(const std::string& value, OnnxType to);

  /// The file's bytes. `metadata` is kept under the key "gradus".
  std::string serialise(const std::string& metadata) const;

 private:
  struct Impl;
  std::string fresh(const std::string& what);
  std::string untaken(std::string name);  ///< with as many underscores behind as it takes

  std::unique_ptr<Impl> impl_;
  std::set<std::string> taken_;
  int64_t made_ = 0;
};

}  // namespace gradus
