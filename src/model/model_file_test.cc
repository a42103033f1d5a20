#include "model/model_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <string>
#include <thread>

#include "gradus/model.h"

#include "base/test_files.h"
#include "model/model_json.h"
#include "model/test_models.h"

namespace gradus {
namespace {

template <typename T>
bool same_bits(std::span<const T> a, std::span<const T> b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

bool same_bits(double a, double b) {
  return (std::isnan(a) && std::isnan(b)) || std::memcmp(&a, &b, sizeof a) == 0;
}

void expect_same(const EpochRecord& a, const EpochRecord& b) {
  EXPECT_EQ(a.epoch, b.epoch);
  EXPECT_EQ(a.step, b.step);
  EXPECT_TRUE(same_bits(a.train_loss, b.train_loss));
  EXPECT_TRUE(same_bits(a.validation_loss, b.validation_loss));
  EXPECT_TRUE(same_bits(a.validation_metric, b.validation_metric));
  EXPECT_TRUE(same_bits(a.learning_rate, b.learning_rate));
  EXPECT_EQ(a.best, b.best);
}

void expect_same(const ModelData& a, const ModelData& b) {
  EXPECT_TRUE(a.encoder == b.encoder);
  EXPECT_TRUE(a.targets == b.targets);
  EXPECT_TRUE(spec(a) == spec(b));
  EXPECT_EQ(a.options, b.options);
  EXPECT_EQ(a.seed, b.seed);
  EXPECT_TRUE(same_bits(a.l2, b.l2));
  EXPECT_TRUE(same_bits(a.learning_rate, b.learning_rate));
  EXPECT_EQ(a.training_rows, b.training_rows);
  EXPECT_EQ(a.validation_rows, b.validation_rows);
  EXPECT_EQ(a.fingerprint, b.fingerprint);
  EXPECT_EQ(a.stop_reason, b.stop_reason);
  EXPECT_EQ(a.best_epoch, b.best_epoch);
  ASSERT_EQ(a.history.size(), b.history.size());
  for (std::size_t i = 0; i < a.history.size(); ++i) expect_same(a.history[i], b.history[i]);
}

template <typename T>
void expect_round_trip(const ModelData& model) {
  const ModelData read = parse_model(file_of(model), "m");
  expect_same(model, read);
  ASSERT_TRUE(std::holds_alternative<BasicNetwork<T>>(read.network));
  EXPECT_TRUE(same_bits<T>(std::get<BasicNetwork<T>>(model.network).parameters(),
                           std::get<BasicNetwork<T>>(read.network).parameters()));
  EXPECT_EQ(file_of(read), file_of(model));
}

TEST(ModelFile, EveryFieldComesBackExactly) {
  expect_round_trip<float>(small_model<float>());
  expect_round_trip<double>(small_model<double>());
  expect_round_trip<float>(small_regression());
}

TEST(ModelFile, SecondsAndRatesAreNotKept) {
  ModelData model = small_model<float>();
  const std::string before = file_of(model);
  model.history[0].seconds = 99.0;
  model.history[0].rows_per_second = 98.0;
  EXPECT_EQ(file_of(model), before);
  EXPECT_EQ(parse_model(before, "m").history[0].seconds, 0.0);
}

TEST(ModelFile, SavesTheSameBytesEveryTime) {
  const TemporaryFolder folder;
  const Model model(std::make_shared<const ModelData>(small_model<float>()));
  model.save(folder / "a");
  Model::load(folder / "a").save(folder / "b");
  EXPECT_EQ(read_bytes(folder / "a"), read_bytes(folder / "b"));
  EXPECT_EQ(Model::load(folder / "b").metadata(), model.metadata());
  EXPECT_EQ(folder.entries(), 2u);
}

TEST(ModelFile, AccessorsSayWhatIsKept) {
  const Model model(std::make_shared<const ModelData>(small_model<float>()));
  EXPECT_EQ(model.task(), Task::classification);
  EXPECT_EQ(model.targets(), std::vector<std::string>{"class"});
  EXPECT_EQ(model.classes(), (std::vector<std::string>{"9", "10"}));
  EXPECT_EQ(model.stop_reason(), StopReason::early_stopping);
  EXPECT_EQ(model.history().size(), 2u);
  EXPECT_EQ(Json::parse(model.metadata())["training"]["options"]["solver"], "adamw");
}

TEST(ModelFile, DataStartsAtACacheLine) {
  for (std::size_t extra = 0; extra < 70; ++extra) {
    ModelData model = small_regression();
    model.fingerprint = std::string(extra, 'x');
    const std::string bytes = file_of(model);
    uint64_t length = 0;
    std::memcpy(&length, bytes.data(), sizeof length);
    ASSERT_EQ((8 + length) % 64, 0u);
    ASSERT_EQ(bytes.size() - 8 - length, 6 * sizeof(float));
  }
}

TEST(ModelFile, EveryTruncationIsRefused) {
  const std::string bytes = file_of(small_regression());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const Error error = error_of([&] { parse_model(std::string_view(bytes).substr(0, size), "m"); });
    ASSERT_EQ(error.code(), ErrorCode::bad_data) << size;
    ASSERT_GE(error.place().offset, 0) << size;
  }
}

TEST(ModelFile, EveryFlippedBitIsRefused) {
  std::string bytes = file_of(small_regression());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      bytes[i] = static_cast<char>(bytes[i] ^ (1 << bit));
      ASSERT_EQ(error_of([&] { parse_model(bytes, "m"); }).code(), ErrorCode::bad_data) << i << " bit " << bit;
      bytes[i] = static_cast<char>(bytes[i] ^ (1 << bit));
    }
  }
}

TEST(ModelFile, TrailingBytesAreRefused) {
  const std::string bytes = file_of(small_regression());
  EXPECT_EQ(error_of([&] { parse_model(bytes + '\0', "m"); }).code(), ErrorCode::bad_data);
  const Error error = error_of([&] { parse_model(with_sum(bytes + std::string(3, '\0')), "m"); });
  EXPECT_NE(error.message().find("found 3 bytes after the last tensor"), std::string::npos) << error.what();
  EXPECT_EQ(error.place().offset, std::ssize(bytes));
}

TEST(ModelFile, ReadsFromAPipe) {
  const TemporaryFolder folder;
  const std::string bytes = file_of(small_model<float>());
  ASSERT_EQ(::mkfifo((folder / "fifo").c_str(), 0600), 0);
  std::thread writer([&] { write_bytes(folder / "fifo", bytes); });
  expect_same(read_model(folder / "fifo"), small_model<float>());
  writer.join();
}

TEST(ModelFile, AnUnreadablePathIsCannotRead) {
  const TemporaryFolder folder;
  EXPECT_EQ(error_of([&] { Model::load(folder / "absent"); }).code(), ErrorCode::cannot_read);
  EXPECT_EQ(error_of([&] { Model::load(folder.path()); }).code(), ErrorCode::cannot_read);
}

// /dev/zero has no end: only a refusal by the first bytes ends this test.
TEST(ModelFile, RefusesAfterTheFirstBytes) {
  EXPECT_EQ(error_of([] { read_model("/dev/zero"); }).code(), ErrorCode::bad_data);
}

TEST(ModelFile, WhatCannotBeReadBackIsNotWritten) {
  const TemporaryFolder folder;
  ModelData model = small_regression();
  model.targets.columns[0].name = "\xff";
  EXPECT_EQ(error_of([&] { write_model(model, folder / "m"); }).code(), ErrorCode::bad_data);
  model = small_regression();
  std::get<0>(model.network).parameters()[3] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(error_of([&] { write_model(model, folder / "m"); }).code(), ErrorCode::diverged);
  EXPECT_EQ(folder.entries(), 0u);
}

}  // namespace
}  // namespace gradus
