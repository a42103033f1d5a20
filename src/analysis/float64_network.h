// A model's network in float64, whatever it was trained in: the derivation is shown and checked without rounding noise.
#pragma once

#include "gradus/network.h"

#include "model/model_data.h"

namespace gradus {

inline BasicNetwork<double> float64_network(const ModelData& model) {
  NetworkSpec own = spec(model);
  own.head.temperatures.clear();  // no part of the derivation
  BasicNetwork<double> network(own);
  std::visit(
      [&](const auto& source) {
        std::copy(source.parameters().begin(), source.parameters().end(), network.parameters().begin());
      },
      model.network);
  return network;
}

}  // namespace gradus
