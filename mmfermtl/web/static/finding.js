// Cut the faces of a picture out as the network was trained on them; the
// same as `mmfermtl.inference.face_finding`.
import {apply, blankPicture, resize, toGrey, warpFace} from './pixels.js';

export const READ_WHOLE =
  'No face was detected, so this small picture was read whole.';
export const ASKED_WHOLE =
  'No face was detected; the whole picture was read, as you asked.';
export const BOX_ONLY =
  'The face could not be turned upright, so it is read less well.';

/** Compute the transform that puts the eyes where the network wants them. */
export function alignmentTransform(points, size, settings) {
  const {crop, tight} = settings;
  const [left, right] = points;
  const [dx, dy] = [right[0] - left[0], right[1] - left[1]];
  const squared = dx * dx + dy * dy;
  if (!(squared >= 1)) throw new RangeError('the eyes are at one place');
  const margin = (tight.eye_distance / crop.eye_distance - 1) / 2;
  const side = size / (1 + 2 * margin);
  const scale = tight.eye_distance * side / squared;
  const [a, b] = [dx * scale, dy * scale];
  const target = [
    size / 2 - 0.5, (tight.eye_line + margin) * side - 0.5];
  const [x, y] = [(left[0] + right[0]) / 2, (left[1] + right[1]) / 2];
  const transform = [a, b, target[0] - a * x - b * y,
                     -b, a, target[1] + b * x - a * y];
  const mouth = (apply(transform, points[3])[1] +
                 apply(transform, points[4])[1]) / 2;
  if (!(mouth > target[1])) {
    throw new RangeError('the mouth is above the eyes');
  }
  const line = (tight.eye_line + margin) / (1 + 2 * margin);
  transform[5] += (crop.eye_line - line) * size;
  return transform;
}

/** Cut out the square around the middle of a box (x, y, w, h). */
function cutBox(grey, box, size) {
  const side = Math.max(box[2], box[3]);
  const scale = size / side;
  const shift = [0, 1].map((k) => {
    const corner = box[k] + (box[k + 2] - side) / 2;
    return (0.5 - corner) * scale - 0.5;
  });
  const transform = [scale, 0, shift[0], 0, scale, shift[1]];
  return {transform, crop: warpFace(grey, transform, size)};
}

/** Take the whole picture; of the longer side the middle. */
export function readWhole(picture, size, note) {
  let grey = toGrey(picture);
  const {width, height} = picture;
  const short = Math.min(width, height);
  const scale = size / short;
  const transform = [
    scale, 0, (size - 1) / 2 - scale * (width - 1) / 2,
    0, scale, (size - 1) / 2 - scale * (height - 1) / 2];
  if (short !== size) {
    const sides = [width, height].map(
      (n) => Math.max(size, Math.round(n * scale)));
    grey = resize(grey, ...sides, true);
  }
  const crop = blankPicture(size, size, 1);
  const left = Math.floor((grey.width - size) / 2);
  const top = Math.floor((grey.height - size) / 2);
  for (let y = 0; y < size; y += 1) {
    const start = (top + y) * grey.width + left;
    crop.data.set(grey.data.subarray(start, start + size), y * size);
  }
  return {box: [0, 0, width, height], points: null, score: null, transform,
          crop, note, whole: width === height};
}

/**
 * Find the faces of a picture.
 *
 * @return {Promise<Array>} Faces {box, points, score, transform, crop, note},
 *     best first; `whole` says that the crop is all of the picture.
 */
export async function findFaces(picture, detector, size, settings) {
  const grey = toGrey(picture);
  const faces = [];
  for (const face of await detector.detect(picture)) {
    let cut;
    let note = '';
    try {
      const transform = alignmentTransform(face.points, size, settings);
      cut = {transform, crop: warpFace(grey, transform, size)};
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      const [x, y, w, h] = face.box;
      const inside = Math.min(x + w, picture.width) - Math.max(x, 0) >= 1 &&
        Math.min(y + h, picture.height) - Math.max(y, 0) >= 1;
      if (!inside) continue;
      cut = cutBox(grey, face.box, size);
      note = BOX_ONLY;
    }
    faces.push({...face, ...cut, points: note ? null : face.points, note,
                whole: false});
  }
  if (!faces.length && Math.max(picture.width, picture.height) <=
      settings.largest_crop) {
    return [readWhole(picture, size, READ_WHOLE)];
  }
  return faces;
}
