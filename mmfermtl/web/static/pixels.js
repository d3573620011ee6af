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

/** The four weights of OpenCV's cubic kernel, `t` from the second pixel. */
export function cubicWeights(t) {
  const a = -0.75;
  const near = (x) => ((a + 2) * x - (a + 3)) * x * x + 1;
  const far = (x) => ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
  return [far(1 + t), near(t), near(1 - t), far(2 - t)];
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
 * Warp a picture bilinearly. Outside of it are the pixels of its border or,
 * with `zeros`, zeros.
 */
function warp(picture, transform, width, height, zeros) {
  const {width: w, height: h, data} = picture;
  const channels = channelsOf(picture);
  const result = blankPicture(width, height, channels);
  const [a, b, c, d, e, f] = invert(transform);
  const corner = [0, 0, 0, 0];
  const share = [0, 0, 0, 0];
  for (let y = 0, target = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, target += channels) {
      const sx = a * x + b * y + c;
      const sy = d * x + e * y + f;
      const left = Math.floor(sx);
      const top = Math.floor(sy);
      for (let k = 0; k < 4; k += 1) {
        const px = left + (k & 1);
        const py = top + (k >> 1);
        const inside = px >= 0 && py >= 0 && px < w && py < h;
        share[k] = zeros && !inside ? 0
          : (k & 1 ? sx - left : 1 - sx + left) *
            (k >> 1 ? sy - top : 1 - sy + top);
        corner[k] = channels * (Math.min(Math.max(py, 0), h - 1) * w +
                                Math.min(Math.max(px, 0), w - 1));
      }
      for (let n = 0; n < channels; n += 1) {
        result.data[target + n] =
          share[0] * data[corner[0] + n] + share[1] * data[corner[1] + n] +
          share[2] * data[corner[2] + n] + share[3] * data[corner[3] + n];
      }
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

/** Read a value of one channel by the cubic kernel; the border is repeated. */
export function sampleCubic(values, size, x, y) {
  const left = Math.floor(x);
  const top = Math.floor(y);
  const across = cubicWeights(x - left);
  const down = cubicWeights(y - top);
  let sum = 0;
  for (let j = 0; j < 4; j += 1) {
    const row = Math.min(Math.max(top + j - 1, 0), size - 1) * size;
    let line = 0;
    for (let i = 0; i < 4; i += 1) {
      const column = Math.min(Math.max(left + i - 1, 0), size - 1);
      line += across[i] * values[row + column];
    }
    sum += down[j] * line;
  }
  return sum;
}
