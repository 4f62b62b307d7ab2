// SPDX-License-Identifier: Apache-2.0
// A folder of images as a data set: each folder in it is a class.

import { readdir } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { ArgumentError, checkInteger, checkOptions } from '@nabla/core';
import { fileError } from '../files.ts';
import { ImageDataset } from '../image-dataset.ts';
import { readImage } from './image-file.ts';

/** How to read a folder of images. */
export interface ImageFolderOptions {
  /** `[height, width]` that all images are stretched to. */
  readonly size: readonly [height: number, width: number];
  /** 1: grey; 3: red, green, blue; 4: with opacity. Default: 3. */
  readonly channels?: 1 | 3 | 4;
  /**
   * The classes, in the order of their ids, each the name of a folder: for a test folder, those of the training folder. Default:
   * the folders that there are, in the order of their characters.
   */
  readonly classes?: readonly string[];
}

/** Endings of the files that are images; others, such as notes, are left out. */
const ENDINGS: readonly string[] = ['.png', '.jpg', '.jpeg', '.webp', '.gif', '.tif', '.tiff', '.avif'];

/** Images decoded at the same time: the library decodes each in a thread of its own. */
const AT_ONCE = 4;

/** One image of a folder. */
interface ImageFile {
  readonly path: string;
  /** The class id: 0 is the first of the classes. */
  readonly label: number;
}

/** The images of a folder, not read yet. */
export interface ImageFiles {
  readonly files: readonly ImageFile[];
  readonly classes: readonly string[];
}

/**
 * Reads the images of a folder: `<folder>/<class>/<image>`, with more folders below a class or not. Names that begin with a dot
 * are left out. All images are in memory afterwards, a byte for each channel of each pixel.
 *
 * @throws {ArgumentError} the folder cannot be read (code `FILE`), has no classes, one that is not in `classes` or one without
 *   images (code `IMAGE_FOLDER`), or an image cannot be read: nothing is given then, and the error names the file (code `IMAGE`)
 */
export async function readImageFolder(folder: string, options: ImageFolderOptions): Promise<ImageDataset> {
  const { size, channels = 3 } = options;
  const { files, classes } = await findImages('readImageFolder', folder, options);
  const [height, width] = size;
  const imageBytes = height * width * channels;
  const pixels = new Uint8Array(files.length * imageBytes);
  let next = 0;
  const decode = async (): Promise<void> => {
    for (let i = next++; i < files.length; i = next++) {
      const image = await readImage(files[i]?.path ?? '', { channels, size });
      image.pixels.forEach((value, k) => (pixels[i * imageBytes + k] = Math.round(value * 255)));
    }
  };
  const stopAll = (error: unknown): never => {
    next = files.length; // the others begin no further image
    throw error;
  };
  await Promise.all(Array.from({ length: AT_ONCE }, () => decode().catch(stopAll)));
  const labels = Int32Array.from(files, ({ label }) => label);
  return new ImageDataset({ pixels, shape: [height, width, channels], labels, classes });
}

/**
 * The images of a folder, classes and images in the order of their names, for an operation that reads them with these options.
 *
 * @throws {ArgumentError} as {@link readImageFolder} (codes `FILE`, `IMAGE_FOLDER`)
 */
export async function findImages(op: string, folder: string, options: ImageFolderOptions): Promise<ImageFiles> {
  checkOptions(op, options, ['size', 'channels', 'classes']);
  options.size.forEach((length) => checkInteger(op, 'size', length, { minimum: 1 }));
  const classes = await findClasses(op, folder, options.classes);
  const files: ImageFile[] = [];
  for (const [label, name] of classes.entries()) {
    const paths = await imagesUnder(op, join(folder, name));
    if (paths.length === 0) {
      const expected = `to have images (${ENDINGS.join(', ')})`;
      throw folderError(op, join(folder, name), expected, 'none', 'Remove the folder, or put images into it.');
    }
    for (const path of paths) files.push({ path, label });
  }
  return { files, classes };
}

/** The names of the class folders, in the order of their ids. */
async function findClasses(
  op: string,
  folder: string,
  given: readonly string[] | undefined,
): Promise<readonly string[]> {
  const found = (await list(op, folder)).filter((entry) => entry.isDirectory()).map(({ name }) => name);
  if (given === undefined) {
    if (found.length > 0) return found;
    throw folderError(op, folder, 'to have a folder for each class', 'none', 'Its form is: <folder>/<class>/<image>.');
  }
  const stray = found.find((name) => !given.includes(name));
  if (stray === undefined) return [...given];
  throw folderError(
    op,
    folder,
    `to have the classes ${given.join(', ')}`,
    `"${stray}"`,
    'Remove it, or name it in classes.',
  );
}

async function imagesUnder(op: string, folder: string): Promise<string[]> {
  const paths: string[] = [];
  for (const entry of await list(op, folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      for (const image of await imagesUnder(op, path)) paths.push(image);
    } else if (ENDINGS.includes(extname(entry.name).toLowerCase())) paths.push(path);
  }
  return paths;
}

/** What is in a folder, in the order of the characters of the names, which is the same on every system. */
async function list(op: string, folder: string): Promise<{ readonly name: string; isDirectory(): boolean }[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    const shown = entries.filter(({ name }) => !name.startsWith('.'));
    return shown.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    throw fileError(op, folder, 'to be a folder that can be read', error);
  }
}

function folderError(op: string, argument: string, expected: string, received: string, hint: string): ArgumentError {
  return new ArgumentError({ op, argument, expected, received, hint }, 'IMAGE_FOLDER');
}
