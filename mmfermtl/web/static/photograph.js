// Read photographs, and cut out what is shown of them.

// Larger ones are shrunk: phones refuse larger canvases.
const LARGEST_SIDE = 4096;
// Side of the view of a face, in pixels.
const VIEW_SIDE = 480;

/** Make a canvas with its context. */
export function makeCanvas(width, height) {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d', {willReadFrequently: true});
  context.imageSmoothingQuality = 'high';
  return {canvas, context};
}

/** Make a photograph of something that can be drawn. */
function fromDrawable(drawable, width, height, name) {
  const scale = Math.min(LARGEST_SIDE / Math.max(width, height), 1);
  const sides = [width, height].map((n) => Math.max(Math.round(n * scale), 1));
  const {canvas, context} = makeCanvas(...sides);
  // What is transparent becomes white, not black.
  context.fillStyle = '#fff';
  context.fillRect(0, 0, ...sides);
  context.drawImage(drawable, 0, 0, ...sides);
  return {canvas, name, shrunk: scale < 1,
          pixels: context.getImageData(0, 0, ...sides)};
}

/**
 * Read a file.
 *
 * @return {Promise<{canvas, name, shrunk, pixels}>}
 * @throws {Error} With a message for the user, if it is no picture.
 */
export async function readPhotograph(file) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(file, {imageOrientation: 'from-image'});
  } catch {
    throw new Error(`${file.name}: this browser cannot read it as a picture. ` +
      'Choose a JPEG, PNG or WebP file.');
  }
  const name = file.name.replace(/\.[^.]*$/, '') || 'photograph';
  try {
    return fromDrawable(bitmap, bitmap.width, bitmap.height, name);
  } finally {
    bitmap.close();
  }
}

/** Make a photograph of the present frame of a camera. */
export function takePhotograph(video) {
  return fromDrawable(
    video, video.videoWidth, video.videoHeight, 'camera');
}

/**
 * Cut out a face with some of its surroundings, at the size of the view: a
 * square whose side is `around` times that of the box.
 *
 * @return {{canvas, pixels, transform}} `transform` leads from pixels of the
 *     view to the crop of the face.
 */
export function viewOf(photograph, face, side = VIEW_SIDE, around = 1.8) {
  const {width, height} = photograph.canvas;
  const [x, y, w, h] = face.box;
  const half = around / 2 * Math.max(w, h);
  const left = Math.max(Math.floor(x + w / 2 - half), 0);
  const top = Math.max(Math.floor(y + h / 2 - half), 0);
  const right = Math.min(Math.ceil(x + w / 2 + half), width);
  const bottom = Math.min(Math.ceil(y + h / 2 + half), height);
  const scale = Math.min(side / Math.max(right - left, bottom - top), 1);
  const sides = [right - left, bottom - top].map(
    (n) => Math.max(Math.round(n * scale), 1));
  const {canvas, context} = makeCanvas(...sides);
  context.drawImage(photograph.canvas, left, top, right - left, bottom - top,
                    0, 0, ...sides);
  const [sx, sy] = [(right - left) / sides[0], (bottom - top) / sides[1]];
  // Pixel centres: view -> photograph -> crop.
  const [dx, dy] = [left + 0.5 * sx - 0.5, top + 0.5 * sy - 0.5];
  const [a, b, c, d, e, f] = face.transform;
  return {
    canvas,
    pixels: context.getImageData(0, 0, ...sides),
    transform: [a * sx, b * sy, a * dx + b * dy + c,
                d * sx, e * sy, d * dx + e * dy + f],
  };
}
