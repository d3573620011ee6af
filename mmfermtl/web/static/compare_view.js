// Before and after in one picture, with a line that is dragged.
import {byId} from './elements.js';

/** Shows two pictures of one size, the first one left of a line. */
export class CompareView {
  constructor() {
    this.canvas = byId('compare');
    this.range = byId('split');
    this.before = null;
    this.after = null;
    this.range.addEventListener('input', () => this.draw());
    this.canvas.addEventListener('pointerdown', (event) => {
      this.canvas.setPointerCapture(event.pointerId);
      this.follow(event);
    });
    this.canvas.addEventListener('pointermove', (event) => {
      if (event.buttons) this.follow(event);
    });
  }

  /** Move the line to a pointer. */
  follow(event) {
    const {left, width} = this.canvas.getBoundingClientRect();
    this.range.value = 100 * (event.clientX - left) / width;
    this.draw();
  }

  /** Show two pictures. */
  show(before, after, label) {
    this.before = before;
    this.after = after;
    this.canvas.setAttribute('aria-label', label);
    this.draw();
  }

  draw() {
    if (!this.before) return;
    const {canvas, before, after} = this;
    if (canvas.width !== before.width || canvas.height !== before.height) {
      canvas.width = before.width;
      canvas.height = before.height;
    }
    const context = canvas.getContext('2d');
    const line = Math.round(before.width * this.range.value / 100);
    context.putImageData(before, 0, 0);
    context.putImageData(after, 0, 0, line, 0, before.width - line,
                         before.height);
    const wide = Math.max(before.width / 160, 1);
    context.fillStyle = '#000';
    context.fillRect(line - wide, 0, 2 * wide, before.height);
    context.fillStyle = '#fff';
    context.fillRect(line - wide / 2, 0, wide, before.height);
    this.range.setAttribute(
      'aria-valuetext', `${Math.round(this.range.value)} % before`);
  }
}
