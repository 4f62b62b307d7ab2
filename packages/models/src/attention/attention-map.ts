// SPDX-License-Identifier: Apache-2.0
// A picture of where a network looked: its attention laid over the image.

import type { Image } from '@nabla/data';

/** Pixels of the picture for one of the image. */
const ENLARGEMENT = 10;
/** How much of the image's own brightness stays where nothing is looked at. */
const UNSEEN = 0.35;

/**
 * Lays attention over an image, enlarged: red where much is looked at, the image in grey beneath.
 *
 * @param attention `[height, width]` of the feature map, at least 0
 */
export function attentionPicture(image: Image, attention: ArrayLike<number>, mapHeight: number): Image {
  const mapWidth = attention.length / mapHeight;
  const [height, width] = [image.height * ENLARGEMENT, image.width * ENLARGEMENT];
  const pixels = new Float32Array(height * width * 3);
  const most = Array.from(attention).reduce((a, b) => Math.max(a, b), 0) || 1;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const brightness = brightnessAt(image, Math.floor(y / ENLARGEMENT), Math.floor(x / ENLARGEMENT));
      const [row, column] = [(y / height) * mapHeight - 0.5, (x / width) * mapWidth - 0.5];
      const heat = interpolate(attention, mapHeight, mapWidth, row, column) / most;
      const grey = brightness * (UNSEEN + (1 - UNSEEN) * heat);
      pixels.set([grey + (1 - grey) * heat, grey, grey * (1 - heat / 2)], (y * width + x) * 3);
    }
  }
  return { height, width, channels: 3, pixels };
}

/** The mean of a pixel's channels. */
function brightnessAt({ pixels, width, channels }: Image, row: number, column: number): number {
  const start = (row * width + column) * channels;
  return pixels.subarray(start, start + channels).reduce((total, value) => total + value, 0) / channels;
}

/** The value of a map between its points, bilinear; beyond its border, that of the border. */
function interpolate(map: ArrayLike<number>, height: number, width: number, row: number, column: number): number {
  const [y, x] = [clamp(row, height - 1), clamp(column, width - 1)];
  const [top, left] = [Math.floor(y), Math.floor(x)];
  const [bottom, right] = [Math.min(top + 1, height - 1), Math.min(left + 1, width - 1)];
  const at = (i: number, j: number): number => map[i * width + j] ?? 0;
  const above = at(top, left) + (at(top, right) - at(top, left)) * (x - left);
  const below = at(bottom, left) + (at(bottom, right) - at(bottom, left)) * (x - left);
  return above + (below - above) * (y - top);
}

function clamp(value: number, maximum: number): number {
  return Math.min(Math.max(value, 0), maximum);
}
