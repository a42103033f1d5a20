// The model file's reader. The SHA-256 is put right first, or nothing behind it would ever be reached.
//
// The first byte chooses: even, the rest is a whole file; odd, the rest is the model's JSON, in a container with the
// tensors of a 4-3-2 network.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "gradus/error.h"

#include "base/quote.h"
#include "model/model_file.h"
#include "model/model_json.h"
#include "model/safetensors.h"
#include "seal.h"

namespace {

using namespace gradus;

std::string file_around(std::string_view json) {
  const std::vector<Tensor> tensors = {{"layers.0.weight", Dtype::f32, {4, 3}, 0, 48},
                                       {"layers.0.bias", Dtype::f32, {3}, 48, 60},
                                       {"layers.1.weight", Dtype::f32, {3, 2}, 60, 84},
                                       {"layers.1.bias", Dtype::f32, {2}, 84, 92}};
  const std::string zeros(kSumSize, '0');
  return container_header({{"sha256", zeros}, {"gradus", std::string(json)}}, tensors) + std::string(92, '\0');
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] % 2 != 0 && !is_utf8(rest)) return 0;  // no container can hold it
  try {
    const ModelData model =
        parse_model(data[0] % 2 == 0 ? with_sum(std::string(rest)) : with_sum(file_around(rest)), "fuzz");
    if (data[0] % 2 == 0) return 0;
    // What was accepted can be written and read again, and says the same.
    const std::string json = model_json(model);
    if (json != model_json(parse_model(with_sum(file_around(json)), "fuzz"))) std::abort();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::bad_data) std::abort();
  }
  return 0;
}
