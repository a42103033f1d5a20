#include "optim/line_search.h"

#include <algorithm>
#include <cmath>

#include "kernels/reductions.h"
#include "kernels/updates.h"

namespace gradus {
namespace {

struct Point {
  double step, value, slope;
};

/// Where the cubic through two points and their slopes is least (Nocedal & Wright, equation 3.59), kept off the ends
/// of the interval; its middle where that is no number.
double between(const Point& a, const Point& b) {
  const double low = std::min(a.step, b.step), high = std::max(a.step, b.step);
  const double margin = 0.1 * (high - low);
  const double d1 = a.slope + b.slope - 3.0 * (a.value - b.value) / (a.step - b.step);
  const double square = d1 * d1 - a.slope * b.slope;
  if (!(square >= 0.0)) return 0.5 * (low + high);
  const double d2 = b.step > a.step ? std::sqrt(square) : -std::sqrt(square);
  const double step = b.step - (b.step - a.step) * (b.slope + d2 - d1) / (b.slope - a.slope + 2.0 * d2);
  if (!std::isfinite(step)) return 0.5 * (low + high);
  return std::clamp(step, low + margin, high - margin);
}

/// J along a line.
template <typename T>
class Line {
 public:
  Line(const Objective<T>& objective, std::span<const T> start, std::span<const T> direction, std::span<T> theta,
       std::span<T> gradient)
      : objective_(objective), start_(start), direction_(direction), theta_(theta), gradient_(gradient) {}

  Point at(double step) {
    move_to(step);
    const double value = objective_(theta_, gradient_);
    ++evaluations_;
    return {step, value, kernels::blocked_dot<T>(gradient_, direction_)};
  }
  void move_to(double step) const {
    std::copy(start_.begin(), start_.end(), theta_.begin());
    kernels::add_scaled<T>(direction_, static_cast<T>(step), theta_);
  }
  int evaluations() const { return evaluations_; }

 private:
  const Objective<T>& objective_;
  std::span<const T> start_, direction_;
  std::span<T> theta_, gradient_;
  int evaluations_ = 0;
};

/// The search's bookkeeping: which points satisfy what.
class Wolfe {
 public:
  Wolfe(const Point& origin, const WolfeConditions& conditions) : origin_(origin), conditions_(conditions) {}

  bool falls_enough(const Point& p) const {
    return p.value <= origin_.value + conditions_.decrease * p.step * origin_.slope;
  }
  bool is_flat_enough(const Point& p) const { return std::abs(p.slope) <= -conditions_.curvature * origin_.slope; }

 private:
  Point origin_;
  WolfeConditions conditions_;
};

/// `low` falls enough and has the lowest value so far; between it and `high` lies a step that satisfies both.
template <typename T>
Point zoom(Line<T>& line, const Wolfe& wolfe, Point low, Point high, int most_evaluations) {
  Point latest = high;
  while (line.evaluations() < most_evaluations) {
    const bool finite = std::isfinite(high.value) && std::isfinite(high.slope);
    const double step = finite ? between(low, high) : 0.5 * (low.step + high.step);
    if (step == low.step || step == high.step) break;
    latest = line.at(step);
    if (!std::isfinite(latest.value) || !wolfe.falls_enough(latest) || latest.value >= low.value) {
      high = latest;
      continue;
    }
    if (wolfe.is_flat_enough(latest)) return latest;
    if (latest.slope * (high.step - low.step) >= 0.0) high = low;
    low = latest;
  }
  // Out of evaluations: the lowest point seen, with its gradient.
  return latest.step == low.step ? latest : line.at(low.step);
}

template <typename T>
Point search(Line<T>& line, const Wolfe& wolfe, const Point& origin, double first_step, int most_evaluations) {
  Point before = origin;
  double step = first_step;
  while (line.evaluations() < most_evaluations) {
    const Point now = line.at(step);
    const bool rises = before.step > 0.0 && now.value >= before.value;
    if (!std::isfinite(now.value) || !wolfe.falls_enough(now) || rises)
      return zoom(line, wolfe, before, now, most_evaluations);
    if (wolfe.is_flat_enough(now)) return now;
    if (now.slope >= 0.0) return zoom(line, wolfe, now, before, most_evaluations);
    before = now;
    step *= 2.0;
  }
  return before;
}

}  // namespace

template <typename T>
LineSearchResult LineSearch<T>::run(const Objective<T>& objective, std::span<T> theta, std::span<T> gradient,
                                    std::span<const T> direction, double value, double first_step,
                                    const WolfeConditions& conditions) {
  std::copy(theta.begin(), theta.end(), start_.span().begin());
  const std::span<const T> start = start_.span();
  Line<T> line(objective, start, direction, theta, gradient);
  const Point origin = {0.0, value, kernels::blocked_dot<T>(gradient, direction)};
  const Point found = search(line, Wolfe(origin, conditions), origin, first_step, conditions.most_evaluations);
  if (found.step > 0.0 && found.value < value) return {found.step, found.value};
  line.at(0.0);  // the start and its gradient again
  return {0.0, value};
}

template class LineSearch<float>;
template class LineSearch<double>;

}  // namespace gradus
