#include "kernels/scan.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "kernels/target.h"

namespace gradus::kernels {
namespace {

template <typename Body>
void on_every_target(const Body& body) {
  for (const std::string& target : available_targets()) {
    ASSERT_TRUE(set_target(target));
    SCOPED_TRACE(target);
    body();
  }
  set_target("auto");
}

TEST(FindCsvMarks, FindsThemAtEveryPlace) {
  on_every_target([] {
    std::mt19937 random(1);
    for (std::size_t size = 0; size < 200; ++size) {
      // What stands behind the end must not count.
      std::string bytes(size + 64, ',');
      for (std::size_t i = 0; i < size; ++i) bytes[i] = "ab,;\n\r\"\t\x7F\x01"[random() % 10];
      std::vector<uint64_t> marks((size + 63) / 64 + 1, 0xABCD);
      std::vector<uint64_t> stops = marks;
      EXPECT_FALSE(find_csv_marks(bytes.data(), size, ';', marks.data(), stops.data()));
      for (std::size_t i = 0; i < (size + 63) / 64 * 64; ++i) {
        const bool stop = i < size && std::string("\"\n\r").find(bytes[i]) != std::string::npos;
        const bool mark = stop || (i < size && bytes[i] == ';');
        EXPECT_EQ((marks[i / 64] >> (i % 64) & 1) != 0, mark) << size << " " << i;
        EXPECT_EQ((stops[i / 64] >> (i % 64) & 1) != 0, stop) << size << " " << i;
      }
      EXPECT_EQ(marks.back(), 0xABCDU);
      EXPECT_EQ(stops.back(), 0xABCDU);
    }
  });
}

TEST(FindCsvMarks, TellsBytesThatAreNotPlainText) {
  on_every_target([] {
    for (std::size_t place = 0; place < 128; ++place) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string bytes(128, 'x');
        bytes[place] = static_cast<char>(byte);
        uint64_t marks[2];
        uint64_t stops[2];
        EXPECT_EQ(find_csv_marks(bytes.data(), bytes.size(), ',', marks, stops), byte == 0 || byte > 127) << byte;
      }
    }
  });
}

TEST(ListMarks, ListsThoseFromAPlaceOn) {
  on_every_target([] {
    std::mt19937_64 random(5);
    for (int trial = 0; trial < 300; ++trial) {
      std::vector<uint64_t> masks(6);
      for (uint64_t& mask : masks) {
        mask = random() & (trial % 3 == 0 ? ~uint64_t{0} : random() & random());
        if (trial % 7 == 0) mask = random() % 2 == 0 ? 0 : ~uint64_t{0};
      }
      const std::size_t from = random() % 384;
      const std::size_t last = from / 64 + 1 + random() % (6 - from / 64);
      const std::size_t enough = random() % 200;
      std::vector<uint32_t> expected;
      for (std::size_t i = from; i < 64 * last; ++i) {
        if (i % 64 == 0 && expected.size() >= enough) break;
        if (masks[i / 64] >> (i % 64) & 1) expected.push_back(static_cast<uint32_t>(i));
      }
      if (enough == 0) expected.clear();
      std::vector<uint32_t> places(enough + 2 * kPlacesAtOnce, 77);
      const std::size_t count = list_marks(masks.data(), from / 64, last, from, enough, places.data());
      ASSERT_EQ(count, expected.size());
      EXPECT_EQ(std::vector<uint32_t>(places.begin(), places.begin() + static_cast<std::ptrdiff_t>(count)), expected);
      EXPECT_EQ(places[enough + kPlacesAtOnce], 77U);
    }
  });
}

TEST(Narrow, AgreesWithItsNaiveTwin) {
  on_every_target([] {
    std::mt19937 random(2);
    for (std::size_t size = 0; size < 70; ++size) {
      for (int kind = 0; kind < 4; ++kind) {
        std::vector<double> values(size);
        for (double& value : values) {
          value = static_cast<double>(random()) - 0x1p31;
          if (kind == 1) value *= 1e-7;
          if (kind == 2) value *= 1e30;
          if (kind == 3 && random() % 3 == 0) value = std::numeric_limits<double>::quiet_NaN();
        }
        std::vector<float> out(size + 1, 7.0F);
        const NarrowStats stats = narrow(values, {out.data(), size});
        NarrowStats naive = {std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity(), 0.0,
                             true};
        for (std::size_t i = 0; i < size; ++i) {
          const double value = values[i];
          if (std::isnan(value)) {
            EXPECT_TRUE(std::isnan(out[i]));
            continue;
          }
          EXPECT_EQ(out[i], static_cast<float>(value));
          naive.minimum = std::min(naive.minimum, value);
          naive.maximum = std::max(naive.maximum, value);
          naive.error = std::max(naive.error, std::abs(value - static_cast<double>(static_cast<float>(value))));
          naive.all_integers = naive.all_integers && std::trunc(value) == value && std::abs(value) < 0x1p53;
        }
        EXPECT_EQ(stats.minimum, naive.minimum);
        EXPECT_EQ(stats.maximum, naive.maximum);
        EXPECT_EQ(stats.error, naive.error);
        EXPECT_EQ(stats.all_integers, naive.all_integers);
        EXPECT_EQ(out[size], 7.0F);
      }
    }
  });
}

}  // namespace
}  // namespace gradus::kernels
