// SPDX-License-Identifier: Apache-2.0
// What an image is: numbers in memory, channels last.

/** An image. */
export interface Image {
  readonly height: number;
  readonly width: number;
  /** 1 for grey, 3 for red, green, blue, 4 with opacity. */
  readonly channels: number;
  /** `[height, width, channels]`: 0 is dark and 1 is bright, unless a transform made it otherwise. */
  readonly pixels: Float32Array;
}

/** An image in bytes, as files have it. */
export interface ByteImage {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** `[height, width, channels]`: 0 is dark and 255 is bright. */
  readonly pixels: Uint8Array;
}

/** An image and the id of its class. */
export interface ImageExample {
  readonly image: Image;
  /** 0 to the number of classes - 1. */
  readonly label: number;
}
