// Take a photograph with the camera of the device.
import {takePhotograph} from './photograph.js';

/** The part of the page with the camera. */
export class Camera {
  /** @param {function} onPhotograph Gets a photograph. */
  constructor(onPhotograph, onError) {
    this.open = document.getElementById('camera-open');
    this.panel = document.getElementById('camera');
    this.video = document.getElementById('camera-video');
    this.take = document.getElementById('camera-take');
    this.open.addEventListener('click', () => this.start().catch(onError));
    document.getElementById('camera-close').addEventListener(
      'click', () => this.stop());
    this.take.addEventListener('click', () => {
      const photograph = takePhotograph(this.video);
      this.stop();
      onPhotograph(photograph);
    });
    // Without it the browser has no camera, or the address is not secure.
    this.open.hidden = !navigator.mediaDevices?.getUserMedia;
  }

  async start() {
    // A second click would open a stream that nobody closes.
    this.open.disabled = true;
    try {
      await this.show();
    } finally {
      this.open.disabled = false;
    }
  }

  async show() {
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia(
        {video: {facingMode: 'user', width: {ideal: 1280}}, audio: false});
    } catch (error) {
      throw new Error(error.name === 'NotAllowedError'
        ? 'The camera was not allowed. Allow it in the settings of the ' +
          'browser, or choose a photograph.'
        : 'No camera could be opened. Choose a photograph instead.');
    }
    this.video.srcObject = stream;
    this.panel.hidden = false;
    this.open.hidden = true;
    await this.video.play();
    this.take.disabled = false;
    this.take.focus();
  }

  /** Switch the camera off. */
  stop() {
    for (const track of this.video.srcObject?.getTracks() ?? []) track.stop();
    this.video.srcObject = null;
    this.take.disabled = true;
    this.panel.hidden = true;
    this.open.hidden = false;
    this.open.focus();
  }
}
