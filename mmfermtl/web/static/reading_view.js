// Show what the network reads in a face.
import {byId, make, percent} from './elements.js';

const NOT_CALIBRATED = 'This model is not calibrated: the numbers order the ' +
  'expressions, but do not say how often they are right, and the page cannot ' +
  'say that it is not sure.';

/** Join names as in a sentence. */
function list(names) {
  if (names.length < 2) return names.join('');
  return `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}

/** Say in a sentence what was read. */
export function describeReading({scores, label, set}, classes) {
  if (set && set.length > 1) {
    return `Not sure: ${list(set.map((k) => classes[k]))}`;
  }
  return `${classes[label]}, ${percent(scores[label])}`;
}

/** Show a reading: the answer, and a bar for each expression. */
export function showReading(reading, face, model) {
  const {scores, label, set} = reading;
  const {classes, calibration} = model;
  const unsure = Boolean(set && set.length > 1);
  const answer = byId('answer');
  answer.textContent = describeReading(reading, classes);
  answer.classList.toggle('unsure', unsure);
  const bars = classes.map((name, k) => {
    const fill = make('span', {className: 'fill'});
    fill.style.width = `${100 * scores[k]}%`;
    const possible = set ? set.includes(k) : k === label;
    const bar = make(
      'li', {className: possible ? 'possible' : ''},
      make('span', {className: 'name'}, name),
      make('span', {className: 'track', 'aria-hidden': 'true'}, fill),
      make('span', {className: 'number'}, percent(scores[k])));
    if (unsure && possible) {
      bar.append(make('span', {className: 'tag'}, 'cannot be ruled out'));
    }
    return bar;
  });
  byId('bars').replaceChildren(...bars);
  byId('reading-note').textContent = calibration
    ? `Calibrated: on faces like those of its test, the right expression is ` +
      `among those not ruled out in ${percent(calibration.coverage)} of ` +
      `cases. On other photographs this may not hold.`
    : NOT_CALIBRATED;
  byId('face-note').textContent = face.note;
  byId('face-note').hidden = !face.note;
}

/** Return what is saved of a reading, under the names of the package. */
export function exportReading(reading, face, model) {
  const {scores, label, set} = reading;
  const {classes} = model;
  const [x, y, width, height] = face.box;
  return {
    bbox: [x, y, x + width, y + height],
    bbox_score: face.score,
    landmarks: face.points,
    pred_scores: scores,
    pred_label: label,
    pred_score: scores[label],
    pred_class: classes[label],
    pred_set: set && set.map((k) => classes[k]),
    abstained: set && set.length > 1,
    calibrated: Boolean(set),
    note: face.note,
    classes,
    model: model.about.name,
  };
}
