// Resize and warp pictures as OpenCV does.
//
// A picture is {width, height, data}, rows from the top, channels interleaved
// as in ImageData; their number follows from the length. Pixel centres are at
// whole numbers. Transforms are six numbers [a, b, c, d, e, f]:
// x' = a x + b y + c, y' = d x + e y + f.

/** Return the number of channels of a picture. */
export function channelsOf(picture) {
  return picture.data.length / (picture.width * picture.height);
}

/** Make a picture of zeros; bytes are rounded and clamped. */
export function blankPicture(width, height, channels) {
  return {
    width,
    height,
    data: new Uint8ClampedArray(width * height * channels),
  };
}

/** Turn RGBA into grey with OpenCV's weights. */
export function toGrey(rgba) {
  const {width, height, data} = rgba;
  const grey = blankPicture(width, height, 1);
  for (let i = 0, j = 0; j < grey.data.length; i += 4, j += 1) {
    grey.data[j] =
      (9798 * data[i] + 19235 * data[i + 1] + 3735 * data[i + 2] + 16384) >> 15;
  }
  return grey;
}

/** Compute, for one side, which pixels share in each new one, and how much. */
function areaShares(from, to) {
  const step = from / to;
  const shares = [];
  for (let k = 0; k < to; k += 1) {
    const low = k * step;
    const high = Math.min(low + step, from);
    const first = Math.floor(low);
    const weights = [];
    for (let i = first; i < Math.ceil(high - 1e-9); i += 1) {
      weights.push((Math.min(i + 1, high) - Math.max(i, low)) / (high - low));
    }
    shares.push({first, weights});
  }
  return shares;
}

/** Compute the shares of an enlargement with a kernel of 2 or 4 pixels. */
function kernelShares(from, to, taps) {
  const shares = [];
  for (let k = 0; k < to; k += 1) {
    const place = (k + 0.5) * from / to - 0.5;
    const base = Math.floor(place);
    const weights = taps === 2
      ? [1 - (place - base), place - base] : cubicWeights(place - base);
    shares.push({first: base - taps / 2 + 1, weights});
  }
  return shares;
}

/** The weights of OpenCV's cubic kernel, of pixels nearer than 1 and 2. */
const SHARP = -0.75;
const near = (x) => ((SHARP + 2) * x - (SHARP + 3)) * x * x + 1;
const far = (x) => ((x - 5) * x + 8) * x * SHARP - 4 * SHARP;

/** Write the weights of four pixels, `t` from the second of them. */
function cubicWeights(t, weights = [0, 0, 0, 0]) {
  weights[0] = far(1 + t);
  weights[1] = near(t);
  weights[2] = near(1 - t);
  weights[3] = far(2 - t);
  return weights;
}

/** Apply shares along the rows, then along the columns. */
function applyShares(picture, columns, rows) {
  const {width, height, data} = picture;
  const channels = channelsOf(picture);
  const clamp = (i, length) => Math.min(Math.max(i, 0), length - 1);
  const line = columns.length * channels;
  const wide = new Float32Array(height * line);
  columns.forEach(({first, weights}, k) => {
    weights.forEach((weight, t) => {
      const column = clamp(first + t, width) * channels;
      for (let y = 0; y < height; y += 1) {
        const source = y * width * channels + column;
        const target = y * line + k * channels;
        for (let c = 0; c < channels; c += 1) {
          wide[target + c] += weight * data[source + c];
        }
      }
    });
  });
  const result = blankPicture(columns.length, rows.length, channels);
  const sums = new Float32Array(line);
  rows.forEach(({first, weights}, k) => {
    sums.fill(0);
    weights.forEach((weight, t) => {
      const source = clamp(first + t, height) * line;
      for (let i = 0; i < line; i += 1) sums[i] += weight * wide[source + i];
    });
    result.data.set(sums, k * line);
  });
  return result;
}

/**
 * Resize a picture: shrunk by averaging (INTER_AREA), enlarged linearly or,
 * with `cubic`, by the cubic kernel.
 */
export function resize(picture, width, height, cubic = false) {
  const {width: w, height: h} = picture;
  if (w === width && h === height) return picture;
  if (width <= w && height <= h) {
    return applyShares(picture, areaShares(w, width), areaShares(h, height));
  }
  const taps = cubic ? 4 : 2;
  return applyShares(
    picture, kernelShares(w, width, taps), kernelShares(h, height, taps));
}

/** Invert a transform. */
export function invert([a, b, c, d, e, f]) {
  const det = a * e - b * d;
  return [
    e / det, -b / det, (b * f - c * e) / det,
    -d / det, a / det, (c * d - a * f) / det,
  ];
}

/** Apply a transform to a point. */
export function apply([a, b, c, d, e, f], [x, y]) {
  return [a * x + b * y + c, d * x + e * y + f];
}

/**
 * Read a picture bilinearly. Outside of it are the pixels of its border or,
 * with `zeros`, zeros. The channels are written to `target` from `start`.
 */
export function samplePicture(picture, x, y, zeros, target, start) {
  const {width, height, data} = picture;
  const channels = channelsOf(picture);
  const left = Math.floor(x);
  const top = Math.floor(y);
  for (let n = 0; n < channels; n += 1) SUMS[n] = 0;
  for (let k = 0; k < 4; k += 1) {
    const px = left + (k & 1);
    const py = top + (k >> 1);
    if (zeros && (px < 0 || py < 0 || px >= width || py >= height)) continue;
    const share = (k & 1 ? x - left : 1 - x + left) *
      (k >> 1 ? y - top : 1 - y + top);
    const source = channels * (Math.min(Math.max(py, 0), height - 1) * width +
                               Math.min(Math.max(px, 0), width - 1));
    for (let n = 0; n < channels; n += 1) SUMS[n] += share * data[source + n];
  }
  for (let n = 0; n < channels; n += 1) target[start + n] = SUMS[n];
}
const SUMS = [0, 0, 0, 0];

/** Warp a picture bilinearly, see `samplePicture`. */
function warp(picture, transform, width, height, zeros) {
  const channels = channelsOf(picture);
  const result = blankPicture(width, height, channels);
  const [a, b, c, d, e, f] = invert(transform);
  for (let y = 0, target = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, target += channels) {
      samplePicture(picture, a * x + b * y + c, d * x + e * y + f, zeros,
                    result.data, target);
    }
  }
  return result;
}

/**
 * Cut a square out of a picture without aliasing, as `warp_face` of the
 * package: a whole number of times as many pixels are averaged.
 */
export function warpFace(picture, transform, size, zeros = false) {
  const [a, b, , d, e] = transform;
  const scale = Math.sqrt(Math.abs(a * e - b * d));
  if (!(scale * Math.max(picture.width, picture.height) >= 1)) {
    throw new RangeError('the face would be less than a pixel');
  }
  const times = Math.max(Math.ceil(1 / scale), 1);
  const finer = transform.map((value) => value * times);
  finer[2] += (times - 1) / 2;
  finer[5] += (times - 1) / 2;
  const square = warp(picture, finer, size * times, size * times, zeros);
  return resize(square, size, size);
}

/** Reads square planes of one channel by the cubic kernel. */
export class CubicReader {
  constructor(size) {
    this.size = size;
    this.indices = new Int32Array(16);
    this.weights = new Float64Array(16);
    this.across = new Float64Array(4);
    this.down = new Float64Array(4);
  }

  /** Set the place of `read`; outside, the border is repeated. */
  moveTo(x, y) {
    const last = this.size - 1;
    const left = Math.floor(x);
    const top = Math.floor(y);
    cubicWeights(x - left, this.across);
    cubicWeights(y - top, this.down);
    for (let k = 0; k < 16; k += 1) {
      const column = Math.min(Math.max(left + (k & 3) - 1, 0), last);
      const row = Math.min(Math.max(top + (k >> 2) - 1, 0), last);
      this.indices[k] = row * this.size + column;
      this.weights[k] = this.across[k & 3] * this.down[k >> 2];
    }
  }

  read(plane) {
    let sum = 0;
    for (let k = 0; k < 16; k += 1) {
      sum += this.weights[k] * plane[this.indices[k]];
    }
    return sum;
  }
}

/** Average a square plane over 5 x 5 pixels, mirrored at the border. */
export function blur(plane, size) {
  const mirror = (i) => i < 0 ? -i : i >= size ? 2 * size - 2 - i : i;
  const around = [-2, -1, 0, 1, 2];
  return plane.map((_, k) => {
    const [x, y] = [k % size, Math.floor(k / size)];
    let sum = 0;
    for (const j of around) {
      for (const i of around) sum += plane[mirror(y + j) * size + mirror(x + i)];
    }
    return sum / 25;
  });
}
