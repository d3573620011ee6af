// Find faces and their five landmarks by YuNet, as `FaceDetector` of the
// package and OpenCV's `FaceDetectorYN` do.
import {apply, blankPicture, channelsOf, invert, resize, warpFace}
  from './pixels.js';

const CANVAS = 640;
const STRIDES = [8, 16, 32];
const LEAST_SCORE = 0.6;
const OVERLAP = 0.3;
const TOP = 100;
// Side, left and top of smaller copies, for pictures of which the first pass
// is unsure.
const SECOND_PASS = [[320, 0, 0], [160, 352, 0], [80, 352, 192]];
const LARGEST_SURE_FACE = 300;
const SURE_SCORE = 0.8;
const MAX_FACES = 8;
const TILE = 320;
const FACE_SIDES = [240, 290];
const MIRRORED_ORDER = [1, 0, 2, 4, 3];
const OWN_FACE = 0.2 * TILE;

/** Copy a picture into another one. */
function paste(target, picture, left, top) {
  const channels = channelsOf(target);
  const line = picture.width * channels;
  for (let y = 0; y < picture.height; y += 1) {
    target.data.set(
      picture.data.subarray(y * line, (y + 1) * line),
      ((top + y) * target.width + left) * channels);
  }
}

/** Turn RGBA into the planes that YuNet reads: blue, green, red. */
export function toPlanes(canvas) {
  const count = canvas.width * canvas.height;
  const planes = new Float32Array(3 * count);
  for (let i = 0; i < count; i += 1) {
    planes[i] = canvas.data[4 * i + 2];
    planes[count + i] = canvas.data[4 * i + 1];
    planes[2 * count + i] = canvas.data[4 * i];
  }
  return planes;
}

/**
 * Decode the outputs of YuNet.
 *
 * @param {Object<string, Float32Array>} outputs cls_8, obj_8, bbox_8, ...
 * @param {number} side Of the canvas.
 * @return {Array} Faces {box: [x, y, width, height], points, score}, best
 *     first.
 */
export function decode(outputs, side = CANVAS) {
  const clamp = (value) => Math.min(Math.max(value, 0), 1);
  const faces = [];
  for (const stride of STRIDES) {
    const [kinds, objects, boxes, points] = ['cls', 'obj', 'bbox', 'kps'].map(
      (name) => outputs[`${name}_${stride}`]);
    const columns = side / stride;
    for (let i = 0; i < kinds.length; i += 1) {
      const score = Math.sqrt(clamp(kinds[i]) * clamp(objects[i]));
      if (!(score >= LEAST_SCORE)) continue;
      const column = i % columns;
      const row = (i - column) / columns;
      const width = Math.exp(boxes[4 * i + 2]) * stride;
      const height = Math.exp(boxes[4 * i + 3]) * stride;
      const x = (column + boxes[4 * i]) * stride - width / 2;
      const y = (row + boxes[4 * i + 1]) * stride - height / 2;
      faces.push({
        box: [x, y, width, height],
        points: [0, 1, 2, 3, 4].map((k) => [
          (points[10 * i + 2 * k] + column) * stride,
          (points[10 * i + 2 * k + 1] + row) * stride]),
        score,
      });
    }
  }
  faces.sort((first, second) => second.score - first.score);
  // OpenCV compares boxes of whole pixels.
  return keepBest(
    faces.slice(0, TOP), (face) => face.box.map(Math.trunc),
    (overlap) => overlap <= OVERLAP);
}

/** Keep the faces that overlap none of the better ones. */
function keepBest(faces, boxOf, accept) {
  const kept = [];
  for (const face of faces) {
    if (kept.every((other) => accept(overlap(boxOf(face), boxOf(other))))) {
      kept.push(face);
    }
  }
  return kept;
}

/** Compute the intersection over union of two boxes (x, y, w, h). */
export function overlap([x1, y1, w1, h1], [x2, y2, w2, h2]) {
  const width = Math.min(x1 + w1, x2 + w2) - Math.max(x1, x2);
  const height = Math.min(y1 + h1, y2 + h2) - Math.max(y1, y2);
  const shared = Math.max(width, 0) * Math.max(height, 0);
  const union = w1 * h1 + w2 * h2 - shared;
  return union > 0 ? shared / union : 0;
}

/** Round as Python does: halves to the even number. */
function round(value) {
  const below = Math.floor(value);
  if (value - below !== 0.5) return Math.round(value);
  return below % 2 ? below + 1 : below;
}

const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;
const middleOf = (points) => [0, 1].map((k) => mean(points.map((p) => p[k])));

/** Finds faces in RGBA pictures of any size. */
export class FaceDetector {
  /** @param {function} run Runs YuNet: planes -> outputs by name. */
  constructor(run) {
    this.run = run;
  }

  /**
   * Find the faces of a picture.
   *
   * @return {Promise<Array>} At most eight {box, points, score}, best first.
   */
  async detect(picture) {
    let found = await this.search(picture, [[CANVAS, 0, 0]]);
    const scale = CANVAS / Math.max(picture.width, picture.height);
    if (!found.length || found[0].score < SURE_SCORE ||
        Math.max(found[0].box[2], found[0].box[3]) * scale >
        LARGEST_SURE_FACE) {
      found = found.concat(await this.search(picture, SECOND_PASS));
      found.sort((first, second) => second.score - first.score);
    }
    const faces = keepBest(
      found, (face) => face.box, (value) => value < OVERLAP);
    const refined = [];
    for (const face of faces.slice(0, MAX_FACES)) {
      refined.push({...face, points: await this.refine(picture, face)});
    }
    return refined;
  }

  /** Run YuNet on a canvas, and keep what is a face. */
  async read(canvas) {
    const faces = decode(await this.run(toPlanes(canvas)));
    return faces.filter((face) => [...face.box, ...face.points.flat()].every(
      Number.isFinite) && face.box[2] > 0 && face.box[3] > 0);
  }

  /** Find faces in copies of a picture: side, left and top of each. */
  async search(picture, places) {
    const canvas = blankPicture(CANVAS, CANVAS, 4);
    const {width, height} = picture;
    const copies = places.map(([side, left, top]) => {
      const scale = side / Math.max(width, height);
      const shape = [width, height].map((n) => Math.max(round(n * scale), 1));
      paste(canvas, resize(picture, ...shape), left, top);
      return {start: [left, top], shape,
              ratio: [shape[0] / width, shape[1] / height]};
    });
    const found = [];
    for (const {box, points, score} of await this.read(canvas)) {
      const middle = [box[0] + box[2] / 2, box[1] + box[3] / 2];
      for (const {start, shape, ratio} of copies) {
        if (![0, 1].every((k) => middle[k] >= start[k] &&
                          middle[k] < start[k] + shape[k])) continue;
        found.push({
          box: [(box[0] - start[0]) / ratio[0], (box[1] - start[1]) / ratio[1],
                box[2] / ratio[0], box[3] / ratio[1]],
          points: points.map((p) => [0, 1].map(
            (k) => (p[k] - start[k] + 0.5) / ratio[k] - 0.5)),
          score,
        });
      }
    }
    return found;
  }

  /** Find a face again in four upright copies; average the landmarks. */
  async refine(picture, face) {
    const {box, points} = face;
    const angle = Math.atan2(points[1][1] - points[0][1],
                             points[1][0] - points[0][0]);
    const centre = middleOf(points);
    const canvas = blankPicture(2 * TILE, 2 * TILE, 4);
    const tiles = [];
    FACE_SIDES.forEach((side, row) => [false, true].forEach((mirrored, n) => {
      const scale = side / Math.sqrt(box[2] * box[3]);
      const transform = tileTransform(centre, angle, scale, mirrored);
      const [left, top] = [n * TILE, row * TILE];
      paste(canvas, warpFace(picture, transform, TILE, true), left, top);
      tiles.push({transform, left, top, mirrored});
    }));
    const found = await this.read(canvas);
    const answers = [];
    for (const {transform, left, top, mirrored} of tiles) {
      const middle = [left + (TILE - 1) / 2, top + (TILE - 1) / 2];
      const own = found.find((other) => middleOf(other.points).every(
        (value, k) => Math.abs(value - middle[k]) < OWN_FACE));
      if (!own) continue;
      const back = invert(transform);
      const order = mirrored ? MIRRORED_ORDER : [0, 1, 2, 3, 4];
      answers.push(order.map((k) => apply(
        back, [own.points[k][0] - left, own.points[k][1] - top])));
    }
    if (!answers.length) return points;
    return points.map((_, k) => middleOf(answers.map((a) => a[k])));
  }
}

/** Rotate by `-angle` about `centre`, scale, mirror. */
function tileTransform(centre, angle, scale, mirrored) {
  const cos = scale * Math.cos(angle);
  const sin = scale * Math.sin(angle);
  const sign = mirrored ? -1 : 1;
  const [a, b, d, e] = [sign * cos, sign * sin, -sin, cos];
  const half = (TILE - 1) / 2;
  return [a, b, half - a * centre[0] - b * centre[1],
          d, e, half - d * centre[0] - e * centre[1]];
}
