// Show the faces of a photograph, and let one be chosen.
import {byId, make} from './elements.js';

const LONGEST = 960;

/** Draw the photograph with a frame and a number for each face. */
function drawOverview(photograph, faces, chosen) {
  const canvas = byId('overview');
  const {width, height} = photograph.canvas;
  const scale = Math.min(LONGEST / Math.max(width, height), 1);
  canvas.width = Math.max(Math.round(width * scale), 1);
  canvas.height = Math.max(Math.round(height * scale), 1);
  const context = canvas.getContext('2d');
  context.imageSmoothingQuality = 'high';
  context.drawImage(photograph.canvas, 0, 0, canvas.width, canvas.height);
  const line = Math.max(canvas.width, canvas.height) / 400;
  faces.forEach((face, k) => {
    if (!face.score) return;
    const box = face.box.map((value) => value * scale);
    // A light line in a dark one is seen on every ground.
    for (const [colour, wide] of [['#000', 3 * line],
                                  [k === chosen ? '#ffb000' : '#fff', line]]) {
      context.strokeStyle = colour;
      context.lineWidth = wide;
      context.strokeRect(...box);
    }
    if (faces.length < 2) return;
    context.font = `${16 * line}px sans-serif`;
    context.lineWidth = 3 * line;
    context.strokeStyle = '#000';
    context.fillStyle = '#fff';
    const place = [box[0] + 4 * line, box[1] + 17 * line];
    context.strokeText(k + 1, ...place);
    context.fillText(k + 1, ...place);
  });
  canvas.setAttribute('aria-label', faces.length === 1
    ? 'The photograph; one face is framed'
    : `The photograph; ${faces.length} faces are framed and numbered`);
}

/**
 * Show the faces.
 *
 * @param {function} onChoice Gets the index of a face.
 */
export function showFaces(photograph, faces, chosen, onChoice) {
  byId('faces').hidden = false;
  drawOverview(photograph, faces, chosen);
  const choices = faces.map((_, k) => {
    const radio = make('input', {type: 'radio', name: 'face', value: `${k}`,
                                 checked: k === chosen});
    radio.addEventListener('change', () => {
      drawOverview(photograph, faces, k);
      onChoice(k);
    });
    return make('label', {}, radio, `face ${k + 1}`);
  });
  byId('face-list').replaceChildren(...choices);
  byId('face-choice').hidden = faces.length < 2;
}
