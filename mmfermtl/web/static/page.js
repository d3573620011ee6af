// The page: a photograph in, expressions and edited faces out.
import {Camera} from './camera.js';
import {FaceDetector} from './detector.js';
import {Editor} from './editor.js';
import {byId, pause} from './elements.js';
import {showFaces} from './faces_view.js';
import {ASKED_WHOLE, findFaces, readWhole} from './finding.js';
import {loadAll} from './network.js';
import {readPhotograph} from './photograph.js';
import {exportReading, showReading} from './reading_view.js';
import {save} from './saving.js';

const SECTIONS = ['faces', 'reading', 'editor', 'no-editor', 'read-whole'];

/** Holds what is shown. */
class Page {
  constructor({settings, model, runDetector}) {
    this.settings = settings;
    this.model = model;
    this.detector = new FaceDetector(runDetector);
    this.editor = model.canEdit
      ? new Editor(model, settings, showError) : null;
    this.camera = new Camera(
      (photograph) => this.run(() => this.show(photograph)), showError);
    // Photographs are read one after the other.
    this.queue = Promise.resolve();
    this.listen();
    byId('size').textContent = `${model.width} × ${model.height}`;
    byId('about').textContent = `mmfermtl ${settings.version}, model ` +
      `${model.about.name}. ${model.about.licence}`;
    byId('file').disabled = false;
    say('Ready.');
  }

  listen() {
    const file = byId('file');
    byId('camera-open').addEventListener('click', clearError);
    // So that the same file can be chosen again.
    file.addEventListener('click', () => {
      file.value = '';
    });
    file.addEventListener('change', () => {
      if (file.files.length) this.open(file.files[0]);
    });
    const drop = byId('drop');
    // The whole page takes it, so that a near miss does not leave the page.
    document.addEventListener('dragover', (event) => {
      event.preventDefault();
      drop.classList.add('over');
    });
    document.addEventListener('dragleave', (event) => {
      if (!event.relatedTarget) drop.classList.remove('over');
    });
    document.addEventListener('drop', (event) => {
      event.preventDefault();
      drop.classList.remove('over');
      if (event.dataTransfer.files.length) {
        this.open(event.dataTransfer.files[0]);
      }
    });
    byId('read-whole').addEventListener('click', () => this.run(async () => {
      byId('read-whole').hidden = true;
      const face = readWhole(
        this.photograph.pixels, this.model.size, ASKED_WHOLE);
      await this.showAll([face]);
    }));
    byId('save-reading').addEventListener('click', () => {
      const content = exportReading(this.reading, this.face, this.model);
      save(JSON.stringify(content, null, 1), 'application/json',
           `${this.photograph.name}_expression.json`);
    });
  }

  /** Run a task after those before it, and show what goes wrong. */
  run(task) {
    this.queue = this.queue.then(async () => {
      clearError();
      await task();
    }).catch(showError);
  }

  open(file) {
    this.run(async () => this.show(await readPhotograph(file)));
  }

  /** Find the faces of a photograph, and read the first one. */
  async show(photograph) {
    this.photograph = photograph;
    for (const id of SECTIONS) byId(id).hidden = true;
    say('Looking for faces …');
    await pause();
    const faces = await findFaces(
      photograph.pixels, this.detector, this.model.size, this.settings);
    if (faces.length) {
      await this.showAll(faces);
      return;
    }
    showFaces(photograph, [], 0, () => {});
    byId('overview').setAttribute('aria-label', 'The photograph');
    byId('read-whole').hidden = false;
    say('No face was found. If a face fills the picture, read the whole ' +
        'picture as one face.');
  }

  async showAll(faces) {
    showFaces(this.photograph, faces, 0, (k) => this.run(
      () => this.choose(faces[k])));
    await this.choose(faces[0]);
    const count = faces.length === 1 ? 'One face' : `${faces.length} faces`;
    const shrunk = this.photograph.shrunk
      ? ' The photograph was shrunk to 4096 pixels.' : '';
    say(`${count}: the expression is below.${shrunk}`);
  }

  /** Read a face, and offer to edit it. */
  async choose(face) {
    this.face = face;
    this.reading = await this.model.read(face.crop);
    showReading(this.reading, face, this.model);
    byId('reading').hidden = false;
    byId('no-editor').hidden = Boolean(this.editor);
    await pause();
    await this.editor?.open(this.photograph, face, this.reading);
  }
}

function say(text) {
  byId('status').textContent = text;
}

function clearError() {
  byId('error').textContent = '';
  byId('error').hidden = true;
}

function showError(error) {
  say('');
  byId('error').textContent = error.message;
  byId('error').hidden = false;
}

try {
  new Page(await loadAll());
} catch (error) {
  showError(new Error(`The page could not be loaded: ${error.message}`));
}
