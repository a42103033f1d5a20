// Runs ONNX files in ONNX Runtime: reads [{model, inputs: {name: {type, shape, data}}}] from standard input, writes
// [{name: {type, shape, data}}] to standard output. NaN is null on the way in; numbers that JSON lacks on the way out.
const ort = require(process.env.ONNXRUNTIME + '/node_modules/onnxruntime-node');

const number = (value) => (value === null ? NaN : value);
const makers = {
  float32: (data) => Float32Array.from(data, number),
  float64: (data) => Float64Array.from(data, number),
  string: (data) => data,
};

async function main() {
  const jobs = JSON.parse(require('fs').readFileSync(0, 'utf8'));
  const answers = [];
  for (const job of jobs) {
    const session = await ort.InferenceSession.create(job.model, { logSeverityLevel: 3, intraOpNumThreads: 1 });
    const feeds = {};
    for (const [name, input] of Object.entries(job.inputs))
      feeds[name] = new ort.Tensor(input.type, makers[input.type](input.data), input.shape);
    const outputs = {};
    for (const [name, tensor] of Object.entries(await session.run(feeds)))
      outputs[name] = { type: tensor.type, shape: tensor.dims, data: Array.from(tensor.data, (v) => (typeof v === 'bigint' ? Number(v) : v)) };
    answers.push(outputs);
  }
  process.stdout.write(JSON.stringify(answers));
}

main().catch((error) => { console.error(String(error)); process.exit(1); });
