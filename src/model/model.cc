#include "gradus/model.h"

#include <utility>

#include "gradus/error.h"

#include "model/model_data.h"
#include "model/model_file.h"
#include "model/model_json.h"

namespace gradus {

std::string_view name(StopReason reason) noexcept {
  switch (reason) {
    case StopReason::completed:
      return "completed";
    case StopReason::early_stopping:
      return "early_stopping";
    case StopReason::interrupted:
      return "interrupted";
    case StopReason::diverged:
      return "diverged";
  }
  return "unknown";
}

Model::Model(std::shared_ptr<const ModelData> data) : data_(std::move(data)) {}

Model Model::load(const std::string& path) {
  return Model(std::make_shared<const ModelData>(read_model(path)));
}

void Model::save(const std::string& path) const {
  write_model(*data_, path);
}

Task Model::task() const noexcept {
  return data_->targets.task;
}

Precision Model::precision() const noexcept {
  return std::holds_alternative<BasicNetwork<double>>(data_->network) ? Precision::float64 : Precision::float32;
}

std::vector<std::string> Model::targets() const {
  std::vector<std::string> names;
  for (const TargetColumn& column : data_->targets.columns) names.push_back(column.name);
  return names;
}

const std::vector<std::string>& Model::classes() const noexcept {
  return data_->targets.classes;
}

int64_t Model::members() const noexcept {
  return spec(*data_).members;
}
StopReason Model::stop_reason() const noexcept {
  return data_->stop_reason;
}

const std::vector<EpochRecord>& Model::history() const noexcept {
  return data_->history;
}

const Calibration& Model::calibration() const noexcept {
  return data_->calibration;
}

const std::vector<double>& Model::temperatures() const noexcept {
  return spec(*data_).head.temperatures;
}

std::string Model::sha256() const {
  return model_file_sum(*data_);
}

std::string Model::metadata() const {
  return model_json(*data_);
}

}  // namespace gradus
