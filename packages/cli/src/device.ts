// SPDX-License-Identifier: Apache-2.0
// The option --device, and what is said of the device that was chosen.

import { Option } from '@commander-js/extra-typings';
import { autoDevice, setDevice } from '@nabla/core';

import type { Output } from './output.ts';

const CHOICES = ['auto', 'cpu', 'js', 'cuda'] as const;
export type DeviceChoiceName = (typeof CHOICES)[number];

export function deviceOption(): Option<'--device <name>', undefined, undefined, undefined, false, DeviceChoiceName> {
  return new Option('--device <name>', 'where to compute; default: auto').choices(CHOICES);
}

/** Makes a device the active one, what `auto` takes where none is named, and says which and why. */
export function chooseDevice(device: DeviceChoiceName | undefined, output: Output): void {
  const choice = device === undefined || device === 'auto' ? autoDevice() : setDevice(device);
  setDevice(choice.device); // by its name: what is said here needs no warning
  output.note(`device ${choice.device}: ${choice.reason}`);
}
