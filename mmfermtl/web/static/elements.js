// Small helpers for the document.

/** Return the element with an id. */
export const byId = (id) => document.getElementById(id);

/** Make an element with properties and children. */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** Show a share as a percentage; 100 % is not rounded up to. */
export const percent = (share) => share >= 0.995 && share < 1
  ? '> 99 %' : `${Math.round(100 * share)} %`;

/** Let the browser draw and answer before more is computed. */
export const pause = () => new Promise((done) => setTimeout(done, 0));

/** Draw pixels on a canvas, which gets their size. */
export function drawPixels(canvas, pixels) {
  canvas.width = pixels.width;
  canvas.height = pixels.height;
  canvas.getContext('2d').putImageData(pixels, 0, 0);
}
