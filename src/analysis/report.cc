#include "analysis/report.h"

#include <fmt/format.h>

#include <utility>

#include "gradus/error.h"
#include "gradus/info.h"
#include "gradus/output_file.h"

#include "analysis/web_page.h"
#include "model/model_data.h"

namespace gradus {

struct Report::Impl {
  ReportFacts facts;
};

Report::Report(Table table, ReportOptions options) : impl_(std::make_shared<Impl>()) {
  impl_->facts.table = std::move(table);
  impl_->facts.options = std::move(options);
}

Report::Report(Table table, Table validation, ReportOptions options) : Report(std::move(table), std::move(options)) {
  impl_->facts.validation = std::move(validation);
}

void Report::watch(TrainOptions& options) {
  options.on_rows = [impl = impl_, before = options.on_rows](const RowParts& rows) {
    impl->facts.rows = rows;
    if (before) before(rows);
  };
  options.on_start = [impl = impl_, before = options.on_start](const TrainingStart& start) {
    impl->facts.start = start;
    if (before) before(start);
  };
  options.on_warning = [impl = impl_, before = options.on_warning](const std::string& text) {
    impl->facts.warnings.push_back(text);
    if (before) before(text);
  };
}

std::string Report::json(const Model& model) const {
  return report_json(impl_->facts, model).dump(2, ' ', false, Json::error_handler_t::replace);
}

std::string Report::html(const Model& model) const {
  return report_html(report_json(impl_->facts, model));
}

void Report::write(const Model& model, const std::string& path) const {
  const std::string page = html(model);
  OutputFile output(path);
  output.write(page);
  output.commit();
}

bool report_has_charts() noexcept {
  return web_page_has_charts();
}

Json report_json(const ReportFacts& facts, const Model& model) {
  if (!facts.start)
    throw Error(ErrorCode::usage, "report: found no training that was watched, expected Report::watch before train");
  const ModelData& data = model.data();
  Json history = Json::array();
  for (const EpochRecord& record : data.history)
    history.push_back({{"epoch", record.epoch},
                       {"train_loss", record.train_loss},
                       {"validation_loss", record.validation_loss},
                       {"metric", record.validation_metric},
                       {"learning_rate", record.learning_rate}});
  Json libraries = Json::array();
  for (const auto& [name, version] : gradus::libraries()) libraries.push_back({name, version});
  return {{"data", data_json(facts, model)},
          {"recipe", recipe_json(facts, model)},
          {"training",
           {{"stop_reason", name(data.stop_reason)},
            {"best_epoch", data.best_epoch},
            {"max_epochs", facts.start->max_epochs},
            {"metric", facts.start->metric},
            {"history", std::move(history)}}},
          {"measured", measured_json(facts, model)},
          {"warnings", facts.warnings},
          {"command", facts.options.command},
          {"model_sha256", model.sha256()},
          {"data_sha256", data.fingerprint},
          {"gradus", {{"version", version()}, {"build", build()}, {"libraries", std::move(libraries)}}}};
}

}  // namespace gradus
