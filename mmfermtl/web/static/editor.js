// Edit the expression of one face: sliders, grid, and what had to change.
import {FaceBlender, REGIONS, drawChange, largestChange, shareChange}
  from './blending.js';
import {CompareView} from './compare_view.js';
import {byId, drawPixels, make, pause, percent} from './elements.js';
import {targetOf} from './network.js';
import {makeCanvas, viewOf} from './photograph.js';
import {describeReading} from './reading_view.js';
import {saveCanvas} from './saving.js';

const TILE = 160;
// Smaller changes, in grey levels, are not made to look large.
const LEAST_FULL = 16;

/** The part of the page that edits. */
export class Editor {
  constructor(model, settings, onError) {
    this.model = model;
    this.settings = settings;
    this.onError = onError;
    this.compare = new CompareView();
    // Counts the faces, so that what is late is dropped.
    this.turn = 0;
    this.makeSliders();
    byId('reset').addEventListener('click', () => this.setWeights(null));
    byId('other').addEventListener('change', () => this.showChange());
    byId('save-photograph').addEventListener(
      'click', () => this.savePhotograph().catch(onError));
    byId('save-grid').addEventListener(
      'click', () => this.saveGrid().catch(onError));
  }

  makeSliders() {
    const rows = this.model.classes.map((name, k) => {
      const slider = make('input', {type: 'range', id: `weight-${k}`, min: 0,
                                    max: 100, step: 1, value: 0});
      const output = make('output', {}, '0 %');
      output.htmlFor.add(slider.id);
      slider.addEventListener('input', () => this.onSlider());
      return make('div', {className: 'slider'},
                  make('label', {htmlFor: slider.id}, name), slider, output);
    });
    byId('sliders').replaceChildren(...rows);
    this.sliders = rows.map((row) => row.children[1]);
    this.outputs = rows.map((row) => row.children[2]);
  }

  /** Begin with a face: the encoder runs once. */
  async open(photograph, face, reading) {
    this.turn += 1;
    const turn = this.turn;
    Object.assign(this, {photograph, face, reading, fake: null});
    this.view = viewOf(photograph, face);
    this.blender = new FaceBlender(
      this.view.pixels, this.view.transform, face);
    const features = await this.model.encode(face.crop);
    if (turn !== this.turn) return;
    this.features = features;
    byId('editor').hidden = false;
    this.setWeights(null);
    await this.showGrid(turn);
    if (turn === this.turn) this.showOthers();
  }

  /** Set the sliders to one expression, or with null all to zero. */
  setWeights(label) {
    this.sliders.forEach((slider, k) => {
      slider.value = k === label ? 100 : 0;
    });
    this.onSlider();
  }

  /** The weights of the sliders, in [0, 1]. */
  get weights() {
    return this.sliders.map((slider) => slider.value / 100);
  }

  onSlider() {
    const {weights} = this;
    weights.forEach((weight, k) => {
      this.outputs[k].textContent = percent(weight);
      this.sliders[k].setAttribute('aria-valuetext', percent(weight));
    });
    this.buttons?.forEach((button, k) => button.setAttribute(
      'aria-pressed', String(weights.every((w, n) => w === Number(n === k)))));
    this.stale = true;
    if (!this.busy) this.work().catch(this.onError);
  }

  /** Generate for the newest weights; those in between are left out. */
  async work() {
    this.busy = true;
    try {
      while (this.stale) {
        this.stale = false;
        await this.generate();
        await pause();
      }
    } finally {
      this.busy = false;
    }
  }

  async generate() {
    const {turn, weights, model} = this;
    if (weights.every((weight) => weight === 0)) {
      this.fake = null;
      this.compare.show(this.view.pixels, this.view.pixels,
                        'The face, not edited');
      this.say('Move a slider. What the sliders leave of 100 % stays ' +
               `${model.classes[this.reading.label]}.`);
      return;
    }
    const start = performance.now();
    const fake = await model.decode(
      this.features, targetOf(weights, this.reading.label));
    const time = performance.now() - start;
    const reading = await model.read(fake);
    if (turn !== this.turn) return;
    this.fake = fake;
    const text = describeReading(reading, model.classes);
    this.compare.show(this.view.pixels, this.blender.blend(fake),
                      `The face before and after; after: ${text}`);
    this.say(`The edited face, read by the same network: ${text}. ` +
             `Generated in ${time.toFixed(0)} ms.`);
  }

  say(text) {
    byId('edited').textContent = text;
    byId('save-photograph').disabled = !this.fake;
  }

  /** Generate every expression once. */
  async showGrid(turn) {
    const {model, photograph, face} = this;
    const view = viewOf(photograph, face, TILE, 1.3);
    const blender = new FaceBlender(view.pixels, view.transform, face);
    this.fakes = [];
    this.buttons = null;
    const buttons = [];
    for (const [k, name] of model.classes.entries()) {
      const target = model.classes.map((_, n) => Number(n === k));
      const fake = await model.decode(this.features, target);
      await pause();
      if (turn !== this.turn) return;
      this.fakes.push(fake);
      const canvas = make('canvas', {'aria-hidden': 'true'});
      drawPixels(canvas, blender.blend(fake));
      const button = make('button', {type: 'button', 'aria-pressed': 'false'},
                          canvas, name);
      button.addEventListener('click', () => this.setWeights(k));
      buttons.push(button);
    }
    this.buttons = buttons;
    byId('grid').replaceChildren(...buttons);
  }

  /** Offer the expressions that the face does not show. */
  showOthers() {
    const {scores, label} = this.reading;
    const order = scores.map((_, k) => k).filter((k) => k !== label);
    order.sort((first, second) => scores[second] - scores[first]);
    byId('other').replaceChildren(...order.map(
      (k) => make('option', {value: `${k}`}, this.model.classes[k])));
    this.showChange();
  }

  /** Colour what differs between the expression read and another one. */
  showChange() {
    const {classes} = this.model;
    const other = Number(byId('other').value);
    const own = this.reading.label;
    const [first, second] = [this.fakes[own], this.fakes[other]];
    const canvas = byId('change');
    const most = largestChange(first, second);
    drawPixels(canvas, drawChange(
      this.face.crop, first, second, Math.max(most, LEAST_FULL)));
    const title = `from ${classes[own]} to ${classes[other]}`;
    let text = `Coloured is the change ${title}, of at most ${most} of 255 ` +
      'grey levels.';
    if (this.face.points) {
      const shares = shareChange(first, second, this.settings.crop);
      const parts = REGIONS.map((name, k) => `${name} ${percent(shares[k])}`);
      text += ` Where it is: ${parts.join(', ')}.`;
    }
    byId('change-text').textContent = text;
    canvas.setAttribute('aria-label', `The face, coloured where it would ` +
      `change ${title}`);
  }

  /** Save the whole photograph, at its size, with the edited face. */
  async savePhotograph() {
    const {photograph, face} = this;
    const blender = new FaceBlender(photograph.pixels, face.transform, face);
    const {canvas, context} = makeCanvas(
      photograph.canvas.width, photograph.canvas.height);
    context.putImageData(blender.blend(this.fake), 0, 0);
    await saveCanvas(canvas, this.settings.mark,
                     `${photograph.name}_edited.png`);
  }

  /** Save the grid, with names. */
  async saveGrid() {
    const {classes} = this.model;
    const head = 24;
    const columns = Math.min(classes.length, 4);
    const tiles = this.buttons.map((button) => button.firstChild);
    const [width, height] = [tiles[0].width, tiles[0].height + head];
    const {canvas, context} = makeCanvas(
      columns * width, Math.ceil(classes.length / columns) * height);
    context.fillStyle = '#fff';
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.fillStyle = '#000';
    context.font = '14px sans-serif';
    tiles.forEach((tile, k) => {
      const left = k % columns * width;
      const top = Math.floor(k / columns) * height;
      context.fillText(classes[k], left + 4, top + 17, width - 8);
      context.drawImage(tile, left, top + head);
    });
    await saveCanvas(canvas, this.settings.mark,
                     `${this.photograph.name}_expressions.png`);
  }
}
