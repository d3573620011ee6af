// Run the networks by ONNX Runtime's WebAssembly, in this browser.
import * as ort from './runtime/ort.wasm.min.mjs';

ort.env.wasm.wasmPaths = new URL('./runtime/', import.meta.url).href;
// Several threads would need workers, and the networks are small.
ort.env.wasm.numThreads = 1;
ort.env.logLevel = 'error';

/** Fetch a file of this page; its SHA-256, if known, is checked. */
async function fetchFile(path, sha256 = null) {
  const options = {};
  if (sha256) {
    const bytes = sha256.match(/../g).map((pair) => parseInt(pair, 16));
    options.integrity = `sha256-${btoa(String.fromCharCode(...bytes))}`;
  }
  const response = await fetch(new URL(path, import.meta.url), options);
  if (!response.ok) throw new Error(`${path}: not found on this host`);
  return response;
}

async function fetchJson(path) {
  return (await fetchFile(path)).json();
}

async function openSession(path, sha256) {
  const content = await (await fetchFile(path, sha256)).arrayBuffer();
  return ort.InferenceSession.create(
    new Uint8Array(content), {executionProviders: ['wasm']});
}

/** Load the page's settings, the detector and the model. */
export async function loadAll() {
  const [settings, about] = await Promise.all(
    ['settings.json', 'model/model.json'].map(fetchJson));
  const yunet = await openSession('detector/face_detector.onnx');
  const sessions = {};
  for (const [part, file] of Object.entries(about.files)) {
    sessions[part] = await openSession(`model/${file.path}`, file.sha256);
  }
  const model = new Model(about, sessions, settings.coverage);
  const runDetector = async (planes) => {
    const input = new ort.Tensor('float32', planes, [1, 3, 640, 640]);
    const found = await yunet.run({input});
    return Object.fromEntries(
      Object.entries(found).map(([name, tensor]) => [name, tensor.data]));
  };
  return {settings, model, runDetector};
}

/** A model of `mmfermtl export`. */
export class Model {
  constructor(about, sessions, coverage) {
    this.about = about;
    this.sessions = sessions;
    this.classes = about.classes;
    [this.height, this.width] = about.image_size;
    this.size = this.height;
    this.canEdit = 'decoder' in sessions;
    this.calibration = calibrationOf(about, coverage);
  }

  /** Turn a grey crop into the input (1, C, H, W) in [-1, 1]. */
  input(crop) {
    const channels = this.about.in_channels;
    const count = crop.data.length;
    const values = new Float32Array(channels * count);
    for (let c = 0; c < channels; c += 1) {
      for (let i = 0; i < count; i += 1) {
        values[c * count + i] = crop.data[i] / 127.5 - 1;
      }
    }
    return new ort.Tensor(
      'float32', values, [1, channels, this.height, this.width]);
  }

  /**
   * Read a crop.
   *
   * @return {Promise<{scores: number[], label: number, set: ?number[]}>} The
   *     probabilities; the classes that are possible, or null.
   */
  async read(crop) {
    const {logits} = await this.sessions.recogniser.run(
      {faces: this.input(crop)});
    return readScores(Array.from(logits.data), this.calibration);
  }

  /** Compute what `decode` needs of a crop, once for all targets. */
  async encode(crop) {
    const faces = this.input(crop);
    const maps = await this.sessions.encoder.run({faces});
    if (this.about.change_mask) maps.faces = faces;
    return maps;
  }

  /**
   * Generate a crop for a target, a weight for each class. Its `flow` says
   * from where each pixel was taken, two planes in pixels, or is null.
   */
  async decode(features, target) {
    const targets = new ort.Tensor(
      'float32', Float32Array.from(target), [1, target.length]);
    const {images, flow} = await this.sessions.decoder.run(
      {...features, targets});
    const channels = images.dims[1];
    const count = this.height * this.width;
    const data = new Uint8ClampedArray(count);
    for (let i = 0; i < count; i += 1) {
      let sum = 0;
      for (let c = 0; c < channels; c += 1) {
        const value = (images.data[c * count + i] + 1) * 127.5;
        sum += Math.min(Math.max(Math.round(value), 0), 255);
      }
      data[i] = sum / channels;
    }
    return {width: this.width, height: this.height, data,
            flow: flow ? this.inPixels(flow.data) : null};
  }

  /** Turn a flow in halves of the image into planes in pixels. */
  inPixels(flow) {
    const count = this.height * this.width;
    return [this.width, this.height].map((side, k) => flow.slice(
      k * count, (k + 1) * count).map((value) => value * side / 2));
  }
}

/** Choose what is used of the calibration in model.json; null without one. */
function calibrationOf({calibration, classes}, coverage) {
  if (!calibration) return null;
  const found = calibration.quantiles[String(coverage)];
  if (!found) throw new Error(`not calibrated for a coverage of ${coverage}`);
  return {
    coverage,
    temperature: calibration.temperature,
    thresholds: classes.map((_, k) => found.length === 1 ? found[0] : found[k]),
  };
}

/** Turn logits into probabilities, and these into a set of classes. */
export function readScores(logits, calibration) {
  const temperature = calibration ? calibration.temperature : 1;
  const highest = Math.max(...logits);
  const powers = logits.map((x) => Math.exp((x - highest) / temperature));
  const sum = powers.reduce((a, b) => a + b, 0);
  const scores = powers.map((power) => power / sum);
  const label = scores.indexOf(Math.max(...scores));
  if (!calibration) return {scores, label, set: null};
  const set = scores.map((_, k) => k).filter((k) => k === label ||
    1 - scores[k] <= calibration.thresholds[k]);
  set.sort((first, second) => scores[second] - scores[first]);
  return {scores, label, set};
}

/**
 * Make a target of weights by class; the rest is the class of the source.
 * Weights whose sum is above 1 are divided by it.
 */
export function targetOf(weights, source) {
  const sum = weights.reduce((a, b) => a + b, 0);
  const target = weights.map((weight) => weight / Math.max(sum, 1));
  target[source] += Math.max(1 - sum, 0);
  return target;
}
