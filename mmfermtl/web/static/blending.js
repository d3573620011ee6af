// Put a generated face back into its picture, and show where it changed; the
// same as `mmfermtl.inference.face_blending`.
import {apply, invert, sampleCubic} from './pixels.js';

// Share of the side of a crop over which the border is blended.
const FEATHER = 0.18;
// A change, in grey levels, at which 1/e of the finer detail is kept.
const DETAIL = 32;

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

/**
 * Blends generated crops into one face of a picture (RGBA).
 *
 * The network is grey and small. So the change of luminance is enlarged and
 * added, the colour is kept, and detail that is finer than the network can
 * see stays where little changed.
 */
export class FaceBlender {
  /**
   * @param {ImageData} picture Not changed.
   * @param {number[]} transform From pixels of the picture to the crop.
   * @param {object} face With `crop` and `whole`.
   */
  constructor(picture, transform, face) {
    this.picture = picture;
    this.size = face.crop.width;
    this.crop = face.crop.data;
    this.region = regionOf(picture, this.size, transform);
    const {left, top, right, bottom} = this.region;
    const count = Math.max(right - left, 0) * Math.max(bottom - top, 0);
    this.places = new Float32Array(2 * count);
    this.mask = new Float32Array(count);
    this.light = new Float32Array(count);
    this.detail = new Float32Array(count);
    const mask = changeMask(this.size, face.whole);
    let i = 0;
    for (let y = top; y < bottom; y += 1) {
      for (let x = left; x < right; x += 1, i += 1) {
        const [u, v] = apply(transform, [x, y]);
        const p = 4 * (y * picture.width + x);
        this.places[2 * i] = u;
        this.places[2 * i + 1] = v;
        this.mask[i] = Math.min(
          Math.max(sampleCubic(mask, this.size, u, v), 0), 1);
        this.light[i] = Math.round(0.299 * picture.data[p] +
          0.587 * picture.data[p + 1] + 0.114 * picture.data[p + 2]);
        this.detail[i] =
          this.light[i] - sampleCubic(this.crop, this.size, u, v);
      }
    }
  }

  /** Return a copy of the picture with a generated crop in it. */
  blend(fake) {
    const {picture, size} = this;
    const result = new ImageData(
      new Uint8ClampedArray(picture.data), picture.width, picture.height);
    const change = new Float32Array(size * size);
    for (let k = 0; k < change.length; k += 1) {
      change[k] = fake.data[k] - this.crop[k];
    }
    const {left, top, right, bottom} = this.region;
    let i = 0;
    for (let y = top; y < bottom; y += 1) {
      for (let x = left; x < right; x += 1, i += 1) {
        if (!this.mask[i]) continue;
        const value = sampleCubic(
          change, size, this.places[2 * i], this.places[2 * i + 1]);
        const lost = 1 - Math.exp(-Math.abs(value) / DETAIL);
        const light = this.light[i] +
          this.mask[i] * (value - lost * this.detail[i]);
        const added = Math.min(Math.max(Math.round(light), 0), 255) -
          this.light[i];
        const p = 4 * (y * picture.width + x);
        for (let c = 0; c < 3; c += 1) result.data[p + c] += added;
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
