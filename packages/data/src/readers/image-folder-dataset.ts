// SPDX-License-Identifier: Apache-2.0
// A folder of images as a data set that reads and decodes each image when it is asked for.

import type { AsyncDataset } from '../async-dataset.ts';
import { checkIndex } from '../dataset.ts';
import type { ImageExample } from '../image.ts';
import { readImage } from './image-file.ts';
import { type ImageFiles, type ImageFolderOptions, findImages } from './image-folder.ts';

/**
 * The images of a folder, `<folder>/<class>/<image>`, too many to be in memory at the same time; the order and the options are
 * those of `readImageFolder`. An `AsyncDataLoader` reads them ahead while a training computes.
 */
export class ImageFolderDataset implements AsyncDataset<ImageExample> {
  readonly paths: readonly string[]; // [images]
  readonly labels: Int32Array; // [images]
  /** Names of the classes: class id 0 is the first. */
  readonly classes: readonly string[];
  readonly #options: { readonly size: readonly [number, number]; readonly channels: 1 | 3 | 4 };

  private constructor({ files, classes }: ImageFiles, { size, channels = 3 }: ImageFolderOptions) {
    this.paths = files.map(({ path }) => path);
    this.labels = Int32Array.from(files, ({ label }) => label);
    this.classes = classes;
    this.#options = { size, channels };
  }

  /**
   * Looks which images there are, and reads none of them.
   *
   * @throws {ArgumentError} the folder cannot be read (code `FILE`), or has no classes, one that is not in `classes` or one without
   *   images (code `IMAGE_FOLDER`)
   */
  static async open(folder: string, options: ImageFolderOptions): Promise<ImageFolderDataset> {
    return new ImageFolderDataset(await findImages('ImageFolderDataset', folder, options), options);
  }

  get length(): number {
    return this.paths.length;
  }

  /** Rejects with an `ArgumentError` where the image cannot be read: names the file (codes `FILE`, `IMAGE`). */
  async get(index: number): Promise<ImageExample> {
    checkIndex('ImageFolderDataset.get', index, this.length);
    const image = await readImage(this.paths[index] ?? '', this.#options);
    return { image, label: this.labels[index] ?? 0 };
  }
}
