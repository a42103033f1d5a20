#include "data/dataset.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <fstream>
#include <numeric>

#include "base/test_files.h"
#include "data/table_data.h"
#include "data/targets.h"

namespace gradus {
namespace {

// Resident memory in bytes, by Linux's /proc/self/statm.
int64_t resident() {
  int64_t total = 0;
  int64_t pages = 0;
  std::ifstream("/proc/self/statm") >> total >> pages;
  return pages * sysconf(_SC_PAGESIZE);
}

std::vector<uint32_t> all_rows(int64_t count) {
  std::vector<uint32_t> list(static_cast<std::size_t>(count));
  std::iota(list.begin(), list.end(), 0u);
  return list;
}

Table sample() {
  Table table;
  table.add_column("x", std::vector<double>{0, 2, 4, 6});
  table.add_column("label", std::vector<std::string>{"b", "a", "b", "a"});
  table.add_column("z", std::vector<double>{1, 1, 3, 3});
  table.add_column("on", std::vector<double>{1, 0, 0, 1});
  return table;
}

struct Parts {
  std::vector<int64_t> features;
  std::vector<int64_t> targets;
  Task task;
};

template <typename T = float>
Dataset<T> encode(const Table& table, const Parts& parts, const std::vector<uint32_t>& rows, bool label_index) {
  const Encoder encoder = fit_encoder(table, parts.features, all_rows(table.rows()));
  const TargetEncoder targets = fit_targets(table, parts.targets, parts.task, all_rows(table.rows()));
  return encode_dataset<T>(table, encoder, targets, parts.features, parts.targets, rows, label_index);
}

template <typename T>
std::vector<T> row(MatrixView<T> view, int64_t index) {
  return {view.row(index).begin(), view.row(index).end()};
}

TEST(Dataset, ClassesAsIndicesOrOneHot) {
  const Parts parts{{0, 2}, {1}, Task::classification};
  const Dataset<float> indices = encode(sample(), parts, {0, 1, 3}, true);
  ASSERT_EQ(indices.rows(), 3);
  EXPECT_EQ(indices.targets().columns(), 1);
  EXPECT_EQ(indices.targets()(0, 0), 1);
  EXPECT_EQ(indices.targets()(1, 0), 0);
  Dataset<float> one_hot = encode(sample(), parts, {0, 1, 3}, false);
  EXPECT_EQ(row(one_hot.targets(), 0), (std::vector<float>{0, 1}));
  EXPECT_EQ(row(one_hot.targets(), 1), (std::vector<float>{1, 0}));
}

TEST(Dataset, RowsAreThoseListed) {
  Dataset<double> data = encode<double>(sample(), {{2}, {0}, Task::regression}, {1, 3}, false);
  EXPECT_EQ(data.rows(), 2);
  EXPECT_EQ(row(data.features(), 0), std::vector<double>{-1});
  EXPECT_EQ(row(data.features(), 1), std::vector<double>{1});
  EXPECT_DOUBLE_EQ(data.targets()(0, 0), (2.0 - 3.0) / std::sqrt(5.0));
  EXPECT_DOUBLE_EQ(data.targets()(1, 0), (6.0 - 3.0) / std::sqrt(5.0));
}

TEST(Dataset, MultiLabelStaysZeroAndOne) {
  Dataset<float> data = encode(sample(), {{0}, {3, 3}, Task::multilabel}, {0, 1}, false);
  EXPECT_EQ(row(data.targets(), 0), (std::vector<float>{1, 1}));
  EXPECT_EQ(row(data.targets(), 1), (std::vector<float>{0, 0}));
}

TEST(Dataset, AClassTheModelDoesNotKnowIsAnError) {
  const Table table = sample();
  const std::vector<int64_t> features = {0};
  const std::vector<int64_t> target = {1};
  const Encoder encoder = fit_encoder(table, features, all_rows(4));
  TargetEncoder targets = fit_targets(table, target, Task::classification, all_rows(4));
  targets.classes.erase(targets.classes.begin());
  const auto rows = all_rows(4);
  const Error error = error_of([&] { encode_dataset<float>(table, encoder, targets, features, target, rows, true); });
  EXPECT_EQ(error.code(), ErrorCode::bad_data);
  EXPECT_NE(error.message().find("row 2"), std::string::npos) << error.message();
}

TEST(Dataset, SameBitsOverSeveralBlocksAsRowByRow) {
  const int64_t rows = 2 * kBlockRows + 17;
  std::vector<double> x(static_cast<std::size_t>(rows));
  std::vector<std::string> kind(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] = i % 7 == 0 ? std::numeric_limits<double>::quiet_NaN() : static_cast<double>(i * i % 1013) / 7.0;
    kind[i] = i % 5 == 0 ? "" : std::string(1, static_cast<char>('a' + i % 11));
  }
  Table table;
  table.add_column("x", x);
  table.add_column("kind", kind);
  table.add_column("y", std::vector<double>(x.size(), 1.0));
  const std::vector<int64_t> features = {0, 1};
  std::vector<uint32_t> listed;
  for (uint32_t r = 1; r < rows; r += 3) listed.push_back(r);
  Dataset<float> data = encode(table, {features, {2}, Task::regression}, listed, false);
  const Encoder encoder = fit_encoder(table, features, all_rows(rows));
  TableEncoder one(encoder, table, false);
  std::vector<float> expected(static_cast<std::size_t>(encoder.width));
  for (std::size_t i = 0; i < listed.size(); ++i) {
    one.encode(listed[i], std::span<float>(expected));
    ASSERT_EQ(row(data.features(), static_cast<int64_t>(i)), expected) << i;
  }
}

TEST(Dataset, FreesEachBlockOnceEncoded) {
  // A table whose blocks own their cells, as those read from a file do.
  constexpr int64_t kBlocks = 40;
  constexpr int64_t kColumns = 50;
  auto data = std::make_shared<TableData>();
  for (int64_t c = 0; c < kColumns; ++c) data->columns.push_back({std::to_string(c), ColumnKind::numeric, false, {}});
  data->rows = kBlocks * kBlockRows;
  for (int64_t b = 0; b < kBlocks; ++b) {
    auto block = std::make_shared<TableBlock>();
    block->rows = kBlockRows;
    auto pages = std::make_shared<Pages>(static_cast<std::size_t>(kColumns * kBlockRows) * sizeof(float));
    auto* cells = reinterpret_cast<float*>(pages->data());
    for (int64_t i = 0; i < kColumns * kBlockRows; ++i) cells[i] = static_cast<float>((i + b) % 977);
    for (int64_t c = 0; c < kColumns; ++c) {
      block->columns.push_back({Cells::Type::float32, cells + c * kBlockRows, pages});
    }
    data->blocks.push_back(std::move(block));
  }
  Table table{std::move(data)};
  std::vector<int64_t> features(kColumns - 1);
  std::iota(features.begin(), features.end(), 0);
  const std::vector<int64_t> target = {kColumns - 1};
  const auto rows = all_rows(table.rows());
  const Encoder encoder = fit_encoder(table, features, rows);
  const TargetEncoder targets = fit_targets(table, target, Task::regression, rows);
  const std::weak_ptr<const TableBlock> first = table.data().blocks[0];
  const int64_t encoded_bytes = table.rows() * (kColumns + 2) * static_cast<int64_t>(sizeof(float));
  const int64_t before = resident();
  const Dataset<float> dataset =
      encode_dataset<float>(std::move(table), encoder, targets, features, target, rows, false);
  EXPECT_TRUE(first.expired());
  EXPECT_LT(resident() - before, encoded_bytes / 5) << "the table's cells were as large as the encoded ones";
  EXPECT_EQ(dataset.features().columns(), kColumns - 1);
}

TEST(Dataset, PaddingCostsAtMostATwentieth) {
  for (const int64_t width : {1, 2, 3, 7, 13, 49, 50, 51, 64, 1000, 1024, 4096}) {
    const Dataset<float> data(2, width, 1);
    EXPECT_LE(20 * data.features().stride(), 21 * width) << width;
    EXPECT_NE(data.features().stride() * 4 % 4096, 0) << width;
  }
}

TEST(Dataset, SameRowsInAFile) {
  const Parts parts{{0, 2}, {1}, Task::classification};
  const Table table = sample();
  const Encoder encoder = fit_encoder(table, parts.features, all_rows(4));
  const TargetEncoder targets = fit_targets(table, parts.targets, parts.task, all_rows(4));
  const std::vector<uint32_t> rows = {0, 1, 3};
  const auto in = [&](const Storage& storage) {
    return encode_dataset<float>(table, encoder, targets, parts.features, parts.targets, rows, true, storage);
  };
  Dataset<float> memory = in({});
  Dataset<float> file = in(Storage::in_file(""));
  for (int64_t i = 0; i < 3; ++i) {
    EXPECT_EQ(row(file.features(), i), row(memory.features(), i));
    EXPECT_EQ(row(file.targets(), i), row(memory.targets(), i));
  }
}

}  // namespace
}  // namespace gradus
