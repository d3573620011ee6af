// Put a generated face back into its picture, and show where it changed; the
// same as `mmfermtl.inference.face_blending`.
import {CubicReader, apply, blankPicture, blur, invert, samplePicture}
  from './pixels.js';

// Share of the side of a crop over which the border is blended.
const FEATHER = 0.18;
// A change, in grey levels, at which 1/e of the finer detail is kept.
const DETAIL = 32;
// A change of the face, in grey levels, from which it is displaced in full.
const MOVED = 8;

/** Weight a change: 1 in the middle of a crop, 0 at its border. */
export function changeMask(size, whole) {
  const mask = new Float32Array(size * size).fill(1);
  if (whole) return mask;
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) {
      const [dx, dy] = [x, y].map((n) => Math.abs((n + 0.5) / size - 0.5));
      const distance = (dx ** 4 + dy ** 4) ** 0.25;
      const ramp = Math.min(
        Math.max((0.5 - 0.5 / size - distance) / FEATHER, 0), 1);
      mask[y * size + x] = ramp * ramp * (3 - 2 * ramp);
    }
  }
  return mask;
}

/** Compute the part of a picture that a crop covers. */
function regionOf(picture, size, transform) {
  const back = invert(transform);
  const corners = [[0, 0], [size, 0], [0, size], [size, size]].map(
    ([x, y]) => apply(back, [x - 0.5, y - 0.5]));
  const [xs, ys] = [0, 1].map((k) => corners.map((corner) => corner[k]));
  const left = Math.max(Math.floor(Math.min(...xs)), 0);
  const top = Math.max(Math.floor(Math.min(...ys)), 0);
  return {
    left, top,
    right: Math.min(Math.ceil(Math.max(...xs)) + 1, picture.width),
    bottom: Math.min(Math.ceil(Math.max(...ys)) + 1, picture.height),
  };
}

/** Compute the luminance of a pixel of the picture as OpenCV does. */
function luminance([red, green, blue]) {
  return Math.round(0.299 * red + 0.587 * green + 0.114 * blue);
}

/** Take each pixel of a crop from elsewhere. */
function displace(crop, [across, down]) {
  const {width, height} = crop;
  const result = blankPicture(width, height, 1);
  for (let k = 0; k < result.data.length; k += 1) {
    samplePicture(crop, k % width + across[k],
                  Math.floor(k / width) + down[k], false, result.data, k);
  }
  return result.data;
}

/** Weaken the flow where the face is even, so that it cannot be known. */
function knownFlow(flow, crop, fake) {
  const seen = blur(Float32Array.from(
    fake, (value, k) => Math.abs(value - crop.data[k])), crop.width);
  return flow.map((plane) => plane.map(
    (value, k) => value * Math.min(seen[k] / MOVED, 1)));
}

/**
 * Blends generated crops into one face of a picture (RGBA).
 *
 * The network is grey and small. So the change of luminance is enlarged and
 * added, the colour is kept, and detail that is finer than the network can
 * see stays where little changed. What the network displaced is displaced in
 * the picture, with its colour and detail.
 */
export class FaceBlender {
  /**
   * @param {ImageData} picture Not changed.
   * @param {number[]} transform From pixels of the picture to the crop.
   * @param {object} face With `crop` and `whole`.
   */
  constructor(picture, transform, face) {
    this.picture = picture;
    this.crop = face.crop;
    this.size = face.crop.width;
    this.transform = transform;
    this.back = invert(transform);
    this.region = regionOf(picture, this.size, transform);
    const {left, top, right, bottom} = this.region;
    const mask = changeMask(this.size, face.whole);
    const reader = new CubicReader(this.size);
    this.mask = new Float32Array(
      Math.max(right - left, 0) * Math.max(bottom - top, 0));
    let i = 0;
    for (let y = top; y < bottom; y += 1) {
      for (let x = left; x < right; x += 1, i += 1) {
        reader.moveTo(...apply(transform, [x, y]));
        this.mask[i] = Math.min(Math.max(reader.read(mask), 0), 1);
      }
    }
  }

  /**
   * Return a copy of the picture with a generated crop in it.
   *
   * @param {object} fake With `data` and, if the network displaces, `flow`:
   *     from where each pixel was taken, two planes in pixels of the crop.
   */
  blend(fake) {
    const {picture, size, back} = this;
    const [a, b, c, d, e, f] = this.transform;
    const result = new ImageData(
      new Uint8ClampedArray(picture.data), picture.width, picture.height);
    const flow = fake.flow && knownFlow(fake.flow, this.crop, fake.data);
    const crop = flow ? displace(this.crop, flow) : this.crop.data;
    const change = Float32Array.from(
      fake.data, (value, k) => value - crop[k]);
    const reader = new CubicReader(size);
    const pixel = [0, 0, 0, 0];
    const {left, top, right, bottom} = this.region;
    let i = 0;
    for (let y = top; y < bottom; y += 1) {
      for (let x = left; x < right; x += 1, i += 1) {
        const mask = this.mask[i];
        if (!mask) continue;
        reader.moveTo(a * x + b * y + c, d * x + e * y + f);
        let px = x;
        let py = y;
        if (flow) {
          const across = mask * reader.read(flow[0]);
          const down = mask * reader.read(flow[1]);
          // From pixels of the crop to those of the picture.
          px += back[0] * across + back[1] * down;
          py += back[3] * across + back[4] * down;
        }
        const p = 4 * (y * picture.width + x);
        if (Math.abs(px - x) + Math.abs(py - y) < 1 / 64) {
          for (let n = 0; n < 3; n += 1) pixel[n] = picture.data[p + n];
        } else {
          samplePicture(picture, px, py, false, pixel, 0);
        }
        const light = luminance(pixel);
        const value = reader.read(change);
        const lost = 1 - Math.exp(-Math.abs(value) / DETAIL);
        const detail = light - reader.read(crop);
        const wanted = Math.round(light + mask * (value - lost * detail));
        const added = Math.min(Math.max(wanted, 0), 255) - light;
        for (let n = 0; n < 3; n += 1) result.data[p + n] = pixel[n] + added;
      }
    }
    return result;
  }
}

/** Names of the regions of `shareChange`, from above to below. */
export const REGIONS = ['eyes and brows', 'nose and cheeks',
                        'mouth and chin'];
// Where they end, in distances of the eyes below the line of the eyes.
const ENDS = [0.3, 0.75, Infinity];

/**
 * Compute how much of a change each region of an aligned face has.
 *
 * @return {number[]} Shares with the sum 1, or all 0 if nothing changed.
 */
export function shareChange(first, second, geometry) {
  const size = first.width;
  const mask = changeMask(size, false);
  const sums = ENDS.map(() => 0);
  for (let y = 0; y < size; y += 1) {
    const below = ((y + 0.5) / size - geometry.eye_line) /
      geometry.eye_distance;
    const region = ENDS.findIndex((end) => below < end);
    for (let x = 0; x < size; x += 1) {
      const i = y * size + x;
      sums[region] += mask[i] * Math.abs(second.data[i] - first.data[i]);
    }
  }
  const total = sums.reduce((a, b) => a + b, 0);
  return sums.map((sum) => total > 0 ? sum / total : 0);
}

// Colours of the difference map that differ for colour-blind eyes, too.
const BRIGHTER = [255, 140, 0];
const DARKER = [30, 120, 255];

/** Compute the largest change of a pixel, in grey levels. */
export function largestChange(first, second) {
  return first.data.reduce(
    (most, value, i) => Math.max(most, Math.abs(second.data[i] - value)), 0);
}

/**
 * Colour a grey crop by how it changes from `first` to `second`; a change of
 * `full` grey levels gets the full colour.
 */
export function drawChange(crop, first, second, full) {
  const picture = new ImageData(crop.width, crop.height);
  for (let i = 0; i < crop.data.length; i += 1) {
    const change = second.data[i] - first.data[i];
    const share = 0.85 * Math.min(Math.abs(change) / full, 1);
    const colour = change > 0 ? BRIGHTER : DARKER;
    for (let c = 0; c < 3; c += 1) {
      picture.data[4 * i + c] =
        crop.data[i] * (1 - share) + colour[c] * share;
    }
    picture.data[4 * i + 3] = 255;
  }
  return picture;
}
