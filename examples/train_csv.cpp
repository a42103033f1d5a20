// From a CSV to a model file and back: train, save, load, predict.
//   train_csv data/iris.csv species iris.safetensors
#include <gradus/gradus.h>

#include <cstdio>

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: train_csv DATA.csv TARGET MODEL.safetensors\n");
    return 64;
  }
  try {
    const gradus::Table table = gradus::read_csv(argv[1]);
    gradus::TrainOptions options;
    options.target = argv[2];
    options.hidden = "16 tanh";
    options.epochs = 200;
    options.on_epoch = [](const gradus::EpochRecord& record) {
      if (record.epoch % 20 == 0)
        std::printf("epoch %d: loss %.4f\n", static_cast<int>(record.epoch), record.train_loss);
    };
    gradus::train(table, options).save(argv[3]);

    const gradus::Model model = gradus::Model::load(argv[3]);
    const gradus::Evaluation evaluation = gradus::evaluate(model, table);
    for (const auto& [name, value] : evaluation.metrics) std::printf("%s %.4f\n", name.c_str(), value);
    const gradus::Table predictions = model.predict(table);
    std::printf("%d rows predicted in %d columns\n", static_cast<int>(predictions.rows()),
                static_cast<int>(predictions.columns()));
  } catch (const gradus::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return static_cast<int>(error.code());
  }
}
