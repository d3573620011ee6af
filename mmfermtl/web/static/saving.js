// Save results as files, marked as generated.

/** The checksum of a part of a PNG file. */
function crc32(bytes) {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let k = 0; k < 8; k += 1) crc = crc >>> 1 ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

/**
 * Add a description to a PNG file, after its header.
 *
 * @param {Uint8Array} png
 * @param {string} text Of ASCII.
 * @return {Uint8Array}
 */
export function describePng(png, text) {
  const body = new TextEncoder().encode(`tEXtDescription\0${text}`);
  const chunk = new Uint8Array(body.length + 8);
  const view = new DataView(chunk.buffer);
  view.setUint32(0, body.length - 4);
  chunk.set(body, 4);
  view.setUint32(4 + body.length, crc32(body));
  // The signature has 8 bytes, the header 25.
  const start = 33;
  const result = new Uint8Array(png.length + chunk.length);
  result.set(png.subarray(0, start));
  result.set(chunk, start);
  result.set(png.subarray(start), start + chunk.length);
  return result;
}

/** Let the browser save bytes under a name. */
export function save(bytes, type, name) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([bytes], {type}));
  link.download = name;
  link.click();
  // The browser reads it after the click.
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

/** Save a canvas as a PNG file with a description. */
export async function saveCanvas(canvas, text, name) {
  const blob = await new Promise((done) => canvas.toBlob(done, 'image/png'));
  if (!blob) throw new Error('This browser could not write the picture.');
  const png = new Uint8Array(await blob.arrayBuffer());
  save(describePng(png, text), 'image/png', name);
}
